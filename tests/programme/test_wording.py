from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecwi_events.programme import wording
from ecwi_events.programme.models import ActivityStatus as Status
from ecwi_events.programme.models import ComponentKind, Format
from ecwi_events.programme.wording import Part, People


def month(text):
    return date.fromisoformat(f"{text}-01") if text else None


@pytest.mark.parametrize(
    ("status", "start", "end", "open_end", "line"),
    [
        (Status.COMPLETED, "2022-09", "2022-09", False, "September 2022"),
        (Status.COMPLETED, "2022-03", "2022-09", False, "March–September 2022"),
        (Status.COMPLETED, "2022-05", "2023-01", False, "May 2022–January 2023"),
        (Status.COMPLETED, "2023-09", "2024-09", False, "September 2023–September 2024"),
        (Status.RUNNING, "2022-09", "2023-04", False, "September 2022–April 2023"),
        (Status.ONGOING, "2022-11", None, True, "Ongoing since November 2022"),
        (Status.RUNNING, "2022-11", None, False, "Ongoing since November 2022"),
        (Status.POSTPONED, None, None, False, "Postponed"),
        (Status.POSTPONED, "2022-11", "2022-12", False, "Postponed"),
        (Status.CANCELLED, "2022-11", "2022-12", False, "Cancelled"),
        (Status.PLANNED, "2025-03", "2025-04", False, "Planned for March–April 2025"),
        (Status.APPROVED, "2025-03", None, False, "Planned for March 2025"),
        (Status.PLANNED, None, None, False, "Planned"),
        (Status.RUNNING, None, None, False, ""),
    ],
)
def test_period(status, start, end, open_end, line):
    assert wording.period_line(status, month(start), month(end), open_end=open_end) == line


@pytest.mark.parametrize(
    ("status", "start", "end", "open_end", "part"),
    [
        (Status.COMPLETED, "2022-09", None, False, "has no end"),
        (Status.COMPLETED, "2022-09", "2022-08", False, "ends before it begins"),
        (Status.ONGOING, "2022-09", "2022-10", False, "has an end"),
        (Status.RUNNING, "2022-09", "2022-10", True, "said to have none"),
        (Status.RUNNING, None, "2022-10", False, "no beginning"),
    ],
)
def test_a_period_that_cannot_be_is_a_fault(status, start, end, open_end, part):
    assert part in wording.period_fault(status, month(start), month(end), open_end=open_end)


def test_an_end_that_lies_ahead_is_no_fault():
    assert wording.period_fault(Status.RUNNING, month("2022-09"), month("2099-01"), open_end=False) is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(60, "1 hour"), (90, "1.5 hours"), (240, "4 hours"), (450, "7.5 hours"), (45, "45 minutes"), (75, "75 minutes"),
     (30, "30 minutes"), (1, "1 minute")],
)  # fmt: skip
def test_length(minutes, words):
    assert wording.length(minutes) == words


ONLINE, WEBINAR, VISIT = Format.ONLINE_SESSION, Format.WEBINAR, Format.STUDY_VISIT


@pytest.mark.parametrize(
    ("parts", "note", "line"),
    [
        ([Part(ONLINE, 2, 240)], None, "2 online sessions of 4 hours each"),
        ([Part(ONLINE, 2, 120)], None, "2 online sessions of 2 hours each"),
        ([Part(ONLINE, 1, 60)], None, "1 online session of 1 hour"),
        ([Part(WEBINAR, 1, 90)], None, "1 webinar of 1.5 hours"),
        ([Part(WEBINAR, 5, 90)], None, "5 webinars of 1.5 hours each"),
        ([Part(WEBINAR, 2, 60)], None, "2 webinars of 1 hour each"),
        ([Part(ONLINE, 3, 45)], None, "3 online sessions of 45 minutes each"),
        ([Part(ONLINE, None, 90)], None, "regular online sessions of 1.5 hours each"),
        ([Part(VISIT, 2, None, "NL")], None, "2 study visits to the Netherlands"),
        (
            [Part(VISIT, 2, None, "NL")],
            "a group of professionals from Bulgaria and from Moldova",
            "2 study visits to the Netherlands (a group of professionals from Bulgaria and from Moldova)",
        ),
        ([Part(VISIT, 1, None, "UA")], None, "1 study visit to Ukraine"),
        ([Part(Format.IN_PERSON_SESSION, 2)], None, "2 in-person sessions"),
        ([Part(Format.HYBRID_SESSION, 12, 60)], None, "12 hybrid sessions of 1 hour each"),
        ([Part(WEBINAR, 1, 60), Part(VISIT, 1, None, "MD")], None, "1 webinar of 1 hour and 1 study visit to Moldova"),
        (
            [Part(WEBINAR, 1, 60), Part(ONLINE, 2, 90), Part(VISIT, 1)],
            None,
            "1 webinar of 1 hour, 2 online sessions of 1.5 hours each and 1 study visit",
        ),
        (
            [Part(ONLINE, 4, 60), Part(ONLINE, 2, 150), Part(ONLINE, 1, 150)],
            None,
            "7 online sessions of 1–2.5 hours (11.5 hours in total)",
        ),
        (
            [Part(ONLINE, 1, 45), Part(ONLINE, 1, 60), Part(ONLINE, 1, 75)],
            None,
            "3 online sessions of 45–75 minutes (3 hours in total)",
        ),
        ([Part(ONLINE, 1, 60), Part(ONLINE, 1, 60), Part(ONLINE, 1, 60)], None, "3 online sessions of 1 hour each"),
        (
            [Part(ONLINE, 1, 60), Part(ONLINE, None, 90), Part(ONLINE, 1, 75)],
            None,
            "1 online session of 1 hour, regular online sessions of 1.5 hours each and 1 online session of 75 minutes",
        ),
        ([], "to be agreed", "to be agreed"),
        ([], None, ""),
    ],
)
def test_structure(parts, note, line):
    assert wording.structure_line(parts, note) == line


def test_sessions_of_one_kind_make_one_part():
    parts = wording.parts_of_sessions([(ONLINE, 90), (WEBINAR, 60), (ONLINE, 90)])
    assert wording.structure_line(parts) == "2 online sessions of 1.5 hours each and 1 webinar of 1 hour"


@pytest.mark.parametrize(
    ("people", "status", "line"),
    [
        (People(423), Status.COMPLETED, "423"),
        (People(1423), Status.COMPLETED, "1,423"),
        (People(8, basis="unspecified"), Status.COMPLETED, "8"),
        (
            People(breakdown=(("education", 19), ("supervision", 9))),
            Status.COMPLETED,
            "19 participants on education and 9 on supervision",
        ),
        (People(breakdown=(("education", 1), ("care", 2), ("law", 3))), Status.COMPLETED,
         "1 participant on education, 2 on care and 3 on law"),
        (People(note="The dissemination event is still to take place."), Status.POSTPONED,
         "The dissemination event is still to take place."),
        (People(8, note="Two school classes"), Status.COMPLETED, "Two school classes"),
        (People(), Status.POSTPONED, "The activity is still to take place."),
        (People(), Status.PLANNED, "The activity is still to take place."),
        (People(), Status.COMPLETED, "Not reported"),
        (People(), Status.RUNNING, "Not reported"),
        (People(0), Status.COMPLETED, "No participants"),
        (People(57, until=date(2025, 1, 15)), Status.RUNNING, "57 (to 15 January 2025)"),
        (People(423, basis="attendances"), Status.COMPLETED, "423 attendances"),
        (People(1, basis="registrations"), Status.COMPLETED, "1 registration"),
        (People(10, qualifier="at_least"), Status.COMPLETED, "at least 10"),
    ],
)  # fmt: skip
def test_participants(people, status, line):
    assert wording.participants_line(people, status) == line


def test_the_host_has_a_country_only_beside_co_hosts():
    assert (
        wording.host_line("For Our Children Foundation", "BG", has_co_hosts=True)
        == "For Our Children Foundation, Bulgaria"
    )
    assert wording.host_line("For Our Children Foundation", "BG", has_co_hosts=False) == "For Our Children Foundation"
    assert wording.host_line("A body", None, has_co_hosts=True) == "A body"


def test_co_hosts_stand_apart_by_semicolons():
    line = wording.co_hosts_line(
        [("SOFT Tulip Foundation", "NL"), ("Centre of Early Childhood Intervention Voinicel", "MD")]
    )
    assert line == "SOFT Tulip Foundation, The Netherlands; Centre of Early Childhood Intervention Voinicel, Moldova"
    assert wording.co_hosts_line([]) == ""


PARTS = st.builds(
    Part,
    format=st.sampled_from(Format),
    count=st.none() | st.integers(1, 40),
    minutes_each=st.none() | st.integers(1, 600),
    destination=st.none() | st.sampled_from(["NL", "UA", "XK"]),
)


@given(st.lists(PARTS, max_size=6))
def test_a_structure_says_each_only_of_several_and_invents_no_zeros(parts):
    line = wording.structure_line(parts)
    assert bool(line) == bool(parts)
    assert "None" not in line and " 0 " not in f" {line}" and "  " not in line
    if len(parts) == 1:
        assert (" each" in line) == (parts[0].minutes_each is not None and parts[0].count != 1)


@given(st.sampled_from(Status), st.none() | st.dates(), st.none() | st.dates(), st.booleans())
def test_a_period_without_faults_has_no_blanks_around_its_dash(status, start, end, open_end):
    if wording.period_fault(status, start, end, open_end=open_end) is None:
        line = wording.period_line(status, start, end, open_end=open_end)
        assert " –" not in line and "– " not in line
        assert line == line.strip()


def test_sessions_and_components_make_one_structure_and_a_component_speaks_for_its_kind():
    sessions = [(Format.WEBINAR, 90)] * 3 + [(Format.ONLINE_SESSION, 60)]
    visits = wording.Part(ComponentKind.STUDY_VISIT, 2, destination="NL")
    parts = wording.parts_of([visits, wording.Part(ComponentKind.TRANSLATION, 1)], sessions)
    assert wording.structure_line(parts) == (
        "3 webinars of 1.5 hours each, 1 online session of 1 hour, 2 study visits to the Netherlands and 1 translation"
    )
    regular = [wording.Part(ComponentKind.WEBINAR, None, 90)]
    assert wording.structure_line(wording.parts_of(regular, sessions)) == (
        "1 online session of 1 hour and regular webinars of 1.5 hours each"
    )
    assert wording.parts_of([], []) == []


@pytest.mark.parametrize(
    ("count", "faults"),
    [
        (4, ["The components say 4 webinars, and there are 3."]),
        (1, ["The components say 1 webinar, and there are 3."]),
        (3, []),
        (None, []),
    ],
)
def test_components_are_compared_with_the_sessions(count, faults):
    sessions = [(Format.WEBINAR, 90)] * 3
    assert wording.component_faults([wording.Part(ComponentKind.WEBINAR, count)], sessions) == faults
    assert wording.component_faults([wording.Part(ComponentKind.WEBINAR, 9)], []) == []


@pytest.mark.parametrize(
    ("own", "faults"),
    [
        ("4 webinars and a lot of talk", ["The own wording says 4 webinars, and there are 5."]),
        ("Four public webinars", ["The own wording says 4 webinars, and there are 5."]),
        ("Five webinars of 90 minutes", []),
        ("5 webinars, 2 study visits", ["The own wording says 2 study visits, and there are none."]),
        ("webinars whenever there is time", []),
        ("Many webinars", []),
        ("1,5 webinars a month", []),
        ("", []),
    ],
)
def test_an_own_structure_is_compared_with_the_data(own, faults):
    assert wording.structure_faults(own, [wording.Part(Format.WEBINAR, 5, 90)]) == faults


def test_an_own_structure_may_say_any_number_where_the_data_say_none():
    assert wording.structure_faults("12 webinars", [wording.Part(Format.WEBINAR, None, 90)]) == []


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ("Spring 2027", False),
        ("2026 to 2027", False),
        ("Two weeks in May", False),
        ("In 2025", True),
        ("2027–2028", True),
    ],
)
def test_an_own_period_is_compared_with_the_years(own, fault):
    assert bool(wording.own_period_faults(own, date(2026, 11, 1), date(2027, 5, 1))) is fault
    assert wording.own_period_faults(own, None, None) == []
