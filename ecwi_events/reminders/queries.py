"""Reads for reminders: who might be due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus
from ecwi_events.programme.rules import takes_place
from ecwi_events.registration.models import Place, Registration
from ecwi_events.reminders import rules
from ecwi_events.reminders.models import Reminder, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TAKES_PLACE = [status for status in ActivityStatus if takes_place(status)]


@dataclass(frozen=True)
class Candidate:
    """A person with a place, a session near enough to think about, and no reminder yet."""

    registration_id: int
    person_id: int
    address: str
    zone: str
    confirmed_at: datetime
    session_id: int
    revision: int
    starts_at: datetime


def candidates(slot: Slot, *, now: datetime) -> Sequence[Candidate]:
    """Return whose reminder may be due or was missed lately, those whose session is nearest first."""
    done = sa.exists().where(
        Reminder.registration_id == Registration.id,
        Reminder.session_id == ActivitySession.id,
        Reminder.slot == slot,
        Reminder.revision == ActivitySession.schedule_revision,
    )
    rows = db.session.execute(
        sa.select(
            Registration.id,
            Registration.person_id,
            EmailAddress.address,
            Registration.zone,
            sa.func.coalesce(Registration.confirmed_at, Registration.created_at),
            ActivitySession.id,
            ActivitySession.schedule_revision,
            ActivitySession.starts_at,
        )
        .join(ActivitySession, ActivitySession.activity_id == Registration.activity_id)
        .join(Activity, Activity.id == Registration.activity_id)
        .join(Person, Person.id == Registration.person_id)
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(
            ActivitySession.starts_at > now - rules.LOOK_BACK,
            ActivitySession.starts_at < now + rules.LOOK_AHEAD,
            ActivitySession.status == SessionStatus.PLANNED,
            Activity.status.in_(TAKES_PLACE),
            Registration.place == Place.CONFIRMED,
            Person.disabled_at.is_(None),
            sa.not_(stopping.stopped_by(Person.id, Topic.REMINDERS)),
            sa.not_(done),
        )
        .order_by(ActivitySession.starts_at, Registration.id)
    ).all()
    return [Candidate(*row) for row in rows]
