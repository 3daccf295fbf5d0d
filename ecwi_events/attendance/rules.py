"""From evidence to the verdict. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MARKS = ("present", "absent", "excused")


@dataclass(frozen=True)
class Mark:
    """One row of evidence as the verdict sees it; no mark from a host means that the earlier one was taken back."""

    source: str
    mark: str | None
    recorded_at: datetime
    order: int


def verdict(evidence: Iterable[Mark]) -> str:
    """Return what follows from the evidence: the host's last word; without one, unknown. Silence makes nobody absent."""
    hand_marks = [row for row in evidence if row.source == "host"]
    if not hand_marks:
        return "unknown"
    last = max(hand_marks, key=lambda row: (row.recorded_at, row.order))
    return last.mark or "unknown"


def may_finish(ends_at: datetime, *, now: datetime) -> bool:
    """Tell whether who was not marked may be marked absent: when the session is over, and not while people still come."""
    return now >= ends_at


def counts_as_present(verdict: str) -> bool:
    """Tell whether a verdict counts in the figures as having been there."""
    return verdict == "present"
