"""Erasing a person, from the room that sees everything of them: messages they wrote, sign-ups, and who they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance.models_messages import ActivityMessage
from ecwi_events.kernel.db import db
from ecwi_events.people.erasing import with_merged
from ecwi_events.registration import erasing

if TYPE_CHECKING:
    from datetime import datetime


def erase_person(person_id: int, *, now: datetime) -> int:
    """Erase a person for ever; return how many places or numbers in a line were given up.

    What they wrote to participants stays with those who got it, without the address for answers.

    Raises:
        NotFound: there is no such person.
        Refused: the person is an administrator.
    """
    theirs = sa.update(ActivityMessage).where(ActivityMessage.by_person_id.in_(with_merged(person_id)))
    db.session.execute(theirs.values(reply_to=None))
    return erasing.erase_person(person_id, now=now)
