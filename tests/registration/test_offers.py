"""Near the start a free place is offered: it has to be taken in time, and passes on otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.mail.models import Mail
from ecwi_events.programme.models import Activity
from ecwi_events.registration import promotion, queries, service
from ecwi_events.registration.models import Registration
from tests.make import make_activity, sign_up
from tests.registration.ground import CONFIRMED, DECLINED, OFFERED, WAITING, act, counted, kinds, place_of, set_terms

pytestmark = pytest.mark.usefixtures("app")
START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEAR = START - 6 * HOUR  # nine in the morning where these people live


def one_place_and_a_line(*, waiting=2, now=NEAR - 100 * HOUR, **facts):
    activity_id = make_activity(capacity=1, **facts)
    return activity_id, *(sign_up(activity_id, now=now).registration_id for _ in range(1 + waiting))


def ends(registration_id):
    return db.session.scalars(sa.select(Registration.offer_expires_at).where(Registration.id == registration_id)).one()


def test_far_ahead_it_is_given_and_near_it_is_offered():
    activity_id, first, second, _third = one_place_and_a_line()
    act(service.withdraw, first, now=START - 25 * HOUR)
    assert place_of(second) is CONFIRMED
    act(service.withdraw, second, now=NEAR)
    assert (counted(activity_id), kinds()[-2:]) == ((1, 0, 0), ["offer", "withdrawn"])


def test_an_offer_is_accepted_in_time():
    activity_id, first, second, _ = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    assert (place_of(second), ends(second)) == (OFFERED, NEAR + 2 * HOUR)
    act(service.accept_offer, second, now=NEAR + HOUR)
    assert (place_of(second), counted(activity_id)) == (CONFIRMED, (1, 1, 0))
    assert act(service.accept_offer, second, now=NEAR + HOUR) is CONFIRMED  # a second press


def test_it_is_too_late_after_the_deadline_and_the_page_says_so():
    _, first, second, _ = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    with pytest.raises(Refused) as refused:
        act(service.accept_offer, second, now=NEAR + 2 * HOUR)
    assert (refused.value.code, place_of(second)) == ("offer_over", OFFERED)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    with pytest.raises(Refused) as refused:
        act(service.accept_offer, second, now=NEAR + 2 * HOUR)
    assert "You are still in the list" in refused.value.message


def test_an_offer_that_lapsed_passes_on_and_its_person_goes_to_the_end_of_the_line():
    activity_id, first, second, third = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    assert act(service.lapse_due, now=NEAR + 2 * HOUR - timedelta(seconds=1)) == 0
    assert act(service.lapse_due, now=NEAR + 2 * HOUR) == 1
    assert act(service.lapse_due, now=NEAR + 2 * HOUR) == 0
    assert (place_of(second), place_of(third), counted(activity_id)) == (WAITING, OFFERED, (1, 1, 0))
    act(service.decline_offer, third, now=NEAR + 3 * HOUR)
    assert (place_of(second), place_of(third), counted(activity_id)) == (OFFERED, DECLINED, (1, 0, 0))


def test_who_twice_does_not_answer_is_not_asked_a_third_time():
    activity_id, first, second = one_place_and_a_line(waiting=1)
    act(service.withdraw, first, now=NEAR)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    assert place_of(second) is OFFERED  # nobody else was there
    act(service.lapse_due, now=NEAR + 4 * HOUR)
    assert (place_of(second), counted(activity_id)) == (DECLINED, (0, 0, 0))


def test_who_did_not_answer_is_told_once_each_time_and_where_they_are_now():
    _, first, second, third = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    told = [(one.kind, one.subject_id, one.revision) for one in db.session.scalars(sa.select(Mail).order_by(Mail.id))][
        -2:
    ]
    mine = queries.find_sign_up(second)
    assert told == [
        ("registration.lapsed", second, mine.revision),
        ("registration.offer", third, queries.find_sign_up(third).revision),
    ]
    assert (mine.place, mine.number_in_line, mine.lapsed_at) == (WAITING, 1, NEAR + 2 * HOUR)
    act(service.lapse_due, now=NEAR + 4 * HOUR)
    act(service.accept_offer, second, now=NEAR + 5 * HOUR)
    assert (place_of(second), queries.find_sign_up(second).lapsed_at) == (CONFIRMED, None)


def test_what_is_kept_is_when_the_offer_ended_and_not_when_it_was_seen():
    _, first, second, _ = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    act(service.lapse_due, now=NEAR + 2 * HOUR + timedelta(seconds=50))
    assert queries.find_sign_up(second).lapsed_at == NEAR + 2 * HOUR


def test_who_is_alone_in_the_line_gets_the_second_offer_and_no_mail_that_the_first_has_ended():
    _, first, second = one_place_and_a_line(waiting=1)
    act(service.withdraw, first, now=NEAR)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    rows = db.session.scalars(sa.select(Mail).order_by(Mail.id)).all()[-2:]
    assert [row.kind for row in rows] == ["registration.lapsed", "registration.offer"]
    assert [row.revision == queries.find_sign_up(second).revision for row in rows] == [False, True]  # superseded


def test_who_left_the_line_comes_back_at_its_end_like_anybody():
    activity_id, first, second = one_place_and_a_line(waiting=1)
    act(service.withdraw, first, now=NEAR)
    act(service.lapse_due, now=NEAR + 2 * HOUR)
    act(service.lapse_due, now=NEAR + 4 * HOUR)
    address = queries.find_sign_up(second).address
    with pytest.raises(Refused) as refused:
        act(service.accept_offer, second, now=NEAR + 4 * HOUR)
    assert "still in the list" not in refused.value.message
    again = sign_up(activity_id, address=address, now=NEAR + 4 * HOUR)
    assert (again.registration_id, again.place) == (second, CONFIRMED)
    assert queries.find_sign_up(second).lapsed_at is None


def test_an_offer_in_the_night_stands_until_its_person_has_had_two_hours_of_day():
    _, first, second, _ = one_place_and_a_line(now=START - 100 * HOUR)
    act(service.withdraw, first, now=START - 13 * HOUR)  # two in the night in Kyiv
    assert ends(second) == START - 5.5 * HOUR  # half past nine
    assert act(service.lapse_due, now=START - 6 * HOUR) == 0
    assert act(service.accept_offer, second, now=START - 6 * HOUR) is CONFIRMED


def test_saying_no_twice_frees_one_place():
    activity_id, first, second, _third = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    assert act(service.decline_offer, second, now=NEAR)
    assert not act(service.decline_offer, second, now=NEAR)
    assert counted(activity_id) == (1, 0, 0)


def test_an_offered_place_can_be_given_up_like_any_other():
    activity_id, first, second, third = one_place_and_a_line()
    act(service.withdraw, first, now=NEAR)
    assert act(service.withdraw, second, now=NEAR)
    assert (place_of(third), counted(activity_id)) == (OFFERED, (1, 0, 0))


@pytest.mark.parametrize("hours", [0, 0.5])
def test_nobody_is_promoted_or_offered_anything_once_it_has_begun(hours):
    activity_id, first, second, _ = one_place_and_a_line()
    act(service.withdraw, first, now=START + hours * HOUR)
    assert (place_of(second), counted(activity_id)) == (WAITING, (0, 2, 0))
    assert act(promotion.fill_all, now=START + hours * HOUR) == 0


def test_a_place_that_could_not_be_given_to_the_line_is_not_snatched_by_who_comes_next():
    activity_id, first, second, _ = one_place_and_a_line()
    act(service.withdraw, first, now=START + HOUR / 2)
    late = sign_up(activity_id, now=START + HOUR)
    assert (late.place, late.number_in_line, place_of(second)) == (WAITING, 3, WAITING)


def test_when_sign_up_opens_again_the_line_moves_up():
    closes = NEAR - 50 * HOUR
    activity_id, first, second, third = one_place_and_a_line(closes_at=closes)
    act(service.withdraw, first, now=closes)
    assert place_of(second) is WAITING
    assert act(promotion.fill_all, now=closes) == 0
    act(lambda now: db.session.execute(sa.update(Activity).values(sign_up_closes_at=closes + HOUR)))
    assert act(promotion.fill_all, now=closes) == 1
    assert (place_of(second), place_of(third), counted(activity_id)) == (CONFIRMED, WAITING, (1, 1, 0))


def test_an_activity_may_have_its_own_spans():
    activity_id, first, second, _ = one_place_and_a_line()
    set_terms(activity_id, offers_within_hours=200, offers_last_minutes=30)
    act(service.withdraw, first, now=START - 100 * HOUR)
    assert ends(second) == START - 100 * HOUR + HOUR / 2
