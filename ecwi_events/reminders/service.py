"""Reminders are derived, not scheduled: whoever asks again finds nothing left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.db import insert_unless_there
from ecwi_events.mail import service as mail
from ecwi_events.reminders import queries, rules
from ecwi_events.reminders.models import Reminder, ReminderState, Slot
from ecwi_events.reminders.rules import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.reminders.queries import Candidate

KEY = ("registration_id", "session_id", "slot", "revision")
MAIL_KIND = "reminder.day_before"
PRIORITY = 60
AT_MOST = 200  # one transaction stays short; the next one goes on


def derive_due(*, now: datetime, at_most: int = AT_MOST) -> int:
    """Write down the reminders that are due now, each with its mail, and note those that were missed.

    Returns how many were dealt with; ask again until it is less than ``at_most``. Two who ask at once make one mail.
    """
    dealt_with = 0
    for candidate in queries.candidates(Slot.DAY_BEFORE, now=now):
        verdict = rules.verdict(candidate.starts_at, candidate.zone, confirmed_at=candidate.confirmed_at, now=now)
        if verdict is Verdict.DUE:
            _mail(candidate, now=now)
        elif verdict is Verdict.LATE:
            _write(candidate, ReminderState.SKIPPED, reason="late", mail_id=None, now=now)
        else:
            continue
        dealt_with += 1
        if dealt_with == at_most:
            break
    return dealt_with


def _mail(who: Candidate, *, now: datetime) -> None:
    mail_id = mail.queue(
        MAIL_KIND,
        person_id=who.person_id,
        address=who.address,
        subject_id=who.registration_id,
        dedup_key=f"{MAIL_KIND}:{who.registration_id}:{who.session_id}:{who.revision}",
        session_id=who.session_id,
        revision=who.revision,
        not_after=rules.not_after(who.starts_at),
        priority=PRIORITY,
        now=now,
    )
    _write(who, ReminderState.MAILED, reason=None, mail_id=mail_id, now=now)


def _write(who: Candidate, state: ReminderState, *, reason: str | None, mail_id: int | None, now: datetime) -> None:
    row = {
        "registration_id": who.registration_id,
        "session_id": who.session_id,
        "slot": Slot.DAY_BEFORE,
        "revision": who.revision,
        "state": state,
        "reason": reason,
        "mail_id": mail_id,
        "created_at": now,
    }
    insert_unless_there(Reminder, [row], key=KEY)
