"""Which kind of mail says what to whom, and whether it is still wanted: asked again just before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.attendance import messages
from ecwi_events.jobs import (
    letters_given_up,
    letters_messages,
    letters_people,
    letters_proposals,
    letters_proving,
    letters_registration,
    letters_reminders,
)
from ecwi_events.jobs.letters_asking import ask_host
from ecwi_events.jobs.letters_changes import about_change
from ecwi_events.registration import proving
from ecwi_events.registration.models_announcements import News

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecwi_events.mail.letters import Letter, NotWanted, Sender
    from ecwi_events.mail.queries import Outgoing

    Writer = Callable[[Outgoing, Sender, datetime], Letter | NotWanted]


def letter_of(mail: Outgoing, sender: Sender, *, now: datetime) -> Letter | NotWanted:
    """Return what a mail says, from the facts as they are now, or why it is not wanted any more."""
    return WRITERS[mail.kind](mail, sender, now)


WRITERS: dict[str, Writer] = {
    **dict.fromkeys(letters_registration.ABOUT_ONE, letters_registration.about_one),
    **dict.fromkeys(letters_given_up.GIVEN_UP, letters_given_up.given_up),
    proving.MAIL_KIND: letters_proving.confirm,
    "registration.sessions": letters_registration.about_several,
    "registration.later_sessions": letters_registration.about_later,
    "registration.person_moved": letters_given_up.moved_by_host,
    **{f"registration.{news}": about_change for news in News},
    "overview.ask": ask_host,
    **dict.fromkeys(letters_reminders.BEFORE, letters_reminders.before),
    "reminder.digest": letters_reminders.digest,
    "reminder.thanks": letters_reminders.after,
    "reminder.recording": letters_reminders.recording,
    "reminder.host_roster": letters_reminders.for_host,
    "reminder.host_link": letters_reminders.for_host,
    **dict.fromkeys(letters_proposals.STATES, letters_proposals.decided),
    messages.MAIL_KIND: letters_messages.of_organisers,
    "people.sign_in": letters_people.sign_in,
    "people.prove_address": letters_people.prove_address,
    "people.account_changed": letters_people.account_changed,
}
