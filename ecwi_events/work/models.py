"""The work table. A row names ids and revisions, never a payload, a text or a secret."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model

OPEN = "state IN ('due', 'leased')"


class WorkState(StrEnum):
    """Where a piece of work stands. ``dead``: given up, with its reason; ``cancelled``: the office called it off."""

    DUE = "due"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Queue(StrEnum):
    """Lanes beside each other: what is slow or many in one never stands before what is urgent in another."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"
    COMPILE = "compile"


class Work(Model):
    """Something that must happen; the same ``dedup_key`` is never put twice."""

    __tablename__ = "work"
    __table_args__ = (
        sa.Index("ix_work_open", "queue", "priority", "due_at", sqlite_where=sa.text(OPEN),
                 postgresql_where=sa.text(OPEN)),
        sa.Index("ix_work_state_finished_at", "state", "finished_at"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(64))
    dedup_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    reference: Mapped[int] = mapped_column(sa.Integer)
    queue: Mapped[Queue] = mapped_column(state_of(Queue, "queue"), default=Queue.NORMAL)
    priority: Mapped[int] = mapped_column(sa.Integer, default=50)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[WorkState] = mapped_column(state_of(WorkState, "state"), default=WorkState.DUE)
    lease_until_ms: Mapped[int | None] = mapped_column(sa.BigInteger)
    lease_token: Mapped[str | None] = mapped_column(sa.String(32))
    holder: Mapped[str | None] = mapped_column(sa.String(120))
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    progress_done: Mapped[int | None] = mapped_column(sa.Integer)
    progress_total: Mapped[int | None] = mapped_column(sa.Integer)
    progress_text: Mapped[str | None] = mapped_column(Line(200))
    cancel_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Heartbeat(Model):
    """That something lives, and when it last showed it.

    ``drain`` is written by whatever drained last, so that it proves the whole way from beat to the database; each worker
    process has a row of its own beside it, named ``host:pid``.
    """

    __tablename__ = "heartbeat"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[str] = mapped_column(sa.String(40), default="")
    queues: Mapped[str] = mapped_column(sa.String(100), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Turn(Model):
    """Whose turn it is to do what only one may do at a time, until when by the database's clock."""

    __tablename__ = "turn"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    holder: Mapped[str] = mapped_column(sa.String(120))
    until_ms: Mapped[int] = mapped_column(sa.BigInteger)
