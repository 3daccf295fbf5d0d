"""When a reminder is due, and when it has lost its point. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import zone_info
from ecwi_events.kernel.nights import BEFORE_THE_NIGHT, NIGHT_BEGINS, NIGHT_ENDS, awake_from
from ecwi_events.reminders.slots import A_DAY, NOTHING, TIMINGS, Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOOK_BACK = timedelta(hours=48)
# How much earlier than its plain distance the night and a clock change can make a mail due.
SLACK = timedelta(hours=6)
NO_SLACK = timedelta(0)
PUBLISHED_WITHIN = timedelta(days=8)  # what could be opened longer ago is told to nobody: night, wait and looking back
SAME_ACTIVITY_WITHIN = timedelta(hours=36)
ONE_DAY = TIMINGS[Slot.DAY_BEFORE]


class Verdict(StrEnum):
    """What to do about one reminder now."""

    NOT_YET = "not_yet"
    DUE = "due"
    LATE = "late"  # missed: noted, so that it is counted and shown
    NOT_FOR_THEM = "not_for_them"  # they signed up after it would have gone out, and the confirmation said everything
    OVER = "over"  # missed so long ago that nobody notes it any more


TO_DEAL_WITH = (Verdict.DUE, Verdict.LATE)


@dataclass(frozen=True)
class Wanted:
    """What decides whether a reminder that is under way still goes out."""

    has_place: bool
    session_takes_place: bool
    is_current: bool
    was_away: bool = False


@dataclass(frozen=True)
class Times:
    """A session's instants, and whose zone is asked.

    For the mail about a recording ``ends_at`` is the moment at which there was something to tell of.
    """

    starts_at: datetime
    ends_at: datetime
    zone: str

    @property
    def day(self) -> str:
        """The day on which the session starts in this zone."""
        return self.starts_at.astimezone(zone_info(self.zone)).date().isoformat()


@lru_cache(maxsize=10_000)  # one session and zone is asked for by all its people
def due_at(timing: Timing, times: Times) -> datetime:
    """Return when a mail of this slot is due.

    What goes by the wall clock comes at the same time of day in the person's zone, but not at night: what falls into the
    night goes out at 20:30 the evening before it begins, or at 07:30 when it ends; afterwards always at 07:30. So the
    mail of the day before comes on the day before the session as the person's calendar has it, and "tomorrow" is true.
    """
    if not timing.by_wall_clock:
        return times.starts_at - timing.ahead
    info = zone_info(times.zone)
    if timing.is_afterwards:
        wall = (times.ends_at - timing.ahead).astimezone(info).replace(tzinfo=None, fold=0)
        if wall.time() >= NIGHT_BEGINS:
            wall = datetime.combine(wall.date() + timedelta(days=1), NIGHT_ENDS)
    else:
        wall = times.starts_at.astimezone(info).replace(tzinfo=None, fold=0) - timing.ahead
        if wall.time() >= NIGHT_BEGINS:
            wall = datetime.combine(wall.date(), BEFORE_THE_NIGHT)
    if wall.time() < NIGHT_ENDS:
        wall = datetime.combine(wall.date(), NIGHT_ENDS)
    return wall.replace(tzinfo=info).astimezone(UTC)


def news_at(
    slot: Slot,
    published: Sequence[tuple[bool, datetime]],
    *,
    told_at: datetime | None,
    recording_comes: bool,
    now: datetime,
) -> datetime | None:
    """Return since when a slot has something to tell of that somebody has not heard of, or None.

    Slides and handouts alone wait a day, so that the recording can come with them in one mail.

    Args:
        slot: the one for recordings, or the one for all other materials.
        published: whether it is a recording, and when it could be opened.
        told_at: when the last mail went out that led to all that was there.
        recording_comes: whether somebody may still get the mail about a recording.
        now: the door's instant.
    """
    new = [(is_recording, at) for is_recording, at in published if told_at is None or at > told_at]
    recordings = [at for is_recording, at in new if is_recording]
    if slot is Slot.RECORDING:
        return min(recordings, default=None)
    since = min((at + A_DAY for is_recording, at in new if not is_recording), default=None)
    if since is None or (recording_comes and any(at <= max(now, since) for at in recordings)):
        return None
    return since


def goes_at(timing: Timing, times: Times, *, now: datetime) -> datetime:
    """Return when a mail that is still to come goes out: when it is due; what comes late, now or when the night is over."""
    if (due := due_at(timing, times)) > now:
        return due
    waits = timing.by_wall_clock and _may_sleep(times.zone, not_after(timing, times), now=now)
    return awake_from(now, times.zone) if waits else now


def not_after(timing: Timing, times: Times) -> datetime:
    """Return when a mail of this slot has become useless."""
    return (times.ends_at if timing.is_afterwards else times.starts_at) - timing.useless


def heard_by(timing: Timing, times: Times) -> datetime:
    """Return until when somebody must have known of the session to get the mail at all."""
    due = due_at(timing, times)
    return min(due, times.starts_at - timing.settled) if timing.settled > NOTHING else due


def is_for(timing: Timing, times: Times, *, since: datetime) -> bool:
    """Tell whether somebody who knows of the session since this instant gets the mail at all.

    Args:
        timing: of the slot.
        times: of the session, and the person's zone.
        since: when the person got the place, or was told of the time that holds now, whichever was later.
    """
    return since <= heard_by(timing, times)


def verdict(timing: Timing, times: Times, *, since: datetime, now: datetime) -> Verdict:
    """Return what to do now about one mail of a slot."""
    if not is_for(timing, times, since=since):
        return Verdict.NOT_FOR_THEM
    if now < due_at(timing, times):
        return Verdict.NOT_YET
    end = not_after(timing, times)
    if now < end:
        return Verdict.NOT_YET if timing.by_wall_clock and _may_sleep(times.zone, end, now=now) else Verdict.DUE
    return Verdict.LATE if now < end + LOOK_BACK else Verdict.OVER


def _may_sleep(zone: str, end: datetime, *, now: datetime) -> bool:
    """Tell whether what comes late can wait for the morning: it is night there, and the mail is of use after it."""
    awake = awake_from(now, zone)
    return now < awake < end


def belong_together(one: Times, other: Times, *, is_same_activity: bool) -> bool:
    """Tell whether two sessions of one person are reminded of in one mail, a day before the first of them.

    That is so for sessions of one activity within 36 hours, and for any two that start on one day of the person's calendar.
    """
    if is_same_activity and abs(one.starts_at - other.starts_at) <= SAME_ACTIVITY_WITHIN:
        return True
    return one.day == other.day


def reminds(starts_at: datetime, confirmed_at: datetime, zone: str) -> bool:
    """Tell whether somebody who got the place at this time is reminded of a session a day before."""
    return is_for(ONE_DAY, Times(starts_at, starts_at, zone), since=confirmed_at)


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


def unwanted(facts: Wanted) -> str | None:
    """Return why a reminder that is under way must not go out any more, or None if it is still wanted."""
    if not facts.session_takes_place:
        return "cancelled"
    if not facts.has_place:
        return "withdrawn"
    if facts.was_away:
        return "absent"
    return None if facts.is_current else "superseded"


def first_reason(reasons: Iterable[str | None]) -> str | None:
    """Return why none of several things is wanted, or None as soon as one of them is."""
    found = list(reasons)
    return found[0] if found and all(found) else None
