"""What hosts and the office write to the people of an activity."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class Audience(StrEnum):
    """To whom; the last two are about one session."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    PENDING = "pending"
    PRESENT = "present"
    ABSENT = "absent"


class ActivityMessage(Model):
    """One message to many people, from the press of the button until everybody has a mail of their own.

    ``key`` belongs to the page on which it was written, so that a second press of the button is the same message.
    ``put_up_to`` is the last person for whom a mail was put.
    """

    __tablename__ = "activity_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity_session.id"))
    audience: Mapped[Audience] = mapped_column(state_of(Audience, "audience"))
    subject: Mapped[str] = mapped_column(Line(150))
    text: Mapped[str] = mapped_column(Prose)
    reply_to: Mapped[str | None] = mapped_column(Line(320))
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    put_up_to: Mapped[int] = mapped_column(sa.Integer, default=0)
    put: Mapped[int] = mapped_column(sa.Integer, default=0)
