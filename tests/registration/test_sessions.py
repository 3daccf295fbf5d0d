"""Signing up per session: each session has places and a line of its own, and every room knows who comes to which."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import queries as attendance
from ecwi_events.calendars import service as calendars
from ecwi_events.jobs.tick import derive
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.overview.reading import _registrations
from ecwi_events.registration import changes, mine, queries, service, standing
from tests.make import NOW, make_activity, make_session, sign_up
from tests.registration.ground import (
    CONFIRMED,
    PENDING,
    WAITING,
    WITHDRAWN,
    act,
    choose,
    counted,
    kinds,
    make_series,
    place_of,
    sessions_of,
    set_terms,
)

pytestmark = pytest.mark.usefixtures("app")


def test_who_chooses_two_sessions_has_two_places_and_one_mail():
    series, (one, two, three) = make_series(capacity=5)
    got = choose(series, [one, three])
    assert [(each.session_id, each.place) for each in got.each] == [(one, CONFIRMED), (three, CONFIRMED)]
    assert [counted(series, session) for session in (one, two, three)] == [(1, 0, 0), (0, 0, 0), (1, 0, 0)]
    assert counted(series) == (0, 0, 0)
    assert kinds() == ["sessions"]


def test_nothing_chosen_is_all_that_are_to_come():
    series, sessions = make_series()
    assert [each.session_id for each in choose(series, []).each] == sessions
    late = choose(series, [], "late", now=datetime(2027, 2, 1, tzinfo=UTC))
    assert [each.session_id for each in late.each] == sessions[1:]


def test_one_can_be_full_and_the_other_free():
    series, (one, two, _) = make_series(capacity=1)
    choose(series, [one], "ana")
    got = choose(series, [one, two])
    assert [(each.place, each.number_in_line) for each in got.each] == [(WAITING, 1), (CONFIRMED, None)]
    assert kinds() == ["confirmed", "sessions"]


def test_a_second_choice_adds_to_the_first():
    series, (one, two, _) = make_series(capacity=1)
    choose(series, [one])
    got = choose(series, [one, two], now=NOW + timedelta(minutes=5))
    assert [(each.session_id, each.is_repeat) for each in got.each] == [(one, True), (two, False)]
    assert got.is_repeat is False
    assert counted(series, one) == (1, 0, 0)


def test_the_same_choice_again_writes_one_mail_for_all():
    series, sessions = make_series()
    choose(series, sessions)
    got = choose(series, sessions, now=NOW + timedelta(minutes=5))
    assert got.is_repeat
    assert kinds() == ["sessions", "already"]


def test_sessions_that_cannot_be_chosen():
    series, (one, *_) = make_series()
    with pytest.raises(Invalid) as invalid:
        choose(series, [one, 4711])
    assert list(invalid.value.fields) == ["sessions"]
    with pytest.raises(Refused) as refused:
        choose(series, [one], now=datetime(2027, 2, 1, tzinfo=UTC))
    assert refused.value.code == "over"
    assert counted(series, one) == (0, 0, 0)


def test_withdrawing_from_one_leaves_the_others_and_frees_that_one():
    series, (one, two, _) = make_series(capacity=1)
    mine_ = choose(series, [one, two])
    ana = choose(series, [one], "ana")
    act(service.withdraw, mine_.each[0].registration_id)
    assert place_of(ana.registration_id) is CONFIRMED
    assert place_of(mine_.each[1].registration_id) is CONFIRMED


def test_withdrawing_from_all_gives_up_what_was_wanted_later_too():
    series, _sessions = make_series()
    got = choose(series, [], later_too=True)
    assert act(service.withdraw_all, got.registration_id) == 3
    assert not standing.is_kept(series, queries.find_sign_up(got.registration_id).person_id)


def test_the_link_of_any_sign_up_shows_all_of_them():
    series, (one, two, three) = make_series()
    got = choose(series, [three, one])
    act(service.withdraw, got.each[1].registration_id)
    choose(series, [two], "ana")
    for each in got.each:
        found = queries.find_by_link(queries.find_sign_up(each.registration_id).token)
        assert [(m.session_id, m.place) for m in queries.all_of(found)] == [(one, CONFIRMED), (three, WITHDRAWN)]


def test_only_who_has_a_place_in_it_is_on_the_roster_of_a_session():
    series, (one, two, _) = make_series()
    choose(series, [one], "ana")
    choose(series, [two], "olena")
    assert [row.name for row in attendance.find_roster(two).rows] == ["Olena"]
    assert attendance.unsettled([one, two]) == {one: (0, 1), two: (0, 1)}
    assert [who.name for who in queries.participants(series, two)] == ["Olena"]
    assert len(queries.participants(series)) == 2


def test_who_signed_up_for_all_of_it_is_on_every_roster():
    activity_id = make_activity(sessions=[make_session("One"), make_session("Two", starts_local="2027-02-16 14:00")])
    sign_up(activity_id)
    assert [len(attendance.find_roster(session).rows) for session in sessions_of(activity_id)] == [1, 1]


def test_calendar_entries_are_of_the_chosen_sessions_only():
    series, (one, two, three) = make_series(capacity=1)
    choose(series, [three], "ana")
    got = choose(series, [one, three])  # waits for the third
    found = queries.find_sign_up(got.registration_id)
    file = calendars.personal_file(found).decode()
    assert (file.count("BEGIN:VEVENT"), "Session 1" in file, "Session 3" in file) == (1, True, False)
    assert two not in {one.session_id for one in queries.all_of(found)}


def test_a_reminder_comes_for_the_chosen_session_only(time_machine):
    series, (_, two, _) = make_series()
    choose(series, [two])
    for day in ("2027-01-18 13:05", "2027-02-15 13:05", "2027-03-29 12:05"):
        time_machine.move_to(datetime.fromisoformat(day).replace(tzinfo=UTC), tick=False)
        derive()
    sent = db.session.execute(sa.select(Mail.session_id).where(Mail.kind == "reminder.day_before")).all()
    assert [row.session_id for row in sent] == [two]


def test_the_overview_counts_people_and_not_places():
    series, sessions = make_series()
    choose(series, sessions)
    choose(series, sessions[:1], "ana")
    assert _registrations() == {series: 2}


def test_my_own_page_shows_the_session_that_was_chosen():
    series, (_, two, _) = make_series()
    got = choose(series, [two])
    (own,) = mine.sign_ups_of(queries.find_sign_up(got.registration_id).person_id)
    assert [session.title for session in own.sessions] == ["Session 2"]


def test_sessions_added_later_sign_up_who_wanted_that_first_come_first_served():
    series, sessions = make_series(capacity=1)
    ana = choose(series, sessions[:1], "ana", later_too=True)
    choose(series, sessions[:1], "boris", later_too=True)
    choose(series, sessions[:1], "carla")
    with transaction():
        (new,) = changes.add_sessions(
            series, [make_session("Session 4", starts_local="2027-04-20 14:00")], by_person_id=None, now=NOW
        )
    people = queries.participants(series, new)
    assert [(who.name, who.place) for who in people] == [("Ana", CONFIRMED), ("Boris", WAITING)]
    assert counted(series, new) == (1, 1, 0)
    assert queries.find_sign_up(ana.registration_id).session_id == sessions[0]
    assert kinds().count("later_sessions") == 2


def test_sessions_added_later_wait_for_the_host_where_the_host_decides():
    series, sessions = make_series(needs_approval=True)
    choose(series, sessions[:1], "ana", later_too=True)
    with transaction():
        (new,) = changes.add_sessions(
            series, [make_session("Session 4", starts_local="2027-04-20 14:00")], by_person_id=None, now=NOW
        )
    assert [who.place for who in queries.participants(series, new)] == [PENDING]


def test_what_people_signed_up_for_cannot_be_changed_under_them():
    activity_id = make_activity()
    sign_up(activity_id)
    with pytest.raises(Refused) as refused:
        set_terms(activity_id, by="session")
    assert refused.value.code == "signed_up"
    set_terms(activity_id, needs_approval=True)  # other terms can


def test_a_person_is_moved_to_another_session():
    series, (one, two, _) = make_series(capacity=1)
    got = choose(series, [one])
    ana = choose(series, [one], "ana")
    moved = act(service.move_person, got.registration_id, two)
    assert (moved.session_id, moved.place, place_of(got.registration_id)) == (two, CONFIRMED, WITHDRAWN)
    assert place_of(ana.registration_id) is CONFIRMED
    assert (counted(series, one), counted(series, two)) == ((1, 0, 0), (1, 0, 0))


def test_nobody_loses_a_place_by_being_moved_to_a_full_session():
    series, (one, two, _) = make_series(capacity=1)
    choose(series, [two], "ana")
    got = choose(series, [one])
    with pytest.raises(Refused) as refused:
        act(service.move_person, got.registration_id, two)
    assert (refused.value.code, place_of(got.registration_id)) == ("full", CONFIRMED)
    assert act(service.move_person, got.registration_id, two, beyond_capacity=True).place is CONFIRMED
    assert counted(series, two) == (2, 0, 1)


def test_a_person_is_moved_neither_nowhere_nor_twice():
    series, (one, two, _) = make_series()
    got = choose(series, [one, two])
    for target, code in ((one, "same"), (two, "has_place")):
        with pytest.raises(Refused) as refused:
            act(service.move_person, got.registration_id, target)
        assert refused.value.code == code
