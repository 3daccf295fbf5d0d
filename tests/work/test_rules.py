"""By-law of trying again."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.work.rules import TRIES, is_too_late, wait_after

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 240), (6, 360), (7, 360), (8, None), (9, None)]
)
def test_how_long_to_wait(attempts, minutes):
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert wait_after(attempts, chance=0.5) == expected


def test_the_wait_is_spread_by_a_fifth():
    assert wait_after(1, chance=0.0) == timedelta(seconds=48)
    assert wait_after(1, chance=1.0) == timedelta(seconds=72)
    assert TRIES == 8


@pytest.mark.parametrize(("not_after", "verdict"), [(None, False), (NOW, True), (NOW + timedelta(seconds=1), False)])
def test_what_comes_too_late(not_after, verdict):
    assert is_too_late(not_after, now=NOW) is verdict
