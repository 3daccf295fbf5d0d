"""Mails about one's own sign-up: a place, a number in the line, an offer, the yes of the host."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs.letter_parts import STANDS, facts_of, held_line, moved_on, others, to_come
from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.registration import answers, promotion
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import rules as registration_rules
from ecwi_events.registration.models import Place
from ecwi_events.reminders import rules as reminder_rules

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
        "confirmed", "promoted", "waiting", "pending", "offer", "approved", "already", "lapsed",
    )
)  # fmt: skip
ALREADY = "registration.already"
OF_THE_LINE = ("registration.waiting", "registration.approved", "registration.lapsed")
A_MINUTE = timedelta(minutes=1)
# Who has no place yet gets no calendar entries for one.
WITHOUT_ENTRIES = tuple(f"registration.{what}" for what in ("waiting", "already", "pending", "offer", "lapsed"))


def about_one(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about one sign-up says, or why it is not wanted any more."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    sessions = to_come(mine, now=now)
    if reason := moved_on(mail, mine) or _unwanted(mine, sessions, now=now):
        return NotWanted(reason)
    calendar = None if mail.kind in WITHOUT_ENTRIES else invitations.for_sign_up(mine, sender, now=now)
    facts = {
        **facts_of(mine, sessions, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
        "by": _by(mine),
        "left_open": _left_open(mine),
        "is_chosen": mine.session_id is not None,
        "others": others(mine, [mine], now=now),
        "deadline": dates.moment(mine.offer_expires_at, mine.zone, now=now) if mine.offer_expires_at else "",
        "is_last_offer": registration_rules.is_last_offer(mine.offers),
        "ended": dates.moment(mine.lapsed_at, mine.zone, now=now) if mine.lapsed_at else "",
        "reminded": _reminded(mine, sessions),
        **(_of_the_line(mine, now=now) if mail.kind in OF_THE_LINE else {}),
        **(_as_it_stands(mine, now=now) if mail.kind == ALREADY else {}),
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def about_several(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about all the sessions of an activity says that somebody has chosen."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    if mine.activity.status in {"cancelled", "postponed"}:
        return NotWanted(mine.activity.status)
    chosen = [(one, to_come(one, now=now)) for one in registrations.all_of(mine) if one.place in STANDS]
    lines = [held_line(session, one, now=now) for one, sessions in chosen for session in sessions]
    if not lines:
        return NotWanted("late" if chosen else "withdrawn")
    calendar = invitations.for_sign_ups([one for one, _ in chosen])
    facts = {
        **facts_of(mine, [session for _, sessions in chosen for session in sessions], now=now),
        "sessions": lines,
        "has": _at_best({one.place for one, sessions in chosen if sessions}),
        "sender": sender,
        "file": calendar.name if calendar else "",
        "by": _by(mine),
        "left_open": _left_open(mine),
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def about_later(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about sessions that were added says to somebody who had asked for all of them."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    if mine.activity.status in {"cancelled", "postponed"}:
        return NotWanted(mine.activity.status)
    # What was signed up for in one act bears one instant.
    new = [one for one in registrations.all_of(mine) if one.place in STANDS and one.created_at == mine.created_at]
    sessions = [(one, session) for one in new for session in to_come(one, now=now)]
    if not sessions:
        return NotWanted("late" if new else "withdrawn")
    calendar = invitations.for_sign_up(new[0], sender, now=now) if len(new) == 1 else invitations.for_sign_ups(new)
    facts = {
        **facts_of(mine, [session for _, session in sessions], now=now),
        "stand": [held_line(session, one, now=now) for one, session in sessions],
        "others": others(mine, new, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def _unwanted(mine: MySignUp, sessions: Sequence[SessionView], *, now: datetime) -> str | None:
    """Say why a mail about a sign-up that stands has lost its point, or None."""
    if mine.activity.status in {"cancelled", "postponed"}:
        return mine.activity.status
    if mine.offer_expires_at is not None and mine.offer_expires_at <= now:
        return "late"
    return None if sessions else "late"


def _left_open(mine: MySignUp) -> list[str]:
    """Return the questions that this person has still to answer; only who was signed up by somebody else can have such."""
    if mine.signed_up_by is None or mine.place not in STANDS:
        return []
    return [one.wording for one in answers.left_open(mine.activity.id, mine.person_id)]


def _by(mine: MySignUp) -> str:
    """Return who signed this person up; a "name" that is an advertisement stays unsaid."""
    name = mine.signed_up_by or ""
    return name if name and mail_rules.greeting(name).endswith(name) else ""


def _at_best(places: set[Place]) -> str:
    """Return what to call several sessions by: a place in one is a place; otherwise what is the same in all."""
    if Place.CONFIRMED in places:
        return Place.CONFIRMED.value
    return next(iter(places)).value if len(places) == 1 else ""


def _reminded(mine: MySignUp, sessions: Sequence[SessionView]) -> str:
    """Say before which sessions we write again; nothing is promised to whom nothing is sent."""
    if mine.place is not Place.CONFIRMED:
        return ""
    starts = [session.starts_at for session in sessions]
    words = reminder_rules.promise(starts, mine.confirmed_at or mine.created_at, mine.zone)
    return "" if words and stopping.is_stopped(mine.person_id, Topic.REMINDERS) else words


def _of_the_line(mine: MySignUp, *, now: datetime) -> dict[str, object]:
    """Tell what waiting is good for: whether places still go to the line, and whether they are only offered."""
    facts = registrations.sign_up_facts(mine.activity.id)
    if facts is None:
        return {"goes_on": False, "is_free": False, "is_near": False, "near": "", "lasts": ""}
    spans = promotion.spans_of(facts.terms)
    start = registration_rules.begins_at(facts, mine.session_id, now=now)
    goes_on = registration_rules.may_promote(facts, mine.session_id, now=now)
    return {
        "goes_on": goes_on,
        "is_free": goes_on and not facts.is_full_for(mine.session_id),
        "is_near": start is not None and start - spans.within <= now,
        "near": dates.length_label(spans.within // A_MINUTE) if spans.within else "",
        "lasts": dates.length_label(spans.lasts // A_MINUTE),
    }


def _as_it_stands(mine: MySignUp, *, now: datetime) -> dict[str, object]:
    """Return what somebody has who signed up once more; of several sessions each, and the offer that ends first."""
    held = [one for one in registrations.all_of(mine) if one.place in STANDS] if mine.session_id else [mine]
    until = min((one.offer_expires_at for one in held if one.offer_expires_at), default=None)
    places = {one.place.value for one in held}
    return {
        "stand": [held_line(session, one, now=now) for one in held for session in to_come(one, now=now)],
        "place": "offered" if until else places.pop() if len(places) == 1 else "mixed",
        "deadline": dates.moment(until, mine.zone, now=now) if until else "",
    }
