"""What decides whether a mail goes out at all: what people have stopped."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.db import Model, UtcDateTime, state_of
from ecwi_events.mail.kinds import Topic

EVERYTHING = 0  # stands for "all activities": an id that no activity has, so that the key can be unique


class MailStop(Model):
    """A person does not want the mails of a topic, of one activity or of all; without a row they come."""

    __tablename__ = "mail_stop"
    __table_args__ = (sa.UniqueConstraint("person_id", "topic", "activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    topic: Mapped[Topic] = mapped_column(state_of(Topic, "topic"))
    activity_id: Mapped[int] = mapped_column(sa.Integer, default=EVERYTHING)
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime)
