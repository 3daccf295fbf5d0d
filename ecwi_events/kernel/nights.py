"""The night of a person's own zone: no reminder comes in it, and no time to answer runs out. Pure functions of facts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from ecwi_events.kernel.dates import zone_info

NIGHT_BEGINS = time(21, 0)
NIGHT_ENDS = time(7, 30)
BEFORE_THE_NIGHT = time(20, 30)
A_DAY = timedelta(days=1)


def is_night(wall: time) -> bool:
    """Tell whether people sleep, or may be left in peace, at this time of their day."""
    return wall >= NIGHT_BEGINS or wall < NIGHT_ENDS


def awake_after(start: datetime, lasts: timedelta, zone: str) -> datetime:
    """Return when so much time has passed since an instant, of which the nights of a zone count nothing.

    Time is real time: an hour that a clock change repeats or leaves out during the day is counted as people live it.
    """
    at, left = awake_from(start, zone), lasts
    while (evening := _next_evening(at, zone)) < at + left:
        left -= evening - at
        at = awake_from(evening, zone)
    return at + left


def awake_from(at: datetime, zone: str) -> datetime:
    """Return the instant itself, or the end of the night that it falls into."""
    local = at.astimezone(zone_info(zone))
    if not is_night(local.time()):
        return at
    day = local.date() + (A_DAY if local.time() >= NIGHT_BEGINS else timedelta(0))
    return max(at, datetime.combine(day, NIGHT_ENDS, tzinfo=local.tzinfo).astimezone(UTC))


def _next_evening(at: datetime, zone: str) -> datetime:
    """Return when the next night begins, later than an instant."""
    local = at.astimezone(zone_info(zone))
    evening, day = at, local.date()
    while evening <= at:  # a second round only where a clock change has moved the evening before us
        evening = datetime.combine(day, NIGHT_BEGINS, tzinfo=local.tzinfo).astimezone(UTC)
        day += A_DAY
    return evening
