"""Reads for people who look at the work: counts, what runs now, what was given up, what happened to one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.work import rules
from ecwi_events.work.models import Queue, Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

OPEN_OR_BAD = (WorkState.DUE, WorkState.LEASED, WorkState.DEAD)


@dataclass(frozen=True)
class Piece:
    """A piece of work as people see it."""

    id: int
    kind: str
    reference: int
    queue: str
    priority: int
    state: str
    due_at: datetime
    not_after: datetime | None
    holder: str | None
    attempts: int
    last_error: str | None
    progress_done: int | None
    progress_total: int | None
    progress_text: str | None
    cancel_asked_at: datetime | None
    created_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None

    @property
    def percent(self) -> int | None:
        """How far it is; None if it does not say."""
        return rules.percent(self.progress_done, self.progress_total)

    @property
    def progress(self) -> str:
        """How far it is, in words; empty if it does not say."""
        if self.percent is None:
            return ""
        return f"{self.progress_done} of {self.progress_total}{f': {self.progress_text}' if self.progress_text else ''}"

    @property
    def may_cancel(self) -> bool:
        """Tell whether it may be called off."""
        return rules.may_cancel(self.state, is_asked=self.cancel_asked_at is not None)

    @property
    def may_try_again(self) -> bool:
        """Tell whether it may be tried again."""
        return rules.may_try_again(self.state)


@dataclass(frozen=True)
class QueueCounts:
    """How much stands in one queue."""

    queue: str
    due: int
    later: int
    leased: int
    dead: int
    oldest_due_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """Which pieces somebody wants to see; nothing means all."""

    state: str = ""
    queue: str = ""
    kind: str = ""
    reference: int | None = None


_COLUMNS = [getattr(Work, name) for name in Piece.__dataclass_fields__]


def counts(*, now: datetime) -> Sequence[QueueCounts]:
    """Return how much stands in each queue, and since when the oldest due piece waits; two reads whatever there is."""
    is_due = sa.and_(Work.state == WorkState.DUE, Work.due_at <= now)
    rows = db.session.execute(
        sa.select(
            Work.queue,
            sa.func.count(sa.case((is_due, 1))),
            sa.func.count(sa.case((sa.and_(Work.state == WorkState.DUE, Work.due_at > now), 1))),
            sa.func.count(sa.case((Work.state == WorkState.LEASED, 1))),
            sa.func.count(sa.case((Work.state == WorkState.DEAD, 1))),
            sa.func.min(sa.case((is_due, Work.due_at))),
        )
        .where(Work.state.in_(OPEN_OR_BAD))
        .group_by(Work.queue)
    ).all()
    found = {row[0]: QueueCounts(*row) for row in rows}
    return [found.get(queue, QueueCounts(queue, 0, 0, 0, 0, None)) for queue in Queue]


def find_last_tried(kind: str) -> Piece | None:
    """Return the piece of a kind that somebody has worked on last, whatever came of it, or None."""
    row = db.session.execute(
        sa.select(*_COLUMNS)
        .where(Work.kind == kind, Work.claimed_at.is_not(None), Work.state != WorkState.LEASED)
        .order_by(Work.claimed_at.desc(), Work.id.desc())
        .limit(1)
    ).one_or_none()
    return Piece(*row) if row else None


def pieces(asked: Asked, *, older_than: int | None, limit: int) -> Sequence[Piece]:
    """Return the pieces that were asked for, the newest first."""
    query = sa.select(*_COLUMNS).order_by(Work.id.desc()).limit(limit)
    if asked.state:
        query = query.where(Work.state == asked.state)
    if asked.queue:
        query = query.where(Work.queue == asked.queue)
    if asked.kind:
        query = query.where(Work.kind == asked.kind)
    if asked.reference is not None:
        query = query.where(Work.reference == asked.reference)
    if older_than is not None:
        query = query.where(Work.id < older_than)
    return [Piece(*row) for row in db.session.execute(query)]


def in_hand(*, limit: int) -> Sequence[Piece]:
    """Return what workers hold now, what they took first on top."""
    query = sa.select(*_COLUMNS).where(Work.state == WorkState.LEASED).order_by(Work.claimed_at, Work.id).limit(limit)
    return [Piece(*row) for row in db.session.execute(query)]


def find_piece(work_id: int) -> Piece | None:
    """Return one piece of work, or None."""
    row = db.session.execute(sa.select(*_COLUMNS).where(Work.id == work_id)).one_or_none()
    return Piece(*row) if row else None


def known_kinds() -> Sequence[str]:
    """Return the kinds of work that are kept, by name."""
    return db.session.scalars(sa.select(Work.kind).distinct().order_by(Work.kind)).all()
