"""The moments at which we write about a session: when each is due, until when it is of use, and to whom it goes.

Pure data and functions. House practice, calendar and mail, section 8.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

NOTHING = timedelta(0)
A_DAY = timedelta(days=1)
BY_WALL_CLOCK_FROM = 12 * 60  # minutes: what is half a day or more ahead goes by the wall clock, and not at night
SHORTEST_MINUTES = 15
LONGEST_MINUTES = 60 * 24 * 60


class Slot(StrEnum):
    """The moment of a mail, relative to the session's start or end."""

    WEEK_BEFORE = "week_before"
    DAY_BEFORE = "day_before"
    HOUR_BEFORE = "hour_before"
    STARTING = "starting"
    OWN = "own"
    HOST_ROSTER = "host_roster"
    HOST_LINK = "host_link"
    THANKS = "thanks"
    MATERIALS = "materials"
    RECORDING = "recording"


@dataclass(frozen=True)
class Timing:
    """When the mails of a slot go out.

    ``ahead`` is the time before the start, or for what comes afterwards, less than nothing and counted from the end.
    ``useless`` says in the same way from when on the mail has lost its point.
    """

    slot: Slot
    ahead: timedelta
    useless: timedelta
    by_wall_clock: bool = False
    settled: timedelta = NOTHING  # how long before the start somebody must have had the place
    for_hosts: bool = False
    is_usual: bool = True  # goes out unless it was switched off; what is not goes out where it was switched on
    may_switch: bool = False
    goes_with: Slot | None = None  # the slot whose switch it follows

    @property
    def minutes(self) -> int:
        """How many minutes before the start; 0 for all slots but own ones, whose number is part of their name."""
        return round(self.ahead / timedelta(minutes=1)) if self.slot is Slot.OWN else 0

    @property
    def is_afterwards(self) -> bool:
        """Tell whether it counts from the end of the session."""
        return self.ahead < NOTHING


TIMINGS = {
    one.slot: one
    for one in (
        Timing(Slot.WEEK_BEFORE, 7 * A_DAY, 2 * A_DAY, by_wall_clock=True, settled=8 * A_DAY, may_switch=True),
        Timing(Slot.DAY_BEFORE, A_DAY, timedelta(hours=2), by_wall_clock=True),
        Timing(Slot.HOUR_BEFORE, timedelta(hours=1), timedelta(minutes=10), may_switch=True),
        Timing(Slot.STARTING, timedelta(minutes=10), timedelta(minutes=-5), is_usual=False, may_switch=True),
        Timing(Slot.HOST_ROSTER, A_DAY, NOTHING, by_wall_clock=True, for_hosts=True),
        Timing(Slot.HOST_LINK, timedelta(minutes=30), NOTHING, for_hosts=True),
        Timing(Slot.THANKS, timedelta(hours=-1), -3 * A_DAY, by_wall_clock=True, may_switch=True),
        # Counted from the moment at which there was something to tell of, and after the thanks, which may tell of it. What
        # is no recording waits for one, but no longer than a day: one that comes still later has a mail of its own.
        Timing(Slot.MATERIALS, timedelta(hours=-1), -3 * A_DAY, by_wall_clock=True, goes_with=Slot.RECORDING),
        Timing(Slot.RECORDING, timedelta(hours=-1), -3 * A_DAY, by_wall_clock=True, may_switch=True),
    )
}


NEWS = (Slot.MATERIALS, Slot.RECORDING)  # of what can be opened since a session


def own(minutes: int) -> Timing:
    """Return the slot that an activity has chosen for itself, this many minutes before the start."""
    ahead = timedelta(minutes=minutes)
    useless = min(ahead / 4, timedelta(hours=2))
    return Timing(
        Slot.OWN, ahead, useless, by_wall_clock=minutes >= BY_WALL_CLOCK_FROM, is_usual=False, may_switch=True
    )


def own_fault(minutes: int | None) -> str | None:
    """Return what is wrong with an own slot, or None."""
    if minutes is None or not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        return "Enter a time from 15 minutes to 60 days before the start"
    return None
