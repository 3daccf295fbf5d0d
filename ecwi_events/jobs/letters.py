"""Which kind of mail says what to whom, and whether it is still wanted: asked again just before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs import letters_people
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
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.queries import MySignUp

    Writer = Callable[[Outgoing, Sender, datetime], Letter | NotWanted]

WITHOUT_ENTRIES = ("registration.waiting", "registration.already")


def letter_of(mail: Outgoing, sender: Sender, *, now: datetime) -> Letter | NotWanted:
    """Return what a mail says, from the facts as they are now, or why it is not wanted any more."""
    return WRITERS[mail.kind](mail, sender, now)


def _about_registration(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    to_come = [s for s in mine.activity.sessions if s.ends_at > now and not s.is_cancelled]
    if reason := _unwanted(mail, mine, to_come):
        return NotWanted(reason)
    # Who waits has no place, and gets no calendar entries for one.
    calendar = None if mail.kind in WITHOUT_ENTRIES else invitations.for_sign_up(mine, sender, now=now)
    facts = {**facts_of(mine, to_come, now=now), "sender": sender, "file": calendar.name if calendar else ""}
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def _unwanted(mail: Outgoing, mine: MySignUp, to_come: Sequence[SessionView]) -> str | None:
    """Say why a mail about a sign-up has lost its point: the sign-up has moved on, or there is nothing to come to."""
    if mail.revision is not None and mine.revision != mail.revision:
        return "withdrawn" if mine.place is Place.WITHDRAWN else "superseded"
    if mail.kind == "registration.withdrawn":
        return None
    if mine.activity.status in {"cancelled", "postponed"}:
        return mine.activity.status
    return None if to_come else "late"


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
    "registration.confirmed": _about_registration,
    "registration.promoted": _about_registration,
    "registration.waiting": _about_registration,
    "registration.already": _about_registration,
    "registration.withdrawn": _about_registration,
    **{f"registration.{news}": about_change for news in News},
    "reminder.day_before": _reminder,
    "people.sign_in": letters_people.sign_in,
    "people.prove_address": letters_people.prove_address,
    "people.account_changed": letters_people.account_changed,
}
