"""When a reminder is due, and when it has lost its point. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from ecwi_events.kernel.dates import zone_info

NIGHT_BEGINS = time(21, 0)
NIGHT_ENDS = time(7, 30)
BEFORE_THE_NIGHT = time(20, 30)
TOO_LATE_BEFORE = timedelta(hours=2)
LOOK_BACK = timedelta(hours=48)
A_DAY = timedelta(days=1)
# A day before by the wall clock, moved to 20:30 and over a clock change, is never earlier than this before the start.
LOOK_AHEAD = timedelta(hours=30)


class Verdict(StrEnum):
    """What to do about one reminder now."""

    NOT_YET = "not_yet"
    DUE = "due"
    LATE = "late"  # missed: noted, so that it is counted and shown
    NOT_FOR_THEM = "not_for_them"  # they signed up after it would have gone out, and the confirmation said everything


@dataclass(frozen=True)
class Wanted:
    """What decides whether a reminder that is under way still goes out."""

    has_place: bool
    session_takes_place: bool
    is_current: bool
    is_wished: bool = True


def due_at(starts_at: datetime, zone: str) -> datetime:
    """Return when the reminder of the day before is due: the same wall clock in the person's zone, but not at night.

    What falls into the night goes out at 20:30 the evening before it begins, or at 07:30 when it ends; always on the day
    before the session as the person's calendar has it, so that "tomorrow" is true.
    """
    info = zone_info(zone)
    wall = starts_at.astimezone(info).replace(tzinfo=None, fold=0) - A_DAY
    if wall.time() >= NIGHT_BEGINS:
        wall = datetime.combine(wall.date(), BEFORE_THE_NIGHT)
    elif wall.time() < NIGHT_ENDS:
        wall = datetime.combine(wall.date(), NIGHT_ENDS)
    return wall.replace(tzinfo=info).astimezone(UTC)


def not_after(starts_at: datetime) -> datetime:
    """Return when the reminder has become useless: two hours before the start."""
    return starts_at - TOO_LATE_BEFORE


def verdict(starts_at: datetime, zone: str, *, confirmed_at: datetime, now: datetime) -> Verdict:
    """Return what to do now about the reminder of the day before."""
    due = due_at(starts_at, zone)
    if due < confirmed_at:
        return Verdict.NOT_FOR_THEM
    if now < due:
        return Verdict.NOT_YET
    return Verdict.DUE if now < not_after(starts_at) else Verdict.LATE


def unwanted(facts: Wanted) -> str | None:
    """Return why a reminder that is under way must not go out any more, or None if it is still wanted."""
    if not facts.session_takes_place:
        return "cancelled"
    if not facts.has_place:
        return "withdrawn"
    if not facts.is_wished:
        return "not_wished"
    return None if facts.is_current else "superseded"
