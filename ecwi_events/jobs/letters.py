"""Which kind of mail says what to whom, and whether it is still wanted: asked again just before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.jobs import letters_people, letters_registration
from ecwi_events.jobs.letter_parts import facts_of, line
from ecwi_events.jobs.letters_changes import about_change
from ecwi_events.kernel import dates, links
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.programme.rules import takes_place
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place
from ecwi_events.registration.models_announcements import News
from ecwi_events.reminders import rules as reminder_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing

    Writer = Callable[[Outgoing, Sender, datetime], Letter | NotWanted]



def letter_of(mail: Outgoing, sender: Sender, *, now: datetime) -> Letter | NotWanted:
    """Return what a mail says, from the facts as they are now, or why it is not wanted any more."""
    return WRITERS[mail.kind](mail, sender, now)


def _reminder(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    mine = registrations.find_sign_up(mail.subject_id)
    session = next((s for s in mine.activity.sessions if s.id == mail.session_id), None) if mine else None
    if mine is None or session is None:
        return NotWanted("erased")
    facts = reminder_rules.Wanted(
        has_place=mine.place is Place.CONFIRMED,
        session_takes_place=takes_place(mine.activity.status) and not session.is_cancelled,
        is_current=session.schedule_revision == mail.revision,
        is_wished=not stopping.is_stopped(mine.person_id, Topic.REMINDERS),
    )
    if reason := reminder_rules.unwanted(facts):
        return NotWanted(reason)
    return Letter(
        mine.name,
        {
            **facts_of(mine, [session], now=now),
            "sender": sender,
            "session": line(session, mine, now=now),
            "left": dates.time_left(session.starts_at, now=now, zone=mine.zone),
            "of": len(mine.activity.sessions),
        },
        thread=f"<registration-{mine.uid}@{links.host()}>",
    )


WRITERS: dict[str, Writer] = {
    **dict.fromkeys(letters_registration.ABOUT_ONE, letters_registration.about_one),
    "registration.sessions": letters_registration.about_several,
    **{f"registration.{news}": about_change for news in News},
    "reminder.day_before": _reminder,
    "people.sign_in": letters_people.sign_in,
    "people.prove_address": letters_people.prove_address,
    "people.account_changed": letters_people.account_changed,
}
