"""In which queue work stands, when it is tried again, when it is given up, and what the office may do about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TRIES = 8
_MINUTES = (1, 5, 15, 60, 240, 360, 360)
_SPREAD = 0.2

# Priorities: the smaller goes first. Everything up to URGENT, and everything from BULK on, has a queue of its own.
URGENT = 20
NORMAL = 50
BULK = 70
COMPILES = ("overview.compile",)

KEEP_FINISHED = timedelta(days=30)
SILENT_WORKERS_STAY = timedelta(days=1)


def queue_of(kind: str, priority: int) -> str:
    """Return the queue of a piece of work: ``urgent``, ``normal``, ``bulk``, or ``compile`` for what takes long."""
    if kind in COMPILES:
        return "compile"
    if priority <= URGENT:
        return "urgent"
    return "bulk" if priority >= BULK else "normal"


def wait_after(attempts: int, *, chance: float) -> timedelta | None:
    """Return how long to wait after this many failed attempts, or None when it is time to give up.

    1, 5, 15, 60 minutes, 4 hours, then 6 hours, spread by 20 % either way so that what failed together does not come
    back together; ``chance`` is a number from 0 to 1. Source: reliability bar, durable work.
    """
    if attempts >= TRIES:
        return None
    minutes = _MINUTES[min(max(attempts, 1), len(_MINUTES)) - 1]
    return timedelta(minutes=minutes) * (1 - _SPREAD + 2 * _SPREAD * chance)


ENDED_IN_THE_MIDDLE = "the worker ended in the middle of it, or was silent for too long"
TRIES_WITH_OTHERS = 2  # what workers have ended over more often than this is done by itself


def is_used_up(attempts: int) -> bool:
    """Tell whether a piece that somebody has just claimed had all its tries before, and ended none of them."""
    return attempts > TRIES


def is_suspect(attempts: int, last_error: str | None) -> bool:
    """Tell whether a piece may be what ends its workers, so that nothing else should be in hand beside it."""
    return last_error == ENDED_IN_THE_MIDDLE and attempts > TRIES_WITH_OTHERS


def is_too_late(not_after: datetime | None, *, now: datetime) -> bool:
    """Tell whether doing the work now would come too late to be of use."""
    return not_after is not None and now >= not_after


def may_try_again(state: str) -> bool:
    """Tell whether the office may have it tried again."""
    return state == "dead"


def may_cancel(state: str, *, is_asked: bool) -> bool:
    """Tell whether the office may call it off: what waits, what was given up, and what is in hand at its next pause."""
    return state in {"due", "leased", "dead"} and not is_asked


def percent(done: int | None, total: int | None) -> int | None:
    """Return how far work is in whole percent, or None if it does not say."""
    if done is None or not total:
        return None
    return max(0, min(100, 100 * done // total))
