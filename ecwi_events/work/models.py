"""The work table. A row names ids and revisions, never a payload, a text or a secret."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.db import Model, UtcDateTime, state_of


class WorkState(StrEnum):
    """Where a piece of work stands."""

    DUE = "due"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class Work(Model):
    """Something that must happen; the same ``dedup_key`` is never put twice."""

    __tablename__ = "work"
    __table_args__ = (
        sa.Index("ix_work_open", "state", "priority", "due_at", sqlite_where=sa.text("state IN ('due', 'leased')"),
                 postgresql_where=sa.text("state IN ('due', 'leased')")),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    dedup_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    reference: Mapped[int] = mapped_column(sa.Integer)
    priority: Mapped[int] = mapped_column(sa.Integer, default=50)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[WorkState] = mapped_column(state_of(WorkState, "state"), default=WorkState.DUE)
    lease_until_ms: Mapped[int | None] = mapped_column(sa.BigInteger)
    lease_token: Mapped[str | None] = mapped_column(sa.String(32))
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Heartbeat(Model):
    """When the workers last drained: written by the drain itself, so that it proves the whole way there."""

    __tablename__ = "heartbeat"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
