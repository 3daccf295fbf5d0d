"""Merging two people who are one, from the room that sees all of it: what one of them was told, the person was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import merging as attendance
from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.people import merging
from ecwi_events.people.ledger import Ledger
from ecwi_events.people.models import MergeOf
from ecwi_events.registration import merging as sign_ups
from ecwi_events.reminders.models import Reminder

if TYPE_CHECKING:
    from datetime import datetime

# What waits to go out is not wanted any more once its sign-up is given up: the person is reminded anew.
TOLD = (MailState.SENDING, MailState.SENT, MailState.UNKNOWN)


def merge_people(
    kept_id: int, merged_id: int, *, by_person_id: int | None, by_administrator: bool, now: datetime
) -> int:
    """Make one person of two, and return the id of the merge.

    Raises:
        NotFound: one of the two is nobody.
        Refused: they may not be merged.
    """
    ledger = Ledger()
    attendance.join_people(kept_id, merged_id, ledger, by_administrator=by_administrator, now=now)
    for kept, merged in sign_ups.joined(ledger):
        _move("registration_id", "r", kept, merged, ledger)
    _move("person_id", "h", kept_id, merged_id, ledger)
    db.session.expire_all()
    return merging.keep_record(MergeOf.PERSON, kept_id, merged_id, ledger, by_person_id=by_person_id, now=now)


def _move(column: str, letter: str, kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move what one was told and the other was not, so that nobody is told of it a second time."""
    whose = getattr(Reminder, column)
    key = (Reminder.session_id, Reminder.slot, Reminder.minutes, Reminder.revision)
    known = {tuple(row) for row in db.session.execute(sa.select(*key).where(whose == kept_id))}
    told = sa.select(Reminder.id, *key).join(Mail, Mail.id == Reminder.mail_id)
    rows = db.session.execute(told.where(whose == merged_id, Mail.state.in_(TOLD)).order_by(Reminder.id)).all()
    for row_id, *theirs in rows:
        if tuple(theirs) not in known:
            ledger.change(Reminder, row_id, **{column: kept_id, "recipient": f"{letter}{kept_id}"})
