"""By-law of signing up: facts on the left, verdict on the right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.registration.rules import (
    SENTENCES,
    Applicant,
    Closed,
    SessionPlaces,
    SignUpFacts,
    Terms,
    begins_at,
    host_refusal,
    joining_is_open,
    may_promote,
    may_undo_withdrawal,
    offer_until,
    personal_refusal,
    refusal,
    session_refusal,
    terms_faults,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ending(*ends):
    """Sessions of one hour that end then."""
    return tuple(SessionPlaces(number, end - HOUR, end) for number, end in enumerate(ends, start=1))


OPEN = SignUpFacts(
    activity_id=1,
    places_id=1,
    status="planned",
    sessions=ending(NOW + 48 * HOUR),
    closes_at=None,
    capacity=80,
    taken=61,
    waiting=0,
)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (OPEN, None),
        (replace(OPEN, status="running"), None),
        (replace(OPEN, status="ongoing"), None),
        (replace(OPEN, taken=80), None),  # full is not closed: there is a waiting list
        (replace(OPEN, sessions=ending(NOW - HOUR, NOW + 2 * HOUR)), None),  # in mid series
        (replace(OPEN, closes_at=NOW + HOUR), None),
        (replace(OPEN, closes_at=NOW), Closed.CLOSED),
        (replace(OPEN, closes_at=NOW - HOUR), Closed.CLOSED),
        (replace(OPEN, terms=Terms(opens_at=NOW)), None),
        (replace(OPEN, terms=Terms(opens_at=NOW + HOUR)), Closed.NOT_YET),
        (replace(OPEN, status="postponed", terms=Terms(opens_at=NOW + HOUR)), Closed.POSTPONED),
        (replace(OPEN, sessions=ending(NOW)), Closed.OVER),
        (replace(OPEN, sessions=ending(NOW - HOUR)), Closed.OVER),
        (replace(OPEN, status="completed"), Closed.OVER),
        (replace(OPEN, status="cancelled"), Closed.CANCELLED),
        (replace(OPEN, status="postponed"), Closed.POSTPONED),
        (replace(OPEN, status="draft"), Closed.NOT_PLANNED),
        (replace(OPEN, status="approved"), Closed.NOT_PLANNED),
        (replace(OPEN, sessions=()), Closed.NOT_PLANNED),
        (replace(OPEN, places_id=None), Closed.NOT_PLANNED),
    ],
)
def test_who_may_sign_up(facts, verdict):
    assert refusal(facts, now=NOW) == verdict
    assert may_promote(facts, now=NOW) == (verdict is None)


def test_every_reason_has_a_sentence():
    assert set(SENTENCES) == set(Closed)


@pytest.mark.parametrize(
    ("capacity", "taken", "waiting", "left", "is_full"),
    [
        (None, 500, 0, None, False),
        (80, 61, 0, 19, False),
        (80, 80, 0, 0, True),
        (80, 82, 0, 0, True),
        (80, 79, 3, 0, True),  # the free place is for the line
    ],
)
def test_places_left(capacity, taken, waiting, left, is_full):
    facts = replace(OPEN, capacity=capacity, taken=taken, waiting=waiting)
    assert (facts.left, facts.is_full) == (left, is_full)
    session = SessionPlaces(1, NOW, NOW + HOUR, 1, capacity, taken, waiting)
    assert (session.left, session.is_full) == (left, is_full)


SERIES = replace(OPEN, sessions=ending(NOW - HOUR, NOW + HOUR / 2, NOW + 48 * HOUR), terms=Terms(by="session"))


@pytest.mark.parametrize(
    ("facts", "session_id", "verdict"),
    [
        (SERIES, 1, Closed.OVER),
        (SERIES, 2, None),  # it is on: who comes late may still come
        (SERIES, 3, None),
        (SERIES, 4, Closed.NOT_PLANNED),  # of another activity, or cancelled
        (replace(SERIES, closes_at=NOW), 3, Closed.CLOSED),
        (replace(SERIES, status="cancelled"), 3, Closed.CANCELLED),
    ],
)
def test_which_sessions_can_be_chosen(facts, session_id, verdict):
    assert session_refusal(facts, session_id, now=NOW) == verdict


@pytest.mark.parametrize(
    ("facts", "session_id", "verdict"),
    [
        (SERIES, None, True),
        (SERIES, 1, False),
        (SERIES, 2, False),  # it has begun
        (SERIES, 3, True),
        (SERIES, 4, False),
        (replace(SERIES, closes_at=NOW), 3, False),
        (replace(SERIES, status="postponed"), 3, False),
        (replace(SERIES, terms=Terms(by="session", opens_at=NOW + HOUR)), 3, False),
        (replace(OPEN, sessions=ending(NOW + HOUR / 2)), None, False),
    ],
)
def test_nobody_is_promoted_into_what_has_begun(facts, session_id, verdict):
    assert may_promote(facts, session_id, now=NOW) is verdict


def test_the_next_session_is_what_one_signs_up_for_in_mid_series():
    assert [session.session_id for session in SERIES.to_come(now=NOW)] == [2, 3]
    assert begins_at(SERIES, None, now=NOW) == NOW + 47 * HOUR
    assert begins_at(SERIES, 2, now=NOW) is None


def test_a_series_is_full_when_all_its_sessions_are():
    full, free = (SessionPlaces(n, NOW, NOW + HOUR, n, 5, taken) for n, taken in ((1, 5), (2, 4)))
    assert replace(SERIES, sessions=(full, full)).is_full
    assert not replace(SERIES, sessions=(full, free)).is_full
    assert [replace(SERIES, sessions=(full, free)).is_full_for(n) for n in (1, 2)] == [True, False]


@pytest.mark.parametrize("status", ["cancelled", "postponed", "completed", "draft"])
def test_a_host_cannot_add_people_to_what_does_not_take_place(status):
    assert host_refusal(replace(OPEN, status=status), now=NOW) is not None


def test_a_host_adds_people_before_and_after_the_time_for_sign_up():
    assert host_refusal(replace(OPEN, closes_at=NOW - HOUR), now=NOW) is None
    assert host_refusal(replace(OPEN, terms=Terms(opens_at=NOW + HOUR)), now=NOW) is None


MEMBERS, INVITED, TWO = Terms(who="members"), Terms(who="invited"), Terms(most_per_organisation=2)


@pytest.mark.parametrize(
    ("terms", "applicant", "verdict"),
    [
        (Terms(), Applicant(), None),
        (MEMBERS, Applicant(is_member=True), None),
        (MEMBERS, Applicant(is_invited=True, has_organisation=True), Closed.MEMBERS),
        (INVITED, Applicant(is_invited=True), None),
        (INVITED, Applicant(is_member=True), Closed.INVITED),
        (TWO, Applicant(has_organisation=True, of_organisation=1), None),
        (TWO, Applicant(has_organisation=True, of_organisation=2), Closed.ORGANISATION_FULL),
        (TWO, Applicant(has_organisation=True, of_organisation=3), Closed.ORGANISATION_FULL),
        (TWO, Applicant(), Closed.ORGANISATION_MISSING),
        (replace(MEMBERS, most_per_organisation=1), Applicant(has_organisation=True), Closed.MEMBERS),
    ],
)
def test_which_people_may_sign_up(terms, applicant, verdict):
    assert personal_refusal(terms, applicant) == verdict


@pytest.mark.parametrize(
    ("hours_to_start", "facts", "offered_for"),
    [
        (25, OPEN, None),
        (24, OPEN, 2),
        (3, OPEN, 2),
        (1, OPEN, 1),  # never beyond the start
        (20, replace(OPEN, closes_at=NOW + HOUR), 1),  # nor after sign-up closes
        (20, replace(OPEN, terms=Terms(offers_within_hours=12)), None),
        (30, replace(OPEN, terms=Terms(offers_within_hours=48, offers_last_minutes=300)), 5),
        (20, replace(OPEN, terms=Terms(offers_within_hours=0)), None),
        (-1, OPEN, None),
    ],
)
def test_near_the_start_a_place_is_offered_and_not_given(hours_to_start, facts, offered_for):
    facts = replace(facts, sessions=ending(NOW + (hours_to_start + 1) * HOUR))
    until = offer_until(facts, None, within=24 * HOUR, lasts=2 * HOUR, zone="UTC", now=NOW)
    assert until == (None if offered_for is None else NOW + offered_for * HOUR)


@pytest.mark.parametrize(
    ("zone", "hours_to_start", "closes_in", "offered_for"),
    [
        ("Europe/Kyiv", 20, None, 2),  # 11:00
        ("America/Los_Angeles", 20, None, 8.5),  # 01:00, so until 09:30
        ("Asia/Tokyo", 20, None, 2),  # 18:00
        ("Pacific/Auckland", 20, None, 11.5),  # 22:00, so until 09:30 of the next day
        ("Pacific/Auckland", 5, None, 5),  # it begins before they wake
        ("Pacific/Auckland", 20, 4, 4),  # sign-up closes before they wake
    ],
)
def test_the_night_of_the_person_does_not_count_as_far_as_the_start_allows(
    zone, hours_to_start, closes_in, offered_for
):
    facts = replace(OPEN, sessions=ending(NOW + (hours_to_start + 1) * HOUR))
    facts = replace(facts, closes_at=NOW + closes_in * HOUR if closes_in else None)
    until = offer_until(facts, None, within=24 * HOUR, lasts=2 * HOUR, zone=zone, now=NOW)
    assert until == NOW + offered_for * HOUR


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(most_per_organisation=0), "most_per_organisation"),
        (Terms(opens_at=NOW + HOUR), "opens_on"),
        (Terms(opens_at=NOW.replace(year=9999)), "opens_on"),
        (Terms(opens_at=NOW.replace(year=1989)), "opens_on"),
        (Terms(offers_within_hours=-1), "offers_within_hours"),
        (Terms(offers_within_hours=1000), "offers_within_hours"),
        (Terms(offers_last_minutes=0), "offers_last_minutes"),
    ],
)
def test_terms_that_cannot_be(terms, field):
    assert list(terms_faults(terms, NOW + HOUR)) == [field]
    assert terms_faults(Terms(opens_at=NOW), NOW + HOUR) == {}


def test_sign_up_opens_before_the_last_session_ends():
    assert terms_faults(Terms(opens_at=NOW), None, NOW) == {
        "opens_on": "Sign-up must open before the last session ends"
    }
    assert terms_faults(Terms(opens_at=NOW), None, NOW + HOUR) == {}


@pytest.mark.parametrize(("minutes_ago", "verdict"), [(0, True), (9, True), (10, False), (11, False), (None, False)])
def test_a_withdrawal_can_be_undone_for_ten_minutes(minutes_ago, verdict):
    withdrawn_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    assert may_undo_withdrawal(withdrawn_at, now=NOW) is verdict


@pytest.mark.parametrize(
    ("minutes_to_start", "has_place", "is_cancelled", "verdict"),
    [
        (16, True, False, False),
        (15, True, False, True),
        (0, True, False, True),
        (-59, True, False, True),
        (-60, True, False, False),
        (5, False, False, False),
        (5, True, True, False),
    ],
)
def test_the_meeting_address_is_shown_to_confirmed_people_near_the_time(
    minutes_to_start, has_place, is_cancelled, verdict
):
    starts_at = NOW + timedelta(minutes=minutes_to_start)
    assert (
        joining_is_open(starts_at, starts_at + HOUR, has_place=has_place, is_cancelled=is_cancelled, now=NOW) is verdict
    )
