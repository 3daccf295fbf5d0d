"""What is over stays as it was: who had a place stays on the attendance list, whoever wishes to go."""

from datetime import timedelta

import pytest

from ecwi_events.kernel.errors import Refused
from ecwi_events.registration import notes, queries, service
from ecwi_events.registration.erasing import erase_person
from tests.make import NOW, make_activity, make_office, make_organisation, sign_up
from tests.registration.ground import CONFIRMED, WAITING, WITHDRAWN, act, choose, counted, make_series, place_of

pytestmark = pytest.mark.usefixtures("app")

LATER = NOW + timedelta(days=400)


def between(activity_id):
    """An instant after the first session of a series and before the second."""
    first, second, _ = queries.sign_up_facts(activity_id).to_come(now=NOW)
    assert first.ends_at < second.starts_at
    return first.ends_at


@pytest.mark.parametrize("act_of", [service.withdraw, service.withdraw_all, service.decline])
def test_nobody_goes_from_what_is_over(act_of):
    mine = sign_up(make_activity()).registration_id
    with pytest.raises(Refused) as refused:
        act(act_of, mine, now=LATER)
    assert (refused.value.code, place_of(mine)) == ("over", CONFIRMED)


@pytest.mark.parametrize("is_their_wish", [True, False])
def test_not_by_the_host_either(is_their_wish):
    mine, host = sign_up(make_activity()).registration_id, make_office()
    with pytest.raises(Refused):
        act(notes.take_off, mine, "Wrote to me", is_their_wish=is_their_wish, by_person_id=host, now=LATER)
    assert (place_of(mine), notes.notes_of(mine)) == (CONFIRMED, [])


def test_until_the_end_one_can_go():
    activity_id = make_activity()
    mine = sign_up(activity_id).registration_id
    (session,) = queries.sign_up_facts(activity_id).sessions
    assert act(service.withdraw, mine, now=session.ends_at - timedelta(seconds=1))


def test_who_withdraws_from_all_keeps_the_sessions_that_are_over():
    activity_id, sessions = make_series()
    mine = [one.registration_id for one in choose(activity_id, sessions).each]
    now = between(activity_id)
    with pytest.raises(Refused):
        act(service.withdraw, mine[0], now=now)
    assert act(service.withdraw_all, mine[0], now=now) == 2
    assert [place_of(one) for one in mine] == [CONFIRMED, WITHDRAWN, WITHDRAWN]


def test_later_sessions_can_be_given_up_when_all_so_far_are_over():
    activity_id, sessions = make_series()
    mine = choose(activity_id, sessions, later_too=True).registration_id
    assert act(service.withdraw_all, mine, now=LATER) == 0
    with pytest.raises(Refused):
        act(service.withdraw_all, mine, now=LATER)


def test_a_session_that_is_over_is_not_exchanged_or_passed_on():
    activity_id, sessions = make_series()
    make_organisation("School 5")
    mine = choose(activity_id, sessions[:1], organisation="School 5").registration_id
    now = between(activity_id)
    with pytest.raises(Refused):
        act(service.move_person, mine, sessions[1], now=now)
    with pytest.raises(Refused):
        act(service.pass_place_on, mine, "Ivan", "ivan@people.example", now=now)
    assert place_of(mine) is CONFIRMED


def test_erasing_somebody_frees_only_what_is_still_to_come():
    activity_id, sessions = make_series(capacity=1)
    mine = [one.registration_id for one in choose(activity_id, sessions).each]
    wanda = [one.registration_id for one in choose(activity_id, sessions, "wanda").each]
    person_id = queries.find_sign_up(mine[0]).person_id
    assert act(erase_person, person_id, now=between(activity_id)) == 2
    assert [place_of(one) for one in mine] == [CONFIRMED, WITHDRAWN, WITHDRAWN]
    assert [place_of(one) for one in wanda] == [WAITING, CONFIRMED, CONFIRMED]
    assert queries.find_sign_up(mine[0]).name == "Erased person"
    assert [counted(activity_id, session) for session in sessions] == [(1, 1, 0), (1, 0, 0), (1, 0, 0)]
