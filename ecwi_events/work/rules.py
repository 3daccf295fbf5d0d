"""When work is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TRIES = 8
_MINUTES = (1, 5, 15, 60, 240, 360, 360)
_SPREAD = 0.2


def wait_after(attempts: int, *, chance: float) -> timedelta | None:
    """Return how long to wait after this many failed attempts, or None when it is time to give up.

    1, 5, 15, 60 minutes, 4 hours, then 6 hours, spread by 20 % either way so that what failed together does not come
    back together; ``chance`` is a number from 0 to 1. Source: reliability bar, durable work.
    """
    if attempts >= TRIES:
        return None
    minutes = _MINUTES[min(max(attempts, 1), len(_MINUTES)) - 1]
    return timedelta(minutes=minutes) * (1 - _SPREAD + 2 * _SPREAD * chance)


def is_too_late(not_after: datetime | None, *, now: datetime) -> bool:
    """Tell whether doing the work now would come too late to be of use."""
    return not_after is not None and now >= not_after
