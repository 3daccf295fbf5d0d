"""A series of sessions: how it is repeated, and what whoever plans it should look at. Pure functions of plain facts.

Nothing here refuses: a session in two places at once or over a clock change may be meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ecwi_events.kernel import dates
from ecwi_events.kernel.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

MOST_WEEKS = 52
MOST_TIMES = 60
MOST_NOTICES = 12  # of one kind; more of them nobody reads one by one
_NUMBERED = re.compile(r"^(.*\D)(\d{1,2})$")


@dataclass(frozen=True)
class Meeting:
    """A session as far as the plan needs it; ``activity`` names another activity that it belongs to."""

    name: str  # "Session 2", or the title of a session of another activity
    starts_at: datetime
    ends_at: datetime
    zone: str
    activity: str = ""


def repeat_fault(every: str, times: str) -> tuple[str, str] | None:
    """Return the field and the words of what is wrong with a wish to repeat, or None."""
    if not _is_between(every, 1, MOST_WEEKS):
        return "every", f"Enter a number of weeks from 1 to {MOST_WEEKS}"
    if not _is_between(times, 2, MOST_TIMES):
        return "times", f"Enter a number of sessions from 2 to {MOST_TIMES}"
    return None


def repeated(start: datetime, *, every: int, times: int) -> list[datetime]:
    """Return the wall times of a series, the first one included: the clock keeps its time, whatever its zone does."""
    return [start + timedelta(weeks=every * number) for number in range(times)]


def title_of(first: str, number: int) -> str:
    """Return the title of a later session of a series: ``Meeting 1`` goes on as ``Meeting 2``, ``Play`` as ``Play 2``."""
    if not first:
        return f"Session {number}"
    numbered = _NUMBERED.match(first)
    if numbered:
        return f"{numbered[1]}{int(numbered[2]) + number - 1}"
    return f"{first} {number}"


def notices(
    own: Sequence[Meeting], others: Sequence[Meeting], *, cities: Sequence[str], is_still_planned: bool, now: datetime
) -> list[str]:
    """Return what to look at before a plan is kept, as sentences.

    Args:
        own: the sessions of the activity that take place, in any order.
        others: sessions of the same host in other activities, around the same time.
        cities: the zones in which the office looks at the times.
        is_still_planned: whether the activity is said to be still to come.
        now: the door's instant.
    """
    meetings = sorted(own, key=lambda meeting: meeting.starts_at)
    past = _past(meetings, now=now) if is_still_planned else []
    kinds = (past, _overlaps(meetings), _busy_host(meetings, others), _clock_changes(meetings, cities))
    return [sentence for found in kinds for sentence in _first_of(found)]


def _past(meetings: Sequence[Meeting], *, now: datetime) -> list[str]:
    over = [meeting for meeting in meetings if meeting.ends_at <= now]
    if not over:
        return []
    if len(over) == 1:
        return [f"{over[0].name} is in the past, and the activity is still planned. Is the date right?"]
    return [f"{len(over)} sessions are in the past, and the activity is still planned. Are the dates right?"]


def _overlaps(meetings: Sequence[Meeting]) -> list[str]:
    found: list[str] = []
    longest: Meeting | None = None  # of those before, the one that ends last
    for meeting in meetings:
        if longest and meeting.starts_at < longest.ends_at:
            found.append(f"{longest.name} and {_small(meeting.name)} overlap.")
        if longest is None or meeting.ends_at > longest.ends_at:
            longest = meeting
    return found


def _busy_host(meetings: Sequence[Meeting], others: Sequence[Meeting]) -> list[str]:
    rest = sorted(others, key=lambda meeting: meeting.starts_at)
    return [
        f"{meeting.name} overlaps with “{other.name}” of “{other.activity}”, which has the same host."
        for meeting in meetings
        for other in rest
        if meeting.starts_at < other.ends_at and other.starts_at < meeting.ends_at
    ]


def _clock_changes(meetings: Sequence[Meeting], cities: Sequence[str]) -> list[str]:
    return [
        sentence
        for before, after in pairwise(meetings)
        if before.zone == after.zone
        for sentence in _clock_change(before, after, cities)
    ]


def _clock_change(before: Meeting, after: Meeting, cities: Sequence[str]) -> Iterator[str]:
    zone, between = after.zone, f"between {_small(before.name)} and {_small(after.name)}"
    shifts: dict[timedelta, list[str]] = {}
    for city in dict.fromkeys(cities):
        shift = dates.clock_shift(before.starts_at, after.starts_at, zone=city, of=zone)
        if shift:
            shifts.setdefault(shift, []).append(city)
    day = dates.clock_change(zone, before.starts_at, after.starts_at)
    if day:
        yield f"Clocks change in {dates.city(zone)} on {day}, {between}." + "".join(map(_shifted, shifts.items()))
    elif shifts:
        some = next(iter(shifts.values()))[0]
        on = dates.clock_change(some, before.starts_at, after.starts_at)
        yield f"Clocks change in {dates.city(some)} on {on}, {between}." + "".join(map(_shifted, shifts.items()))


def _shifted(shift: tuple[timedelta, list[str]]) -> str:
    by, zones = shift
    length = dates.length_label(round(abs(by).total_seconds() / 60))
    where = _listed([dates.city(zone) for zone in zones])
    return f" From then on it begins {length} {'later' if by > timedelta() else 'earlier'} in {where}."


def _first_of(sentences: Sequence[str]) -> list[str]:
    rest = len(sentences) - MOST_NOTICES
    if rest <= 0:
        return list(sentences)
    return [*sentences[:MOST_NOTICES], f"And {rest} more {plural(rest, 'note', 'notes')} of this kind."]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _small(name: str) -> str:
    return name[0].lower() + name[1:]


def _is_between(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most
