"""One row per message to one person. It holds ids and states; its text is rendered while it is sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class MailState(StrEnum):
    """What became of a message. ``unknown``: the connection was lost after its text was handed over."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Mail(Model):
    """One message to one person; ``subject_id`` is the id that its kind speaks about (a registration, a token …)."""

    __tablename__ = "mail"
    __table_args__ = (
        sa.Index("ix_mail_person_id", "person_id"),
        sa.Index("ix_mail_about", "kind", "subject_id"),
        sa.Index(
            "ix_mail_sending", "address",
            sqlite_where=sa.text("state = 'sending'"), postgresql_where=sa.text("state = 'sending'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    dedup_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    person_id: Mapped[int | None] = mapped_column(sa.Integer)
    address: Mapped[str] = mapped_column(Line(320))
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    subject_id: Mapped[int] = mapped_column(sa.Integer)
    session_id: Mapped[int | None] = mapped_column(sa.Integer)
    revision: Mapped[int | None] = mapped_column(sa.Integer)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[MailState] = mapped_column(state_of(MailState, "state"), default=MailState.QUEUED)
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    turn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the pace of its domain let it ask again
    first_id: Mapped[int | None] = mapped_column(sa.Integer)  # the mail that the office had sent once more by this one
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
