"""The mail with the button that confirms a sign-up whose address must be proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import dates, links
from ecwi_events.mail import complaints
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.programme import queries as programme
from ecwi_events.registration import proving

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing


def confirm(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the link to the button; to who has signed up already, the way to the own page."""
    if complaints.came_about(mail.kind, mail.address):  # anybody can type an address; its reader has had enough of it
        return NotWanted("opted_out")
    found = proving.find_for_mail(mail.subject_id, now=now)
    if isinstance(found, str):
        return NotWanted(found)
    request, token = found
    activity = programme.find_activity(request.activity_id)
    if activity is None:
        return NotWanted("erased")
    facts = {
        "greeting": mail_rules.greeting(request.name),
        "activity": activity,
        "is_signed_up": bool(request.own_link),
        "link": links.absolute(f"/m/{request.own_link}" if request.own_link else f"/s/{token}"),
        "until": dates.moment(request.expires_at, request.zone or activity.zone, now=now),
        "sender": sender,
    }
    return Letter(request.name, facts)
