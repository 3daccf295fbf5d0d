"""What the mails about a sign-up have in common: who, which activity, and each session as its reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.registration.rules import joining_is_open
from ecwi_events.reminders import rules as reminder_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.registration.queries import MySignUp

GOOGLE = "https://calendar.google.com/calendar/render"


def page_of(mine: MySignUp) -> str:
    """Return where the reader finds the activity: on its own page, or on the personal one where not everybody may see it."""
    path = f"/a/{mine.activity.slug}" if mine.activity.visibility == "public" else f"/m/{mine.token}"
    return links.absolute(path)


def facts_of(mine: MySignUp, to_come: Sequence[SessionView], *, now: datetime) -> dict[str, object]:
    """Return what every mail about a sign-up may say."""
    activity = mine.activity
    return {
        "greeting": mail_rules.greeting(mine.name),
        "activity": activity,
        "page": page_of(mine),
        "link": links.absolute(f"/m/{mine.token}"),
        "place": mine.place.value,
        "number": mine.number_in_line,
        "had_place": mine.confirmed_at is not None,
        "city": dates.city(mine.zone),
        "sessions": [line(session, mine, now=now) for session in to_come],
        "reminded": reminder_rules.promise(
            [session.starts_at for session in to_come], mine.confirmed_at or mine.created_at, mine.zone
        ),
        "starts": dates.moment(to_come[0].starts_at, mine.zone, now=now) if to_come else "",
        "opens_now": any(
            joining_is_open(s.starts_at, s.ends_at, has_place=True, is_cancelled=s.is_cancelled, now=now)
            for s in to_come
        ),
        "is_under_way": any(s.starts_at <= now for s in mine.sessions if not s.is_cancelled),
    }


def line(session: SessionView, mine: MySignUp, *, now: datetime) -> dict[str, object]:
    """Return a session as its reader sees it: own zone first, host's second, UTC in any case."""
    return line_in(mine.zone, session, mine.activity, now=now)


def line_in(zone: str, session: SessionView, activity: ActivityPage, *, now: datetime) -> dict[str, object]:
    """Return a session as everybody in a zone sees it."""
    start, end = session.starts_at, session.ends_at
    first = next(s for s in activity.sessions if s.zone == session.zone)
    return {
        "number": session.number,
        "title": session.title,
        "is_named": session.title != activity.title,
        "times": dates.session_times(start, end, zone, now=now).line,
        "host_times": dates.other_zone(start, end, session.zone, reader=zone) if session.zone != "UTC" else "",
        "utc": dates.other_zone(start, end, "UTC", reader=zone),
        "where": session.place or "",
        "note": dates.clock_note(first.starts_at, start, zone=zone, of=session.zone),
        "google": _google(session, activity),
    }


def _google(session: SessionView, activity: ActivityPage) -> str:
    """Return the address that puts a session into a Google calendar; it carries no personal link."""
    title, page = activity.title, links.absolute(f"/a/{activity.slug}")
    span = f"{session.starts_at:%Y%m%dT%H%M%SZ}/{session.ends_at:%Y%m%dT%H%M%SZ}"
    name = title if session.title == title else f"{title}: {session.title}"
    return f"{GOOGLE}?{urlencode({'action': 'TEMPLATE', 'text': name, 'dates': span, 'details': page})}"
