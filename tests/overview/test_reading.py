from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecwi_events.overview.reading import together

START = datetime(2026, 3, 1, 14, tzinfo=UTC)


def span(begin, end):
    return START + timedelta(minutes=begin), START + timedelta(minutes=end)


@pytest.mark.parametrize(
    ("spans", "minutes"),
    [
        ([], 0),
        ([(0, 40)], 40),
        ([(0, 40), (30, 61)], 61),
        ([(30, 61), (0, 40)], 61),
        ([(0, 60), (10, 20)], 60),
        ([(0, 10), (50, 60)], 20),
        ([(0, 10), (0, 10)], 10),
        ([(20, 10)], 0),
    ],
)
def test_two_devices_at_once_are_one_person(spans, minutes):
    assert together([span(*pair) for pair in spans]) == minutes


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=8))
def test_the_minutes_are_those_that_any_span_covers(spans):
    covered = {minute for begin, end in spans for minute in range(begin, end)}
    assert together([span(*pair) for pair in spans]) == len(covered)
