"""A message as one reader gets it: the same function for the preview and for the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import messages, rules_messages
from ecwi_events.kernel import dates, links
from ecwi_events.kernel.db import db
from ecwi_events.mail import rules as mail_rules
from ecwi_events.people import queries as people
from ecwi_events.registration import joining
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.attendance.rules_messages import Piece
    from ecwi_events.programme.queries import ActivityPage, SessionView

NO_SESSION = "(no session is planned)"
NO_SESSION_OF_YOURS = "(no session of yours is planned)"
SOMEBODY = "participant"


@dataclass(frozen=True)
class Filled:
    """Subject and text for one reader."""

    name: str
    subject: str
    lines: list[list[Piece]]


def filled(
    activity: ActivityPage, person_id: int, session_id: int | None, subject: str, text: str, *, now: datetime
) -> Filled | None:
    """Fill a message for one reader, or return None if the person is gone.

    Whoever came without signing up has no personal page: the public one stands in for it.
    """
    name = people.names_of([person_id]).get(person_id)
    if name is None:
        return None
    page = links.absolute(f"/a/{activity.slug}")
    sign_up_id = messages.sign_up_of(activity.id, person_id, session_id)
    mine = registrations.find_sign_up(sign_up_id) if sign_up_id else None
    zone, my_link, join_link = activity.zone, page, page
    if mine is not None:
        zone, my_link = mine.zone, links.absolute(f"/m/{mine.token}")
        token = joining.token_of(mine.registration_id, mine.uid, mine.link_version)
        join_link = links.absolute(f"/j/{token}") if mine.place is Place.CONFIRMED else my_link
    session = _next_session(activity, person_id, session_id, now=now)
    facts = {
        # A "name" that is an advertisement does not travel in our mails.
        "name": name if mail_rules.greeting(name) != "Hello" else SOMEBODY,
        "activity": activity.title,
        "next session": dates.session_times(session.starts_at, session.ends_at, zone, now=now).line
        if session
        else (NO_SESSION if mine is None else NO_SESSION_OF_YOURS),
        "joining link": join_link,
        "my link": my_link,
    }
    return Filled(
        name, rules_messages.as_subject(rules_messages.fill(subject, facts)), rules_messages.fill(text, facts)
    )


def _next_session(
    activity: ActivityPage, person_id: int, session_id: int | None, *, now: datetime
) -> SessionView | None:  # fmt: skip
    """Return the session about which the message was written, if it is to come, else the reader's own next one."""
    if session_id and (about := activity.next_session(now=now, among=[session_id])):
        return about
    return activity.next_session(now=now, among=_sessions_of(activity.id, person_id))


def _sessions_of(activity_id: int, person_id: int) -> frozenset[int] | None:
    """Return the sessions for which somebody has places, or else those for which they wait; None for all of them."""
    rows = db.session.execute(
        sa.select(Registration.session_id, Registration.place).where(
            Registration.activity_id == activity_id,
            Registration.person_id == person_id,
            Registration.place.in_(messages.WORTH),
        )
    ).all()
    found = {row.session_id for row in rows if row.place is Place.CONFIRMED} or {row.session_id for row in rows}
    return None if not found or None in found else frozenset(found)
