"""Which mail to a domain may go out in this minute, and when the others ask again. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ecwi_events.mail.kinds import SOON

if TYPE_CHECKING:
    from collections.abc import Sequence

A_MINUTE = timedelta(minutes=1)
KEPT = 5  # one part in so many of each minute is kept for what is more urgent than reminders: places, changes


@dataclass(frozen=True)
class Line:
    """The mails of one priority to one domain: how many went out in this minute, and how many are to ask in it.

    ``more_later``: others of them ask in later minutes.
    """

    priority: int
    taken: int
    asking: int
    more_later: bool


def room(priority: int, *, per_minute: int) -> int:
    """Return how many of a domain's mails in a minute may be of this priority or a less urgent one; never none."""
    return per_minute if priority < SOON else max(1, per_minute - max(1, per_minute // KEPT))


def may_go(lines: Sequence[Line], priority: int, *, per_minute: int, was_put_off: bool) -> bool:
    """Tell whether a mail may go out in this minute.

    Args:
        lines: of its domain, all priorities.
        priority: its own.
        per_minute: how many mails the domain gets.
        was_put_off: whether it has waited in its line before; else it stands behind those that have.
    """
    before = [line for line in lines if line.priority < priority or (line.priority == priority and not was_put_off)]
    ahead = sum(per_minute if line.more_later else max(0, line.asking - line.taken) for line in before)
    return sum(line.taken for line in lines) + ahead < room(priority, per_minute=per_minute)


def next_in_line(
    last_at: datetime | None, asking: int, *, minute: datetime, most: int
) -> tuple[datetime, int]:  # fmt: skip
    """Return in which minute the next one of a line asks again, and how many then ask in it: no more than can go out."""
    if last_at is None or last_at <= minute:
        return minute + A_MINUTE, 1
    return (last_at, asking + 1) if asking < most else (last_at + A_MINUTE, 1)
