"""That a reminder was dealt with, and which slots an activity has switched on or off."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.reminders.slots import Slot


class ReminderState(StrEnum):
    """What was done about it."""

    MAILED = "mailed"
    SKIPPED = "skipped"


class Reminder(Model):
    """One mail of a slot to one recipient about one session at one revision of its schedule.

    Several of them point to one mail where it speaks of several sessions. ``recipient`` names who it is for: ``r`` and the
    number of the registration, or ``h`` and the number of the host person.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        sa.UniqueConstraint("recipient", "session_id", "slot", "minutes", "revision"),
        sa.Index("ix_reminder_session_id", "session_id"),
        sa.Index("ix_reminder_mail_id", "mail_id"),
        sa.CheckConstraint("(registration_id IS NULL) != (person_id IS NULL)", name="recipient"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(sa.String(16))
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)  # of a host person
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("activity_session.id"))
    slot: Mapped[Slot] = mapped_column(state_of(Slot, "slot"))
    minutes: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    revision: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[ReminderState] = mapped_column(state_of(ReminderState, "state"))
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SlotSwitch(Model):
    """That an activity has a slot of its own, or has switched one on or off."""

    __tablename__ = "slot_switch"
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "slot", "minutes"),
        sa.CheckConstraint("(slot = 'own') = (minutes > 0)", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    slot: Mapped[Slot] = mapped_column(state_of(Slot, "slot"))
    minutes: Mapped[int] = mapped_column(sa.Integer, default=0)
    is_on: Mapped[bool] = mapped_column()
