"""When a reminder is due, and when it has lost its point. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import zone_info

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def reminds(starts_at: datetime, confirmed_at: datetime, zone: str) -> bool:
    """Tell whether somebody who got the place at this time is reminded of a session at all."""
    return due_at(starts_at, zone) >= confirmed_at


def promise(starts: Sequence[datetime], confirmed_at: datetime, zone: str) -> str:
    """Say before which of the sessions to come a reminder really goes out, as the end of "one day before"; empty if none.

    Args:
        starts: of the sessions to come.
        confirmed_at: when the person got the place.
        zone: the person's.
    """
    reminded = [reminds(starts_at, confirmed_at, zone) for starts_at in starts]
    if not any(reminded):
        return ""
    if len(reminded) == 1:
        return "the session"
    return "each session" if all(reminded) else "each later session"


def verdict(starts_at: datetime, zone: str, *, confirmed_at: datetime, now: datetime) -> Verdict:
    """Return what to do now about the reminder of the day before."""
    if not reminds(starts_at, confirmed_at, zone):
        return Verdict.NOT_FOR_THEM
    if now < due_at(starts_at, zone):
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
