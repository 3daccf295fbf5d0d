"""What the mails about a sign-up have in common: who, which activity, and each session as its reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.programme import session_rules
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place
from ecwi_events.registration.rules import joining_is_open

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.registration.queries import MySignUp

GOOGLE = "https://calendar.google.com/calendar/render"
STANDS = (Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING)


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
        "starts": dates.moment(to_come[0].starts_at, mine.zone, now=now) if to_come else "",
        "begins": _begins(mine, to_come, now=now),
        "opens_now": any(
            joining_is_open(s.starts_at, s.ends_at, has_place=True, is_cancelled=s.is_cancelled, now=now)
            for s in to_come
            if session_rules.has_meeting(s.format, s.meeting_url)
        ),
        "joins": joins(to_come),
        "is_under_way": _is_under_way(mine, now=now),
    }


def moved_on(mail: Outgoing, mine: MySignUp) -> str | None:
    """Say why a mail is not wanted whose sign-up is another one than when it was asked for, or None."""
    if mail.revision is None or mine.revision == mail.revision:
        return None
    return "withdrawn" if mine.place is Place.WITHDRAWN else "superseded"


def to_come(mine: MySignUp, *, now: datetime) -> list[SessionView]:
    """Return the sessions of a sign-up that are not over and take place."""
    return [session for session in mine.sessions if session.ends_at > now and not session.is_cancelled]


def chosen(several: Sequence[MySignUp], *, now: datetime) -> list[dict[str, object]]:
    """Return the sessions that people chose, each with what they have in it; none of sign-ups for a whole activity."""
    return [held_line(session, one, now=now) for one in several if one.session_id for session in one.sessions]


def others(mine: MySignUp, but: Collection[MySignUp], *, now: datetime) -> list[dict[str, object]]:
    """Return what the person has in the other sessions to come, so that nobody takes one for all."""
    if mine.session_id is None:
        return []
    gone = {one.registration_id for one in but}
    stand = [one for one in registrations.all_of(mine) if one.place in STANDS and one.registration_id not in gone]
    return [held_line(session, one, now=now) for one in stand for session in to_come(one, now=now)]


def held_line(session: SessionView, mine: MySignUp, *, now: datetime) -> dict[str, object]:
    """Return a session as its reader sees it, with what they have in it."""
    return {
        **line(session, mine, now=now),
        "starts": dates.moment(session.starts_at, mine.zone, now=now),
        "place": mine.place.value,
        "queue": mine.number_in_line,
        "until": dates.moment(mine.offer_expires_at, mine.zone, now=now) if mine.offer_expires_at else "",
    }


def joins(sessions: Sequence[SessionView]) -> str:
    """Tell whether there is a meeting to join in ``all`` of some sessions, in ``some``, or in ``none`` of them."""
    found = [session_rules.has_meeting(session.format, session.meeting_url) for session in sessions]
    if all(found):
        return "all"
    return "some" if any(found) else "none"


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
        "where": session_rules.where(session.format, session.place, session.meeting_url),
        "joins": session_rules.has_meeting(session.format, session.meeting_url),
        "note": dates.clock_note(first.starts_at, start, zone=zone, of=session.zone),
        "google": _google(session, activity),
    }


def _is_under_way(mine: MySignUp, *, now: datetime) -> bool:
    return any(session.starts_at <= now for session in mine.sessions if not session.is_cancelled)


def _begins(mine: MySignUp, to_come: Sequence[SessionView], *, now: datetime) -> str:
    """Say for a subject when the first of the sessions to come is: also of one that runs at this moment."""
    if not to_come:
        return ""
    first = to_come[0]
    if first.starts_at <= now:
        return f"running now, until {dates.moment(first.ends_at, mine.zone, now=now)}"
    words = "next session" if _is_under_way(mine, now=now) else "starts"
    return f"{words} {dates.moment(first.starts_at, mine.zone, now=now)}"


def _google(session: SessionView, activity: ActivityPage) -> str:
    """Return the address that puts a session into a Google calendar; it carries no personal link."""
    title, page = activity.title, links.absolute(f"/a/{activity.slug}")
    span = f"{session.starts_at:%Y%m%dT%H%M%SZ}/{session.ends_at:%Y%m%dT%H%M%SZ}"
    name = title if session.title == title else f"{title}: {session.title}"
    return f"{GOOGLE}?{urlencode({'action': 'TEMPLATE', 'text': name, 'dates': span, 'details': page})}"
