"""Reads of the work table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.work.models import Heartbeat, Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Backlog:
    """How much work there is, by state, and since when the oldest due piece waits."""

    due: int
    leased: int
    dead: int
    oldest_due_at: datetime | None


def backlog(*, now: datetime) -> Backlog:
    """Count the open work and the given-up work."""
    rows = db.session.execute(
        sa.select(Work.state, sa.func.count()).where(Work.state != WorkState.DONE).group_by(Work.state)
    ).all()
    counts = dict(rows)
    oldest = db.session.scalar(
        sa.select(sa.func.min(Work.due_at)).where(Work.state == WorkState.DUE, Work.due_at <= now)
    )
    return Backlog(counts.get(WorkState.DUE, 0), counts.get(WorkState.LEASED, 0), counts.get(WorkState.DEAD, 0), oldest)


def given_up(*, limit: int) -> Sequence[Work]:
    """Return the work that was given up, the latest first."""
    return db.session.scalars(
        sa.select(Work).where(Work.state == WorkState.DEAD).order_by(Work.finished_at.desc()).limit(limit)
    ).all()


@dataclass(frozen=True)
class Worker:
    """A worker process as it last showed itself."""

    name: str
    version: str
    queues: str
    started_at: datetime | None
    beat_at: datetime
    heard_at: datetime | None


def workers() -> Sequence[Worker]:
    """Return the worker processes that have not said goodbye, by name."""
    rows = db.session.execute(
        sa.select(
            Heartbeat.name, Heartbeat.version, Heartbeat.queues, Heartbeat.started_at, Heartbeat.beat_at,
            Heartbeat.heard_at,
        ).where(Heartbeat.started_at.is_not(None)).order_by(Heartbeat.name)
    )  # fmt: skip
    return [Worker(*row) for row in rows]


def queues_taken(*, since: datetime) -> set[str]:
    """Return the queues that workers take who have shown themselves since then."""
    return {queue for worker in workers() if worker.beat_at > since for queue in worker.queues.split()}


def last_beat(name: str) -> datetime | None:
    """Return when the workers last drained, or None if they never did."""
    return db.session.scalar(sa.select(Heartbeat.beat_at).where(Heartbeat.name == name))
