"""Settling attendance: evidence is added, presence follows."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import queries, service
from ecwi_events.attendance.models import Evidence, Verdict
from ecwi_events.attendance.rules import Mark, verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.people.models import Person
from ecwi_events.programme.models import ActivitySession
from tests.make import NOW, make_activity, make_host, make_organisation, make_person, sign_up, withdraw

LATER = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], "unknown"),
        ([Mark("joining_link", None, NOW, 1)], "unknown"),
        ([Mark("host", "present", NOW, 1)], "present"),
        ([Mark("host", "present", NOW, 1), Mark("host", "absent", LATER, 2)], "absent"),
        ([Mark("host", "absent", LATER, 1), Mark("host", "present", NOW, 2)], "absent"),
        ([Mark("host", "present", NOW, 1), Mark("host", None, NOW, 2)], "unknown"),
        ([Mark("host", "excused", NOW, 1), Mark("joining_link", None, LATER, 2)], "excused"),
    ],
)
def test_the_verdict_is_the_hosts_last_word(evidence, expected):
    assert verdict(evidence) == expected


@pytest.fixture
def meeting(app):
    """A session with a host, two confirmed people and somebody who withdrew."""
    host_organisation = make_organisation()
    host = make_host(host_organisation)
    activity_id = make_activity(host_id=host_organisation)
    for name in ("Ana Horvat", "Borys Коваль"):
        sign_up(activity_id, name)
    withdraw(sign_up(activity_id, "Chira Gone").registration_id)
    return db.session.scalars(sa.select(ActivitySession.id)).one(), host


def marks(session_id):
    return {row.name: row.verdict.value for row in queries.find_roster(session_id).rows}


def who(name):
    return Who(person_id=db.session.scalars(sa.select(Person.id).where(Person.name == name)).one())


def mark(session_id, host, given, *, now=NOW):
    with transaction():
        return service.mark(session_id, given, by_person_id=host, now=now)


def add(session_id, host, name, *, now=NOW, **more):
    with transaction():
        return service.add_visitor(session_id, name, by_person_id=host, now=now, **more)


def test_the_roster_shows_who_has_a_place_and_silence_is_unknown(meeting):
    session_id, _ = meeting
    assert marks(session_id) == {"Ana Horvat": "unknown", "Borys Коваль": "unknown"}


def test_marks_are_saved_and_shown_back_with_their_author(meeting):
    session_id, host = meeting
    changed = mark(session_id, host, {who("Ana Horvat"): Verdict.PRESENT, who("Borys Коваль"): Verdict.EXCUSED})
    roster = queries.find_roster(session_id)
    assert changed == 2
    assert marks(session_id) == {"Ana Horvat": "present", "Borys Коваль": "excused"}
    assert (roster.rows[0].marked_by, roster.rows[0].marked_at) == ("Hanna Host", NOW)
    assert roster.counts == {"present": 1, "brief": 0, "absent": 0, "excused": 1, "unknown": 0}


def test_a_mark_can_be_changed_and_taken_back_and_every_step_stays_as_evidence(meeting):
    session_id, host = meeting
    ana = who("Ana Horvat")
    for given in (Verdict.PRESENT, Verdict.ABSENT, None):
        mark(session_id, host, {ana: given})
    assert marks(session_id)["Ana Horvat"] == "unknown"
    assert db.session.scalars(sa.select(Evidence.mark).order_by(Evidence.id)).all() == ["present", "absent", None]


def test_saying_the_same_twice_is_no_news(meeting):
    session_id, host = meeting
    given = {who("Ana Horvat"): Verdict.PRESENT}
    assert [mark(session_id, host, given), mark(session_id, host, given)] == [1, 0]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1


def test_a_visitor_with_an_address_becomes_a_person(meeting):
    session_id, host = meeting
    with transaction():
        service.add_visitor(session_id, "Dana Walk-in", address="dana@walk.example", by_person_id=host, now=NOW)
    row = next(row for row in queries.find_roster(session_id).rows if row.name == "Dana Walk-in")
    assert (row.verdict, row.is_visitor, row.visitor_name) == (Verdict.PRESENT, True, None)


def test_visitors_without_an_address_stay_unidentified_and_may_share_a_name(meeting):
    session_id, host = meeting
    for at in (NOW, LATER):
        add(session_id, host, "Ana", now=at)
    visitors = [row.name for row in queries.find_roster(session_id).rows if row.person_id is None]
    assert visitors == ["Ana", "Ana (2)"]
    mark(session_id, host, {Who(visitor_name="Ana"): Verdict.ABSENT})
    assert marks(session_id)["Ana"] == "absent"


def test_a_form_that_is_sent_twice_adds_one_visitor(meeting):
    session_id, host = meeting
    for seconds in (0, 59):
        assert add(session_id, host, "Ana", now=NOW + timedelta(seconds=seconds)) == Who(visitor_name="Ana")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1
    for seconds in (60, 61):
        assert add(session_id, host, "Ana", now=NOW + timedelta(seconds=seconds)) == Who(visitor_name="Ana (2)")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 2


def test_another_host_or_a_mark_in_between_makes_it_another_visitor(meeting):
    session_id, host = meeting
    add(session_id, host, "Ana")
    assert add(session_id, make_host(make_organisation()), "Ana") == Who(visitor_name="Ana (2)")
    mark(session_id, host, {Who(visitor_name="Ana"): Verdict.ABSENT})
    assert add(session_id, host, "Ana") == Who(visitor_name="Ana (3)")


def test_the_second_of_a_long_name_stays_within_the_letters_of_a_name(meeting):
    session_id, host = meeting
    first, second = (add(session_id, host, "A" * 200, now=at).visitor_name for at in (NOW, LATER))
    assert (first, second) == ("A" * 200, f"{'A' * 196} (2)")


def test_marked_are_only_people_with_a_place(meeting):
    session_id, host = meeting
    add(session_id, host, "Ana")
    add(session_id, host, "Dana Walk-in", address="dana@walk.example")
    assert queries.unsettled([session_id, 4711]) == {session_id: (0, 2), 4711: (0, 0)}
    mark(session_id, host, {who("Ana Horvat"): Verdict.PRESENT, who("Borys Коваль"): Verdict.ABSENT})
    assert queries.unsettled([session_id]) == {session_id: (2, 2)}


def test_somebody_who_is_not_on_the_roster_cannot_be_marked(meeting):
    session_id, host = meeting
    stranger = Who(person_id=make_person("A Stranger"))
    with pytest.raises(NotFound):
        mark(session_id, host, {who("Ana Horvat"): Verdict.PRESENT, stranger: Verdict.PRESENT})
    assert marks(session_id)["Ana Horvat"] == "unknown"


def test_a_host_cannot_mark_what_only_evidence_can_say(meeting):
    session_id, host = meeting
    with pytest.raises(Invalid):
        mark(session_id, host, {who("Ana Horvat"): Verdict.BRIEF})


def test_a_missing_session_is_not_found(app):
    with pytest.raises(NotFound):
        mark(4711, 1, {})


@pytest.mark.parametrize(
    ("name", "address", "organisation", "field"),
    [("", "", "", "name"), ("Dana", "dana@", "", "email"), ("Dana", "", "x" * 201, "organisation")],
)
def test_a_visitor_needs_a_name_and_a_true_address_if_any(meeting, name, address, organisation, field):
    session_id, host = meeting
    with pytest.raises(Invalid) as invalid:
        add(session_id, host, name, address=address, organisation=organisation)
    assert list(invalid.value.fields) == [field]
