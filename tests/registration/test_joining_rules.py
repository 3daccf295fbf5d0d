"""What the joining link says, from plain facts."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.registration.rules_joining import Chance, Joining, chosen, may_join, opens_at, state

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def chance(number=1, *, place="confirmed", is_cancelled=False, at=START) -> Chance:
    return Chance(number, at, at + HOUR, is_cancelled, place)


@pytest.mark.parametrize(
    ("status", "one", "minutes", "said"),
    [
        ("planned", chance(), -16, Joining.EARLY),
        ("planned", chance(), -15, Joining.OPEN),
        ("running", chance(), 59, Joining.OPEN),
        ("ongoing", chance(), 60, Joining.OVER),
        ("completed", chance(), 10, Joining.OPEN),  # closed in the records while people still talk
        ("cancelled", chance(), 0, Joining.CANCELLED),
        ("cancelled", chance(place="withdrawn"), 0, Joining.CANCELLED),
        ("postponed", chance(), 0, Joining.POSTPONED),
        ("postponed", chance(place="waiting"), 0, Joining.IN_LINE),
        ("planned", chance(is_cancelled=True), 0, Joining.CANCELLED),
        ("planned", chance(place="waiting"), 0, Joining.IN_LINE),
        ("planned", chance(place="pending"), 0, Joining.IN_LINE),
        ("planned", chance(place="offered"), 0, Joining.IN_LINE),
        ("planned", chance(place="withdrawn"), 0, Joining.GONE),
        ("planned", chance(place="declined"), 90, Joining.GONE),
        ("planned", chance(place=None), 0, Joining.NONE),
        ("planned", None, 0, Joining.NONE),
        ("draft", chance(), 0, Joining.EARLY),
    ],
)
def test_what_is_said(status, one, minutes, said):
    now = START + timedelta(minutes=minutes)
    assert state(status, one, now=now) is said
    if one is not None:
        assert may_join(status, one, now=now) is (said is Joining.OPEN)


def test_the_button_is_there_a_quarter_of_an_hour_before():
    assert opens_at(chance()) == START - timedelta(minutes=15)


@pytest.mark.parametrize(
    ("chances", "number"),
    [
        ([], None),
        ([chance(place=None)], None),
        ([chance(1), chance(2, at=START + HOUR)], 1),
        ([chance(1, at=START - 5 * HOUR), chance(2, at=START + HOUR)], 2),
        ([chance(1, place="waiting"), chance(2, at=START + HOUR)], 2),
        ([chance(1, is_cancelled=True), chance(2, at=START + HOUR)], 2),
        ([chance(1, is_cancelled=True), chance(2, place="waiting", at=START + HOUR)], 2),
        ([chance(1, is_cancelled=True)], 1),
        ([chance(1, place="withdrawn"), chance(2, place="withdrawn", at=START + HOUR)], 2),
        ([chance(1, at=START - 9 * HOUR), chance(2, at=START - 5 * HOUR)], 2),
        ([chance(1, at=START - 9 * HOUR), chance(2, place="declined", at=START - 5 * HOUR)], 1),
        ([chance(2), chance(1)], 1),
    ],
)
def test_of_which_session_the_page_speaks(chances, number):
    found = chosen(chances, now=START)
    assert (found.session_id if found else None) == number
