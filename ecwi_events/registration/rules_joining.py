"""What the joining link says when it is opened. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.registration.rules import JOINING_OPENS_BEFORE, joining_is_open

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

IN_LINE = frozenset({"waiting", "offered", "pending"})
GONE = frozenset({"withdrawn", "declined"})


class Joining(StrEnum):
    """What there is to say about one session to the holder of the link."""

    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    GONE = "gone"  # gave the place up, or was never given one
    IN_LINE = "in_line"  # may still get a place
    EARLY = "early"
    OPEN = "open"
    OVER = "over"
    NONE = "none"  # there is no session to speak of


@dataclass(frozen=True)
class Chance:
    """A session of the activity, and what the person has in it; no place means that they did not choose it."""

    session_id: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    place: str | None


def state(status: str, chance: Chance | None, *, now: datetime) -> Joining:
    """Return what there is to say about a session of an activity in this status."""
    if status == "cancelled":
        return Joining.CANCELLED
    if chance is None or chance.place is None:
        return Joining.NONE
    if chance.place != "confirmed":
        return Joining.GONE if chance.place in GONE else Joining.IN_LINE
    if status == "postponed":
        return Joining.POSTPONED
    return Joining.CANCELLED if chance.is_cancelled else _by_the_clock(status, chance, now=now)


def _by_the_clock(status: str, chance: Chance, *, now: datetime) -> Joining:
    if chance.ends_at <= now:
        return Joining.OVER
    return Joining.OPEN if may_join(status, chance, now=now) else Joining.EARLY


def may_join(status: str, chance: Chance, *, now: datetime) -> bool:
    """Tell whether the button leads to the meeting: asked by the page that shows it and by the act behind it."""
    return joining_is_open(
        chance.starts_at,
        chance.ends_at,
        has_place=chance.place == "confirmed",
        is_cancelled=chance.is_cancelled or status in {"cancelled", "postponed", "draft", "approved"},
        now=now,
    )


def opens_at(chance: Chance) -> datetime:
    """Return from when on the button is there."""
    return chance.starts_at - JOINING_OPENS_BEFORE


def chosen(chances: Sequence[Chance], *, now: datetime) -> Chance | None:
    """Return the session that the page speaks of: what is on or comes next with a place, else the last there was.

    A place comes before a number in the line, and a session that takes place before a cancelled one.
    """
    mine = [chance for chance in chances if chance.place is not None]
    to_come = [chance for chance in mine if chance.ends_at > now]
    for wanted in (
        [chance for chance in to_come if chance.place == "confirmed" and not chance.is_cancelled],
        [chance for chance in to_come if chance.place in IN_LINE],
        [chance for chance in to_come if chance.place == "confirmed"],
    ):
        if wanted:
            return min(wanted, key=lambda chance: (chance.starts_at, chance.session_id))
    been = [chance for chance in mine if chance.place == "confirmed" and not chance.is_cancelled]
    last = been or mine
    return max(last, key=lambda chance: (chance.starts_at, chance.session_id)) if last else None
