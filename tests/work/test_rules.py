"""By-law of trying again."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.work.rules import TRIES, is_too_late, may_cancel, may_try_again, percent, queue_of, wait_after

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


@pytest.mark.parametrize(
    ("kind", "priority", "queue"),
    [
        ("mail.send", 10, "urgent"), ("mail.send", 20, "urgent"), ("mail.send", 21, "normal"), ("mail.send", 69, "normal"),
        ("mail.send", 70, "bulk"), ("feed.export", 70, "bulk"), ("overview.compile", 10, "compile"),
    ],
)  # fmt: skip
def test_in_which_queue_work_stands(kind, priority, queue):
    assert queue_of(kind, priority) == queue


@pytest.mark.parametrize(
    ("state", "again", "cancel"),
    [("due", False, True), ("leased", False, True), ("dead", True, True), ("done", False, False),
     ("cancelled", False, False)],
)  # fmt: skip
def test_what_the_office_may_do(state, again, cancel):
    assert may_try_again(state) is again
    assert may_cancel(state, is_asked=False) is cancel
    assert may_cancel(state, is_asked=True) is False


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [(None, None, None), (1, None, None), (0, 4, 0), (1, 3, 33), (9, 3, 100), (1, 0, None)],
)
def test_how_far_it_is(done, total, expected):
    assert percent(done, total) == expected
