"""Mails with what hosts and the office write to the people of an activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.attendance import messages, rules_messages
from ecwi_events.attendance.filling import filled
from ecwi_events.kernel import links
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.programme import queries as programme
from ecwi_events.registration import mine

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing


def of_organisers(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Write a message for one of its readers, if it was not stopped and is still for them."""
    message = messages.find(mail.subject_id)
    activity = programme.find_activity(message.activity_id) if message else None
    if message is None or activity is None or mail.person_id is None:
        return NotWanted("erased")
    if message.cancelled_at:
        return NotWanted("cancelled")
    if reason := messages.unwanted(message, mail.person_id):
        return NotWanted(reason)
    words = filled(activity, mail.person_id, message.session_id, message.subject, message.text, now=now)
    if words is None:
        return NotWanted("erased")
    facts = {
        "subject": words.subject,
        "text": rules_messages.as_text(words.lines),
        "paragraphs": rules_messages.paragraphs(words.lines),
        "activity": activity,
        "page": links.absolute(f"/a/{activity.slug}"),
        "is_signed_up": mine.has_signed_up(mail.person_id, activity.id),
        "sender": sender,
    }
    return Letter(
        words.name,
        facts,
        thread=f"<activity-{activity.id}-messages@{links.host()}>",
        activity_id=activity.id,
        reply_to=message.reply_to,
    )
