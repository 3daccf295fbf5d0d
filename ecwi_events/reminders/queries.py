"""Reads for reminders: which slots there are, and what a mail says of hosts and sign-ups."""

from __future__ import annotations

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Person
from ecwi_events.registration.models import Place, Registration
from ecwi_events.reminders.models import Reminder, SlotSwitch
from ecwi_events.reminders.slots import TIMINGS, Slot, Timing, own


def timings() -> list[Timing]:
    """Return every slot of which there may be mails: those of the house, and those that activities have chosen."""
    chosen = db.session.scalars(
        sa.select(SlotSwitch.minutes).where(SlotSwitch.slot == Slot.OWN, SlotSwitch.is_on).distinct()
    )
    return [*TIMINGS.values(), *(own(minutes) for minutes in sorted(chosen))]


def slots_of(activity_id: int) -> list[tuple[Timing, bool]]:
    """Return the slots of an activity, each with whether it is on; own ones last, the longest ahead first."""
    rows = db.session.execute(
        sa.select(SlotSwitch.slot, SlotSwitch.minutes, SlotSwitch.is_on).where(SlotSwitch.activity_id == activity_id)
    ).all()
    switched = {row.slot: row.is_on for row in rows if row.slot is not Slot.OWN}
    chosen = sorted((row.minutes for row in rows if row.slot is Slot.OWN and row.is_on), reverse=True)
    usual = [(timing, switched.get(timing.goes_with or slot, timing.is_usual)) for slot, timing in TIMINGS.items()]
    return [*usual, *((own(minutes), True) for minutes in chosen)]


def told_by(mail_id: int) -> list[tuple[int, int, int]]:
    """Return of what a mail speaks: registration, session and revision of its schedule, in the order of writing."""
    rows = db.session.execute(
        sa.select(Reminder.registration_id, Reminder.session_id, Reminder.revision)
        .where(Reminder.mail_id == mail_id, Reminder.registration_id.is_not(None))
        .order_by(Reminder.id)
    ).all()
    return [(row.registration_id, row.session_id, row.revision) for row in rows]


def find_host_person(person_id: int) -> tuple[str, str | None] | None:
    """Return name and zone of a host person who is still there, or None."""
    row = db.session.execute(
        sa.select(Person.name, Person.zone).where(Person.id == person_id, Person.disabled_at.is_(None))
    ).one_or_none()
    return (row.name, row.zone) if row else None


def waiting_for(activity_id: int, session_id: int) -> int:
    """Return how many people wait for a place in a session."""
    for_it = sa.or_(Registration.session_id.is_(None), Registration.session_id == session_id)
    counted = sa.select(sa.func.count()).where(
        Registration.activity_id == activity_id, for_it, Registration.place == Place.WAITING
    )
    return db.session.scalar(counted) or 0
