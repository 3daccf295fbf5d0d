"""That a reminder was dealt with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.db import Model, UtcDateTime, state_of


class Slot(StrEnum):
    """The moment of a reminder, relative to the session's start."""

    DAY_BEFORE = "day_before"


class ReminderState(StrEnum):
    """What was done about it."""

    MAILED = "mailed"
    SKIPPED = "skipped"


class Reminder(Model):
    """One reminder to one person about one session at one revision of its schedule."""

    __tablename__ = "reminder"
    __table_args__ = (
        sa.UniqueConstraint("registration_id", "session_id", "slot", "revision"),
        sa.Index("ix_reminder_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("registration.id"))
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("activity_session.id"))
    slot: Mapped[Slot] = mapped_column(state_of(Slot, "slot"))
    revision: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[ReminderState] = mapped_column(state_of(ReminderState, "state"))
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
