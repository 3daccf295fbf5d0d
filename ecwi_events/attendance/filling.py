"""A message as one reader gets it: the same function for the preview and for the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.attendance import messages, rules_messages
from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.people import queries as people
from ecwi_events.registration import joining
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.attendance.rules_messages import Piece
    from ecwi_events.programme.queries import ActivityPage

NO_SESSION = "(no session is planned)"
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
    session = activity.next_session(now=now)
    facts = {
        # A "name" that is an advertisement does not travel in our mails.
        "name": name if mail_rules.greeting(name) != "Hello" else SOMEBODY,
        "activity": activity.title,
        "next session": dates.session_times(session.starts_at, session.ends_at, zone, now=now).line
        if session
        else NO_SESSION,
        "joining link": join_link,
        "my link": my_link,
    }
    return Filled(
        name, rules_messages.as_subject(rules_messages.fill(subject, facts)), rules_messages.fill(text, facts)
    )
