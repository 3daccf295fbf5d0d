"""The wording of times: one home for pages, mails, PDFs and exports.

People see their own zone first, with its city and its distance from UTC: "Tue 19 January, 15:00 – 16:30 · Kyiv time
(UTC+2)". Never "EET", never 01/02/2027.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import tzdata

from ecwi_events.kernel.errors import Invalid

if TYPE_CHECKING:
    from datetime import date

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Browsers still say the old names; we store today's.
_RENAMED = {
    "Europe/Kiev": "Europe/Kyiv", "Europe/Uzhgorod": "Europe/Kyiv", "Europe/Zaporozhye": "Europe/Kyiv",
    "Asia/Calcutta": "Asia/Kolkata", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon", "Asia/Dacca": "Asia/Dhaka", "Asia/Thimbu": "Asia/Thimphu",
    "America/Godthab": "America/Nuuk", "Atlantic/Faeroe": "Atlantic/Faroe", "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "Pacific/Enderbury": "Pacific/Kanton",
    "Asia/Ashkhabad": "Asia/Ashgabat", "Asia/Ujung_Pandang": "Asia/Makassar", "GB": "Europe/London",
    "Etc/UTC": "UTC", "Etc/GMT": "UTC", "GMT": "UTC", "Etc/UCT": "UTC", "Zulu": "UTC", "Etc/Zulu": "UTC",
}  # fmt: skip
_BY_THE_MINUTE = 6 * 60  # minutes: how long is left to what is nearer is said to the minute
# Where the last part of the zone's name is not how people say it.
_CITIES = {"America/Argentina/Buenos_Aires": "Buenos Aires", "UTC": "UTC"}


class WallTimeGap(Invalid):
    """The clocks skip this wall time."""


class WallTimeFold(Invalid):
    """The clocks show this wall time twice, and it was not said which one is meant."""


@dataclass(frozen=True)
class Shown:
    """A session's time as one reader sees it."""

    day: str  # Tue 19 January
    hours: str  # 15:00 – 16:30
    zone: str  # Kyiv time (UTC+2)
    ends_on: str  # "" or " (ends on Wednesday)"

    @property
    def line(self) -> str:
        """All in one line, for mails and alternative texts."""
        return f"{self.day}, {self.hours}{self.ends_on} · {self.zone}"


def tzdata_version() -> str:
    """Return the release of the locked time zone data, like ``2026f``."""
    return str(tzdata.IANA_VERSION)


@lru_cache
def zone_names() -> frozenset[str]:
    """Return every zone that a session or a person may have, by today's IANA names."""
    return frozenset(
        name
        for name in available_timezones()
        if ("/" in name or name == "UTC") and not name.startswith(("Etc/", "posix/", "right/", "SystemV/", "US/"))
        and name not in _RENAMED
    )  # fmt: skip


def canonical_zone(name: str | None) -> str | None:
    """Return today's name of a zone, or None if there is no such zone. Old names are taken, never refused."""
    if not name:
        return None
    name = _RENAMED.get(name, name)
    return name if name in zone_names() else None


def zone_info(name: str) -> ZoneInfo:
    """Return the zone's rules; UTC if the name is unknown, so that a page never fails for a zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def city(zone: str) -> str:
    """Return the city that people know the zone by."""
    return _CITIES.get(zone) or zone.rsplit("/", 1)[-1].replace("_", " ")


def offset_label(at: datetime, zone: str) -> str:
    """Return ``UTC+2``, ``UTC+5:45``, ``UTC`` … for an instant in a zone."""
    offset = at.astimezone(zone_info(zone)).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"


def zone_label(at: datetime, zone: str) -> str:
    """Return ``Kyiv time (UTC+2)``."""
    return "UTC" if zone == "UTC" else f"{city(zone)} time ({offset_label(at, zone)})"


def day_label(day: date, *, this_year: int | None = None, long: bool = False) -> str:
    """Return ``Tue 19 January``, with the year when it is not ``this_year``; ``long`` writes out the weekday."""
    weekday = DAYS[day.weekday()] if long else DAYS[day.weekday()][:3]
    year = "" if day.year == this_year else f" {day.year}"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]}{year}"


def session_times(starts_at: datetime, ends_at: datetime, zone: str, *, now: datetime) -> Shown:
    """Return how a reader in ``zone`` sees a session; the year is said unless it is the reader's present year."""
    info = zone_info(zone)
    start, end = starts_at.astimezone(info), ends_at.astimezone(info)
    return Shown(
        day=day_label(start.date(), this_year=now.astimezone(info).year),
        hours=f"{start:%H:%M} – {end:%H:%M}",
        zone=zone_label(starts_at, zone),
        ends_on="" if start.date() == end.date() else f" (ends on {DAYS[end.weekday()]})",
    )


def hours(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return ``15:00 – 16:30``, and the weekday of the end if it is another day than the start's."""
    info = zone_info(zone)
    start, end = starts_at.astimezone(info), ends_at.astimezone(info)
    ends_on = "" if start.date() == end.date() else f" (ends on {DAYS[end.weekday()]})"
    return f"{start:%H:%M} – {end:%H:%M}{ends_on}"


def other_zone(starts_at: datetime, ends_at: datetime, zone: str, *, reader: str) -> str:
    """Return the second line, ``14:00 – 15:30 in Amsterdam (UTC+1)``, or nothing if the reader's clock shows the same.

    The day is named where it is another one than the reader's: ``Wed 20 January, 06:00 – 07:30 in Auckland (UTC+13)``.
    """
    there, here = starts_at.astimezone(zone_info(zone)), starts_at.astimezone(zone_info(reader))
    if there.utcoffset() == here.utcoffset():
        return ""
    day = "" if there.date() == here.date() else f"{day_label(there.date(), this_year=there.year)}, "
    label = "UTC" if zone == "UTC" else f"in {city(zone)} ({offset_label(starts_at, zone)})"
    return f"{day}{hours(starts_at, ends_at, zone)} {label}"


def full_times(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return a session's time for somebody who reads it anywhere and at any time: year, zone and UTC in one line."""
    local = starts_at.astimezone(zone_info(zone))
    line = f"{day_label(local.date())}, {hours(starts_at, ends_at, zone)} · {zone_label(starts_at, zone)}"
    utc = other_zone(starts_at, ends_at, "UTC", reader=zone)
    return f"{line} · {utc}" if utc else line


def moment(at: datetime, zone: str, *, now: datetime) -> str:
    """Return ``Thu 14 January, 18:00 (Kyiv)`` for a single instant."""
    local = at.astimezone(zone_info(zone))
    return f"{day_label(local.date(), this_year=now.astimezone(local.tzinfo).year)}, {local:%H:%M} ({city(zone)})"


def length_label(minutes: int) -> str:
    """Return ``1 hour 30 minutes`` for a session's length in minutes."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    parts += [f"{rest} minute{'' if rest == 1 else 's'}"] if rest else []
    return " ".join(parts)


def time_left(starts_at: datetime, *, now: datetime, zone: str) -> str:
    """Return ``in 40 minutes``, ``in 1 hour 55 minutes``, ``tomorrow``, ``in 59 days``, from the real time that is left.

    To the nearest minute: a mail that is some seconds late still says ten. From six hours on to the nearest hour.
    """
    minutes = int((starts_at - now).total_seconds() + 29) // 60
    if minutes < 1:
        return "now"
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"in {length_label(minutes)}"
    info = zone_info(zone)
    days = (starts_at.astimezone(info).date() - now.astimezone(info).date()).days
    if days == 0:
        return f"in {length_label(minutes if minutes < _BY_THE_MINUTE else (minutes + 29) // 60 * 60)}"
    return "tomorrow" if days == 1 else f"in {days} days"


def clock_note(first_at: datetime, at: datetime, *, zone: str, of: str) -> str:
    """Say why a session is earlier or later for this reader than the first one although its host kept the time.

    Where the host chose another time of the day, the reader's time differs for that reason too, and nothing is said.

    Args:
        first_at: start of the first session.
        at: start of this one.
        zone: the reader's.
        of: the host's.
    """
    moved = clock_shift(first_at, at, zone=zone, of=of)
    if not moved or _wall_time(first_at, of) != _wall_time(at, of):
        return ""
    changing = of if _offset(first_at, of) != _offset(at, of) else zone
    day = _changed_on(changing, min(first_at, at), max(first_at, at))
    where = "Europe" if changing.startswith("Europe/") else city(changing)
    length = length_label(round(abs(moved).total_seconds() / 60))
    return f"{length} {'later' if moved > timedelta() else 'earlier'} for you: clocks change in {where} on {day}"


def clock_shift(first_at: datetime, at: datetime, *, zone: str, of: str) -> timedelta:
    """Return by how much later ``zone`` shows ``at`` than ``first_at``, beside what ``of`` shows."""
    return (_offset(at, zone) - _offset(at, of)) - (_offset(first_at, zone) - _offset(first_at, of))


def clock_change(zone: str, since: datetime, until: datetime) -> str:
    """Return the day of the last clock change of a zone between two instants, like ``28 March``; empty without one."""
    return _changed_on(zone, since, until) if _offset(since, zone) != _offset(until, zone) else ""


def around_gap(wall: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the two wall times that a time which clocks skip may stand for: before the change, and after it.

    02:30 on a night when clocks go from 02:00 to 03:00 is 01:30 before the change and 03:30 after it.
    """
    info = zone_info(zone)
    one, other = (
        wall.replace(tzinfo=info, fold=fold).astimezone(UTC).astimezone(info).replace(tzinfo=None, fold=0)
        for fold in (0, 1)
    )
    return min(one, other), max(one, other)


def _wall_time(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zone_info(zone)):%H:%M}"


def _offset(at: datetime, zone: str) -> timedelta:
    return at.astimezone(zone_info(zone)).utcoffset() or timedelta()


@lru_cache(maxsize=512)
def _changed_on(zone: str, since: datetime, until: datetime) -> str:
    """Return the day of the last clock change between two instants."""
    at, last = until, _offset(until, zone)
    while at > since and _offset(at, zone) == last:
        at -= timedelta(hours=1)
    day = (at + timedelta(hours=1)).astimezone(zone_info(zone)).date()
    return f"{day.day} {MONTHS[day.month - 1]}"


def resolve(wall: datetime, zone: str, *, fold: int | None = None) -> datetime:
    """Return the UTC instant of a wall time in a zone.

    Args:
        wall: naive wall time.
        zone: an IANA name.
        fold: which of the two, where clocks show the wall time twice: 0 the first, 1 the second.

    Raises:
        WallTimeGap: clocks skip this wall time.
        WallTimeFold: clocks show it twice and ``fold`` is None.
    """
    info = zone_info(zone)
    first = wall.replace(tzinfo=info, fold=0)
    second = wall.replace(tzinfo=info, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(info).replace(tzinfo=None) != wall:
        message = f"Clocks in {city(zone)} skip {wall:%H:%M} on {day_label(wall.date())}. Choose another time."
        raise WallTimeGap({"starts_local": message})
    if fold is None:
        message = f"Clocks in {city(zone)} show {wall:%H:%M} twice on {day_label(wall.date())}. Say which one you mean."
        raise WallTimeFold({"starts_local": message})
    return (second if fold else first).astimezone(UTC)
