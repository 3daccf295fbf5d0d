"""How a page shows the sessions of an activity to one reader; every word comes from `ecwi_events.kernel.dates`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

from ecwi_events.kernel import dates
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import session_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ecwi_events.kernel.dates import Shown
    from ecwi_events.programme.queries import SessionView


@dataclass(frozen=True)
class Step:
    """One stepping stone: a session as one reader sees it."""

    session: SessionView
    shown: Shown
    elsewhere: str  # the host's time, only where it differs
    note: str  # why the local time differs from the first session's
    held: str  # how and where, if it is not simply online, and in which language, if not in the activity's
    moved: str  # from when it was moved
    is_over: bool
    is_on: bool


def steps(sessions: Sequence[SessionView], zone: str, *, now: datetime, language: str = "") -> list[Step]:
    """Return the sessions as a reader in ``zone`` sees them; a ``language`` that is the activity's is not said again."""
    today = now.astimezone(dates.zone_info(zone)).date()
    return [
        Step(
            session,
            *_worded(session, sessions[0], zone, today, language),
            is_over=session.ends_at <= now,
            is_on=session.starts_at <= now < session.ends_at and not session.is_cancelled,
        )
        for session in sessions
    ]


@lru_cache(maxsize=4096)
def _worded(
    session: SessionView, first: SessionView, zone: str, today: date, language: str
) -> tuple[Shown, str, str, str, str]:
    """Return the words of a session; for one reader they change at midnight at the earliest."""
    noon = datetime.combine(today, time(12), dates.zone_info(zone))
    return (
        dates.session_times(session.starts_at, session.ends_at, zone, now=noon),
        host_time(session, zone),
        _note(first, session, zone),
        held(session, language=language),
        dates.moment(session.moved_from_at, zone, now=noon) if session.moved_from_at else "",
    )


def held(session: SessionView, *, language: str) -> str:
    """Return ``In person, Kindergarten 7, Lviv, in Ukrainian``: what is not to be expected; empty for the usual."""
    said = [words for words in (session_rules.HELD.get(session.format), session.place) if words]
    if language and session.language != language:
        name = LANGUAGES.get(session.language, session.language)
        said.append(f"in {name}" if said else f"In {name}")
    return ", ".join(said)


def host_time(session: SessionView, zone: str) -> str:
    """Return ``14:00 in Kyiv (UTC+2)``, with the day where that differs too; empty where the reader's time is the same."""
    here = session.starts_at.astimezone(dates.zone_info(zone))
    there = session.starts_at.astimezone(dates.zone_info(session.zone))
    if here.utcoffset() == there.utcoffset():
        return ""
    day = "" if here.date() == there.date() else f"{dates.day_label(there.date(), this_year=there.year)}, "
    return f"{day}{there:%H:%M} in {dates.city(session.zone)} ({dates.offset_label(session.starts_at, session.zone)})"


def span(sessions: Sequence[SessionView], zone: str) -> str:
    """Return ``19 January to 30 March 2027``, the days of the first and the last session in a zone."""
    info = dates.zone_info(zone)
    first = min(s.starts_at for s in sessions).astimezone(info).date()
    last = max(s.starts_at for s in sessions).astimezone(info).date()
    end = f"{last.day} {dates.MONTHS[last.month - 1]} {last.year}"
    if first == last:
        return end
    start = f"{first.day} {dates.MONTHS[first.month - 1]}"
    return f"{start} to {end}" if first.year == last.year else f"{start} {first.year} to {end}"


def day(at: datetime, zone: str, *, now: datetime) -> str:
    """Return ``Tue 19 January`` for an instant in a zone."""
    info = dates.zone_info(zone)
    return dates.day_label(at.astimezone(info).date(), this_year=now.astimezone(info).year)


def _note(first: SessionView, session: SessionView, zone: str) -> str:
    """The note about a clock change; a series that moves to another zone moved its promise, not its clocks."""
    if session.zone != first.zone:
        return ""
    return dates.clock_note(first.starts_at, session.starts_at, zone=zone, of=first.zone)
