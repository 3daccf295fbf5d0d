"""By-law of signing up: facts on the left, verdict on the right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.registration.rules import (
    SENTENCES,
    Closed,
    SignUpFacts,
    joining_is_open,
    may_promote,
    may_undo_withdrawal,
    refusal,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = SignUpFacts(
    activity_id=1,
    places_id=1,
    status="planned",
    session_ends=(NOW + 48 * HOUR,),
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
        (replace(OPEN, session_ends=(NOW - HOUR, NOW + HOUR)), None),  # in mid series
        (replace(OPEN, closes_at=NOW + HOUR), None),
        (replace(OPEN, closes_at=NOW), Closed.CLOSED),
        (replace(OPEN, closes_at=NOW - HOUR), Closed.CLOSED),
        (replace(OPEN, session_ends=(NOW,)), Closed.OVER),
        (replace(OPEN, session_ends=(NOW - HOUR,)), Closed.OVER),
        (replace(OPEN, status="completed"), Closed.OVER),
        (replace(OPEN, status="cancelled"), Closed.CANCELLED),
        (replace(OPEN, status="postponed"), Closed.POSTPONED),
        (replace(OPEN, status="draft"), Closed.NOT_PLANNED),
        (replace(OPEN, status="approved"), Closed.NOT_PLANNED),
        (replace(OPEN, session_ends=()), Closed.NOT_PLANNED),
        (replace(OPEN, places_id=None), Closed.NOT_PLANNED),
    ],
)
def test_who_may_sign_up(facts, verdict):
    assert refusal(facts, now=NOW) == verdict
    assert may_promote(facts, now=NOW) == (verdict is None)


def test_every_reason_has_a_sentence():
    assert set(SENTENCES) == set(Closed)


@pytest.mark.parametrize(
    ("capacity", "taken", "left", "is_full"),
    [(None, 500, None, False), (80, 61, 19, False), (80, 80, 0, True), (80, 82, 0, True)],
)
def test_places_left(capacity, taken, left, is_full):
    facts = replace(OPEN, capacity=capacity, taken=taken)
    assert (facts.left, facts.is_full) == (left, is_full)


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
