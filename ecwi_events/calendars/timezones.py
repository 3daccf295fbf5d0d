"""VTIMEZONE in the one form that every reader takes: one STANDARD and one DAYLIGHT with a yearly RRULE.

The blocks that calendar libraries write (lists of RDATE) are read an hour wrong by Thunderbird's and other readers. So a
zone is written by name only when a yearly rule tells its whole story around the sessions; otherwise the times go in UTC.
Measurements: docs/decisions/0007-time-zones-in-calendars.md.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ecwi_events.calendars import writing
from ecwi_events.kernel.dates import canonical_zone, zone_info

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

AROUND = timedelta(days=548)  # 18 months: the rule must hold that long before and after the sessions
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1
LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time


@dataclass(frozen=True)
class Onset:
    """The clocks change: at this wall time (by the old offset) from one offset to another."""

    at: datetime
    wall: datetime
    before: timedelta
    after: timedelta
    name: str


@dataclass(frozen=True)
class Yearly:
    """The same day of the same month each year: the n-th weekday, or the last."""

    month: int
    weekday: int
    nth: int
    wall: timedelta  # since midnight
    before: timedelta
    after: timedelta

    def in_year(self, year: int) -> datetime:
        """Return the instant of the change in a year."""
        days = calendar.monthrange(year, self.month)[1]
        first = date(year, self.month, 1).weekday()
        day = 1 + (self.weekday - first) % 7 + 7 * (self.nth - 1)
        if self.nth == LAST:
            day = days - (date(year, self.month, days).weekday() - self.weekday) % 7
        return datetime(year, self.month, day, tzinfo=UTC) + self.wall - self.before


Part = tuple[str, Onset, Yearly | None]


def is_ambiguous(at: datetime, zone: str) -> bool:
    """Tell whether clocks in the zone show this instant's wall time twice, or skip past it: readers then disagree."""
    local = at.astimezone(zone_info(zone))
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def block(zone: str, earliest: datetime, latest: datetime) -> tuple[str, ...]:
    """Return the lines of the zone's VTIMEZONE for events between two instants; none if they must be written in UTC."""
    if zone == "UTC" or canonical_zone(zone) != zone:
        return ()
    first, last = earliest - AROUND, latest + AROUND
    return _block(
        zone, datetime(first.year, first.month, 1, tzinfo=UTC), datetime(last.year, last.month, 1, tzinfo=UTC)
    )


def utc_block() -> tuple[str, ...]:
    """Return a VTIMEZONE for UTC: the one component of a feed without events, which may not be empty."""
    return _written(
        "UTC", (("STANDARD", Onset(LONG_AGO.replace(tzinfo=UTC), LONG_AGO, timedelta(), timedelta(), "UTC"), None),)
    )


@lru_cache(maxsize=512)
def _block(zone: str, first: datetime, last: datetime) -> tuple[str, ...]:
    parts = _parts(zone, first, last)
    return _written(zone, parts) if parts else ()


def _written(zone: str, parts: tuple[Part, ...]) -> tuple[str, ...]:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    for kind, onset, rule in parts:
        lines += [f"BEGIN:{kind}", f"DTSTART:{writing.wall(onset.wall)}"]
        if rule:
            lines.append(f"RRULE:FREQ=YEARLY;BYDAY={rule.nth}{WEEKDAYS[rule.weekday]};BYMONTH={rule.month}")
        lines += [
            f"TZNAME:{onset.name}",
            f"TZOFFSETFROM:{_signed(onset.before)}",
            f"TZOFFSETTO:{_signed(onset.after)}",
            f"END:{kind}",
        ]
    return (*lines, "END:VTIMEZONE")


def _signed(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{minutes % 60:02}{f'{rest:02}' if rest else ''}"


def _parts(zone: str, first: datetime, last: datetime) -> tuple[Part, ...]:
    onsets = _onsets(zone, first, last)
    if not onsets:
        local = first.astimezone(zone_info(zone))
        offset = local.utcoffset() or timedelta()
        return (("STANDARD", Onset(first, LONG_AGO, offset, offset, local.tzname() or zone), None),)
    # By the direction of the change, not by dst(): Dublin's and Casablanca's summer is "standard time" in the data.
    forward = [onset for onset in onsets if onset.after > onset.before]
    back = [onset for onset in onsets if onset.after <= onset.before]
    spring, autumn = _rule(forward), _rule(back)
    if not spring or not autumn:
        return ()
    years = range(first.year, last.year + 1)
    expected = sorted(rule.in_year(year) for rule in (spring, autumn) for year in years)
    if [at for at in expected if first <= at < last] != [onset.at for onset in onsets]:
        return ()
    return (("STANDARD", back[0], autumn), ("DAYLIGHT", forward[0], spring))


def _onsets(zone: str, first: datetime, last: datetime) -> list[Onset]:
    """Find every change of the offset between two instants: day by day, then to the second."""
    info = zone_info(zone)
    found = []
    at, day = first, timedelta(days=1)
    while at < last:
        before, after = at.astimezone(info).utcoffset(), (at + day).astimezone(info).utcoffset()
        if before != after:
            found.append(_onset(info, at, at + day))
        at += day
    return found


def _onset(info: ZoneInfo, low: datetime, high: datetime) -> Onset:
    before = low.astimezone(info).utcoffset() or timedelta()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
        if middle.astimezone(info).utcoffset() == before:
            low = middle
        else:
            high = middle
    local = high.astimezone(info)
    wall = (high + before).replace(tzinfo=None)
    return Onset(high, wall, before, local.utcoffset() or timedelta(), local.tzname() or "")


def _rule(onsets: list[Onset]) -> Yearly | None:
    """Return the yearly rule that all of these follow, or None."""
    rules = [set(_candidates(onset)) for onset in onsets]
    common = set.intersection(*rules) if rules else set()
    return min(common, key=lambda rule: rule.nth) if common else None  # "last" before "fourth"


def _candidates(onset: Onset) -> list[Yearly]:
    wall = onset.wall
    since_midnight = wall - wall.replace(hour=0, minute=0, second=0)
    numbers = [(wall.day - 1) // 7 + 1]
    if wall.day + 7 > calendar.monthrange(wall.year, wall.month)[1]:
        numbers.append(LAST)
    return [
        Yearly(wall.month, wall.weekday(), nth, since_midnight, onset.before, onset.after)
        for nth in numbers
        if nth <= 4  # noqa: PLR2004 - not every month has a fifth
    ]
