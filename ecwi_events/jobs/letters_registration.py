"""Mails about one's own sign-up: a place, a number in the line, an offer, the word of the host, a withdrawal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs.letter_parts import facts_of, line
from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.registration import answers
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import rules as registration_rules
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.queries import MySignUp

ABOUT_ONE = tuple(
    f"registration.{what}"
    for what in (
        "confirmed", "promoted", "waiting", "pending", "offer", "approved", "declined", "already", "withdrawn",
        "passed_on", "lapsed",
    )
)  # fmt: skip
# Who has no place yet gets no calendar entries for one.
WITHOUT_ENTRIES = tuple(f"registration.{what}" for what in ("waiting", "already", "pending", "offer", "lapsed"))
# Of use also when nothing is to come.
LAST_WORDS = ("registration.withdrawn", "registration.passed_on", "registration.declined")
STANDS = (Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING)


def about_one(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about one sign-up says, or why it is not wanted any more."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    to_come = _to_come(mine, now=now)
    if reason := _unwanted(mail, mine, to_come, now=now):
        return NotWanted(reason)
    calendar = None if mail.kind in WITHOUT_ENTRIES else invitations.for_sign_up(mine, sender, now=now)
    facts = {
        **facts_of(mine, to_come, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
        "by": _by(mine),
        "left_open": _left_open(mine),
        "deadline": dates.moment(mine.offer_expires_at, mine.zone, now=now) if mine.offer_expires_at else "",
        "is_last_offer": registration_rules.is_last_offer(mine.offers),
        "ended": dates.moment(mine.lapsed_at, mine.zone, now=now) if mine.lapsed_at else "",
        **(_of_the_line(mine, now=now) if mail.kind == "registration.lapsed" else {}),
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def about_several(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about all the sessions of an activity says that somebody has chosen."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    if mine.activity.status in {"cancelled", "postponed"}:
        return NotWanted(mine.activity.status)
    chosen = [(one, _to_come(one, now=now)) for one in registrations.all_of(mine) if one.place in STANDS]
    lines = [
        {**line(session, one, now=now), "place": one.place.value, "queue": one.number_in_line}
        for one, to_come in chosen
        for session in to_come
    ]
    if not lines:
        return NotWanted("late" if chosen else "withdrawn")
    calendar = invitations.for_sign_ups([one for one, _ in chosen])
    facts = {
        **facts_of(mine, [session for _, to_come in chosen for session in to_come], now=now),
        "sessions": lines,
        "sender": sender,
        "file": calendar.name if calendar else "",
        "by": _by(mine),
        "left_open": _left_open(mine),
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def _to_come(mine: MySignUp, *, now: datetime) -> list[SessionView]:
    return [session for session in mine.sessions if session.ends_at > now and not session.is_cancelled]


def _unwanted(mail: Outgoing, mine: MySignUp, to_come: Sequence[SessionView], *, now: datetime) -> str | None:
    """Say why a mail about a sign-up has lost its point: the sign-up has moved on, or there is nothing to come to."""
    if mail.revision is not None and mine.revision != mail.revision:
        return "withdrawn" if mine.place is Place.WITHDRAWN else "superseded"
    if mail.kind in LAST_WORDS:
        return None
    if mine.activity.status in {"cancelled", "postponed"}:
        return mine.activity.status
    if mine.offer_expires_at is not None and mine.offer_expires_at <= now:
        return "late"
    return None if to_come else "late"


def _left_open(mine: MySignUp) -> list[str]:
    """Return the questions that this person has still to answer; only who was signed up by somebody else can have such."""
    if mine.signed_up_by is None or mine.place not in STANDS:
        return []
    return [one.wording for one in answers.left_open(mine.activity.id, mine.person_id)]


def _by(mine: MySignUp) -> str:
    """Return who signed this person up; a "name" that is an advertisement stays unsaid."""
    name = mine.signed_up_by or ""
    return name if name and mail_rules.greeting(name).endswith(name) else ""


def _of_the_line(mine: MySignUp, *, now: datetime) -> dict[str, bool]:
    """Tell whether places still go to the line, and whether one is free at once for who comes back."""
    facts = registrations.sign_up_facts(mine.activity.id)
    goes_on = facts is not None and registration_rules.may_promote(facts, mine.session_id, now=now)
    return {"goes_on": goes_on, "is_free": facts is not None and goes_on and not facts.is_full_for(mine.session_id)}
