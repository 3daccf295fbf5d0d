"""Who may sign up, withdraw and come back. The page and the act ask the same functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

UNDO_FOR = timedelta(minutes=10)
JOINING_OPENS_BEFORE = timedelta(minutes=15)


class Closed(StrEnum):
    """Why nobody can sign up."""

    NOT_PLANNED = "not_planned"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    OVER = "over"
    CLOSED = "closed"


SENTENCES = {
    Closed.NOT_PLANNED: "Sign-up is not open.",
    Closed.CANCELLED: "This activity is cancelled.",
    Closed.POSTPONED: "This activity is postponed. Sign-up opens again when there is a new date.",
    Closed.OVER: "This activity is over.",
    Closed.CLOSED: "Sign-up is closed. Write to the host to ask for a place.",
}


@dataclass(frozen=True)
class SignUpFacts:
    """What decides whether sign-up is open, and what a person would get."""

    activity_id: int
    places_id: int | None
    status: str
    session_ends: Sequence[datetime]
    closes_at: datetime | None
    capacity: int | None
    taken: int
    waiting: int

    @property
    def left(self) -> int | None:
        """Places that are free; None when there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def is_full(self) -> bool:
        """Tell whether the next person would have to wait."""
        return self.capacity is not None and self.taken >= self.capacity


def refusal(facts: SignUpFacts, *, now: datetime) -> Closed | None:
    """Return why nobody can sign up now, or None when sign-up is open (a full activity is open: it has a waiting list)."""
    if facts.status == "cancelled":
        return Closed.CANCELLED
    if facts.status == "postponed":
        return Closed.POSTPONED
    if facts.status == "completed" or (facts.session_ends and max(facts.session_ends) <= now):
        return Closed.OVER
    if facts.status not in {"planned", "running", "ongoing"} or facts.places_id is None or not facts.session_ends:
        return Closed.NOT_PLANNED
    if facts.closes_at is not None and now >= facts.closes_at:
        return Closed.CLOSED
    return None


def may_promote(facts: SignUpFacts, *, now: datetime) -> bool:
    """Tell whether a freed place goes to the first in line: only while sign-up is open and a session is to come."""
    return refusal(facts, now=now) is None


def may_undo_withdrawal(withdrawn_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a withdrawal can still be taken back: for ten minutes."""
    return withdrawn_at is not None and now < withdrawn_at + UNDO_FOR


def joining_is_open(
    starts_at: datetime, ends_at: datetime, *, has_place: bool, is_cancelled: bool, now: datetime
) -> bool:
    """Tell whether the meeting's address may be shown: to confirmed people, from 15 minutes before until the end."""
    return has_place and not is_cancelled and starts_at - JOINING_OPENS_BEFORE <= now < ends_at
