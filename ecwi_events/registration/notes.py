"""What hosts and the office note about a sign-up, such as why somebody was taken off; the person does not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line
from ecwi_events.people.models import Person
from ecwi_events.registration import approval, withdrawing
from ecwi_events.registration.models_questions import SignUpNote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LONGEST = 300


@dataclass(frozen=True)
class Noted:
    """One note."""

    text: str
    by: str | None
    at: datetime


def notes_of(registration_id: int) -> Sequence[Noted]:
    """Return the notes about a sign-up, the latest first."""
    rows = db.session.execute(
        sa.select(SignUpNote.text, Person.name, SignUpNote.created_at)
        .outerjoin(Person, Person.id == SignUpNote.by_person_id)
        .where(SignUpNote.registration_id == registration_id)
        .order_by(SignUpNote.id.desc())
    )
    return [Noted(*row) for row in rows]


def take_off(registration_id: int, reason: str, *, is_their_wish: bool, by_person_id: int, now: datetime) -> None:
    """Take somebody off the list with a reason: because they told the host, or because the host says no.

    Raises:
        Invalid: there is no reason, or it is too long.
        NotFound: there is no such sign-up.
    """
    text = clean_line(reason)
    if not 1 <= len(text) <= LONGEST:
        raise Invalid({"reason": f"Enter the reason in {LONGEST} letters or fewer"})
    act = withdrawing.withdraw if is_their_wish else approval.decline
    if act(registration_id, now=now):
        row = SignUpNote(registration_id=registration_id, text=text, by_person_id=by_person_id, created_at=now)
        db.session.add(row)
        db.session.flush()
