"""Mails to somebody who has a place no more: withdrawn, passed on, taken off by the host, moved to another session.

Who chose several sessions reads of which of them the mail speaks, and what they still have in the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs.letter_parts import STANDS, chosen, facts_of, moved_on, others
from ecwi_events.kernel import links
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import rules, withdrawing
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import CalendarFile, Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.rules import SignUpFacts

WITHDRAWN = "registration.withdrawn"
GIVEN_UP = (WITHDRAWN, "registration.passed_on", "registration.declined")
MIXED = "mixed"


def given_up(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail says to somebody who has gone, also when nothing is to come; or why it is not wanted."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    if reason := moved_on(mail, mine):
        return NotWanted(reason)
    gone = _gone_together(mine) if mail.kind == WITHDRAWN else [mine]
    known, calendar = registrations.sign_up_facts(mine.activity.id), _calendar(gone, sender, now=now)
    facts = {
        **facts_of(mine, (), now=now),
        **_of_gone(gone, known, now=now),
        "others": others(mine, gone, now=now),
        "is_open": _is_open(known, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def moved_by_host(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail says to somebody whom the host has moved from one session (the mail's own) to another."""
    mine = registrations.find_sign_up(mail.subject_id)
    if mine is None:
        return NotWanted("erased")
    if mine.place not in STANDS:
        return NotWanted("withdrawn")
    if mine.activity.status in {"cancelled", "postponed"}:
        return NotWanted(mine.activity.status)
    before = [one for one in registrations.all_of(mine) if one.session_id == mail.session_id]
    both = [one for one in (*before, mine) if one.confirmed_at]
    calendar = _calendar(both, sender, now=now) if both else None
    facts = {
        **facts_of(mine, mine.sessions, now=now),
        "gone": chosen(before, now=now),
        "is_open": _is_open(registrations.sign_up_facts(mine.activity.id), now=now),
        "stand": chosen([mine], now=now),
        "others": others(mine, [*before, mine], now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def _gone_together(mine: MySignUp) -> Sequence[MySignUp]:
    """Return everything that was given up in one act: it bears one instant."""
    if mine.session_id is None:
        return [mine]
    theirs = registrations.all_of(mine)
    return [one for one in theirs if one.place is Place.WITHDRAWN and one.withdrawn_at == mine.withdrawn_at]


def _of_gone(gone: Sequence[MySignUp], known: SignUpFacts | None, *, now: datetime) -> dict[str, object]:
    """Return which sessions they are, what the person had in them, and whether there is a way back."""
    had = {one.registration_id: withdrawing.what_one_had(one, known.terms if known else rules.Terms()) for one in gone}
    kinds = {place.value for place in had.values()}
    lines = [{**line, "had": had[one.registration_id].value} for one in gone for line in chosen([one], now=now)]
    return {"gone": lines, "had": kinds.pop() if len(kinds) == 1 else MIXED, "undo": _undo(gone, known, now=now)}


def _is_open(known: SignUpFacts | None, *, now: datetime) -> bool:
    return known is not None and rules.refusal(known, now=now) is None


def _undo(gone: Sequence[MySignUp], known: SignUpFacts | None, *, now: datetime) -> str:
    """Return ``may`` if any of it can be taken back, or else why nothing can."""
    if known is None:
        return "too_late"
    refusals = [
        rules.undo_refusal(known, one.session_id, one.withdrawn_at, had_place=one.confirmed_at is not None, now=now)
        for one in gone
    ]
    return "may" if None in refusals else "place_gone" if "place_gone" in refusals else "too_late"


def _calendar(gone: Sequence[MySignUp], sender: Sender, *, now: datetime) -> CalendarFile | None:
    if len(gone) == 1:
        return invitations.for_sign_up(gone[0], sender, now=now)
    return invitations.for_sign_ups(gone)
