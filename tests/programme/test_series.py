"""Series of sessions: repeating, and what to look at before a plan is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.kernel import dates
from ecwi_events.programme import series
from ecwi_events.programme.series import Meeting

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
AMSTERDAM = "Europe/Amsterdam"


def meeting(name, at, *, zone=AMSTERDAM, minutes=90, activity=""):
    starts_at = dates.resolve(datetime.fromisoformat(at), zone, fold=0)
    return Meeting(name, starts_at, starts_at + timedelta(minutes=minutes), zone, activity)


def notices(*own, others=(), cities=(), planned=True):
    return series.notices(own, others, cities=cities, is_still_planned=planned, now=NOW)


def test_a_series_keeps_its_wall_time():
    first = datetime(2027, 3, 14, 14)  # noqa: DTZ001 - a wall time
    assert series.repeated(first, every=2, times=3) == [first, datetime(2027, 3, 28, 14), datetime(2027, 4, 11, 14)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("first", "number", "title"),
    [
        ("Play", 2, "Play 2"),
        ("Meeting 1", 3, "Meeting 3"),
        ("Part 9", 2, "Part 10"),
        ("", 4, "Session 4"),
        ("2026", 2, "2026 2"),
    ],
)
def test_titles_go_on(first, number, title):
    assert series.title_of(first, number) == title


@pytest.mark.parametrize(
    ("every", "times", "field"),
    [
        ("2", "5", None), ("0", "5", "every"), ("", "5", "every"), ("53", "5", "every"), ("1", "1", "times"),
        ("1", "61", "times"), ("1", "-2", "times"), ("²", "5", "every"), ("1", "99999999999999", "times"),
    ],
)  # fmt: skip
def test_how_often_a_series_may_repeat(every, times, field):
    fault = series.repeat_fault(every, times)
    assert (fault[0] if fault else None) == field


def test_a_quiet_plan_has_no_notices():
    assert notices(meeting("Session 1", "2027-01-19 14:00"), meeting("Session 2", "2027-01-26 14:00")) == []


def test_sessions_that_touch_do_not_overlap_and_those_that_overlap_are_named():
    one, two = meeting("Session 1", "2027-01-19 14:00"), meeting("Session 2", "2027-01-19 15:30")
    assert notices(one, two) == []
    assert notices(two, meeting("Session 3", "2027-01-19 15:00")) == ["Session 3 and session 2 overlap."]


def test_a_long_session_overlaps_with_all_that_lie_in_it():
    day = meeting("Session 1", "2027-01-19 09:00", minutes=480)
    found = notices(day, meeting("Session 2", "2027-01-19 10:00"), meeting("Session 3", "2027-01-19 13:00"))
    assert found == ["Session 1 and session 2 overlap.", "Session 1 and session 3 overlap."]


def test_another_activity_of_the_same_host_at_the_same_time_is_named():
    other = meeting("Play outside", "2027-01-19 15:00", activity="Outdoor learning")
    later = meeting("Play inside", "2027-01-20 15:00", activity="Indoor learning")
    assert notices(meeting("Session 1", "2027-01-19 14:00"), others=[other, later]) == [
        "Session 1 overlaps with “Play outside” of “Outdoor learning”, which has the same host."
    ]


def test_the_past_is_noticed_only_while_the_activity_is_planned():
    over = meeting("Session 1", "2026-01-19 14:00")
    assert notices(over) == ["Session 1 is in the past, and the activity is still planned. Is the date right?"]
    assert notices(over, planned=False) == []
    assert notices(over, meeting("Session 2", "2026-02-19 14:00"))[0].startswith("2 sessions are in the past")


def test_a_clock_change_between_two_sessions_says_who_moves():
    sessions = meeting("Session 1", "2027-03-23 14:00"), meeting("Session 2", "2027-03-30 14:00")
    assert notices(*sessions, cities=["Europe/Kyiv", "Asia/Bishkek", "Asia/Almaty"]) == [
        (
            "Clocks change in Amsterdam on 28 March, between session 1 and session 2. "
            "From then on it begins 1 hour earlier in Bishkek and Almaty."
        )
    ]
    assert notices(*sessions) == ["Clocks change in Amsterdam on 28 March, between session 1 and session 2."]


def test_a_clock_change_elsewhere_is_noticed_too():
    sessions = (
        meeting("Session 1", "2027-03-23 18:00", zone="Asia/Bishkek"),
        meeting("Session 2", "2027-03-30 18:00", zone="Asia/Bishkek"),
    )
    assert notices(*sessions, cities=["Europe/Kyiv"]) == [
        "Clocks change in Kyiv on 28 March, between session 1 and session 2. From then on it begins 1 hour later in Kyiv."
    ]
    assert notices(*sessions, cities=["Asia/Almaty"]) == []


def test_sessions_in_different_zones_are_not_compared():
    assert notices(meeting("Session 1", "2027-03-23 14:00"), meeting("Session 2", "2027-03-30 14:00", zone="UTC")) == []


def test_very_many_notices_are_cut():
    found = notices(*(meeting(f"Session {n}", "2027-01-19 14:00") for n in range(1, 41)))
    assert len(found) == series.MOST_NOTICES + 1
    assert found[-1] == "And 27 more notes of this kind."


@pytest.mark.parametrize(
    ("zone", "wall", "before", "after"),
    [
        (AMSTERDAM, "2027-03-28 02:30", "01:30", "03:30"),
        ("Europe/Kyiv", "2027-03-28 03:30", "02:30", "04:30"),
        ("Europe/Dublin", "2027-03-28 01:30", "00:30", "02:30"),
        ("Europe/Chisinau", "2027-03-28 03:15", "02:15", "04:15"),
    ],
)
def test_a_skipped_time_may_stand_for_two_others(zone, wall, before, after):
    found = dates.around_gap(datetime.fromisoformat(wall), zone)
    assert [f"{one:%H:%M}" for one in found] == [before, after]
