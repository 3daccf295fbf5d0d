"""Putting, claiming and finishing work.

Who puts work does so in the transaction of the change that causes it. Who claims it holds a lease, measured by the
database's clock, and finishes it by the lease's token, so that a paused worker can never overwrite a later one.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.clock import database_milliseconds
from ecwi_events.kernel.db import db, insert_unless_there, work_was_put
from ecwi_events.work import rules
from ecwi_events.work.models import Heartbeat, Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

LONGEST_ERROR = 2000


@dataclass(frozen=True)
class Claim:
    """A piece of work in our hands until its lease ends."""

    id: int
    kind: str
    reference: int
    attempts: int
    not_after: datetime | None
    token: str


def put(
    kind: str,
    reference: int,
    *,
    dedup_key: str,
    now: datetime,
    due_at: datetime | None = None,
    not_after: datetime | None = None,
    priority: int = 50,
) -> bool:
    """Write down that something must happen; return False if the same key was put before.

    Args:
        kind: what must happen; the jobs door maps it to an act.
        reference: the id that the act needs.
        dedup_key: the same key makes the same row, for ever.
        now: the door's instant.
        due_at: not before this instant; ``now`` if not given.
        not_after: later than this it is of no use.
        priority: smaller goes first.
    """
    row = {
        "kind": kind, "reference": reference, "dedup_key": dedup_key, "due_at": due_at or now, "not_after": not_after,
        "priority": priority, "state": WorkState.DUE, "attempts": 0, "created_at": now,
    }  # fmt: skip
    if not insert_unless_there(Work, [row], key=["dedup_key"]):
        return False
    work_was_put()
    return True


def claim(kinds: Collection[str], *, now: datetime, limit: int, lease_seconds: int) -> list[Claim]:
    """Take up to ``limit`` due pieces, of these kinds only, by priority and then by age.

    A piece is free when it is due, or when the lease of whoever held it has run out.
    """
    session = db.session()
    dialect = session.get_bind().dialect.name
    database_now = database_milliseconds(dialect)
    free = sa.or_(
        sa.and_(Work.state == WorkState.DUE, Work.due_at <= now),
        sa.and_(Work.state == WorkState.LEASED, Work.lease_until_ms < database_now),
    )
    picked = sa.select(Work.id).where(free, Work.kind.in_(kinds)).order_by(Work.priority, Work.due_at).limit(limit)
    if dialect != "sqlite":  # SQLite's BEGIN IMMEDIATE keeps other writers out already
        picked = picked.with_for_update(skip_locked=True)
    token = secrets.token_hex(16)
    rows = session.execute(
        sa.update(Work)
        .where(Work.id.in_(picked.scalar_subquery()))
        .values(
            state=WorkState.LEASED,
            lease_until_ms=database_now + lease_seconds * 1000,
            lease_token=token,
            attempts=Work.attempts + 1,
        )
        .returning(Work.id, Work.kind, Work.reference, Work.attempts, Work.not_after, Work.priority, Work.due_at)
        .execution_options(synchronize_session=False)
    ).all()
    rows = sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))
    return [Claim(row.id, row.kind, row.reference, row.attempts, row.not_after, token) for row in rows]


def extend(piece: Claim, *, lease_seconds: int) -> bool:
    """Prolong our lease in the middle of long work; return False if it is no longer ours."""
    session = db.session()
    until = database_milliseconds(session.get_bind().dialect.name) + lease_seconds * 1000
    return _update(piece, lease_until_ms=until)


def finish(piece: Claim, *, now: datetime) -> bool:
    """Say that the work is done; return False if the lease had passed to somebody else."""
    return _update(piece, state=WorkState.DONE, finished_at=now, lease_token=None, last_error=None)


def fail(piece: Claim, error: str, *, now: datetime) -> WorkState:
    """Say that the work went wrong: it becomes due again later, or dead when its tries are used up."""
    wait = rules.wait_after(piece.attempts, chance=random.random())  # noqa: S311 - spreads load, guards no secret
    if wait is None or rules.is_too_late(piece.not_after, now=now + wait):
        give_up(piece, error, now=now)
        return WorkState.DEAD
    _update(piece, state=WorkState.DUE, due_at=now + wait, lease_token=None, last_error=error[:LONGEST_ERROR])
    return WorkState.DUE


def give_up(piece: Claim, reason: str, *, now: datetime) -> bool:
    """Lay the work aside for the office to see; it is not tried again by itself."""
    return _update(piece, state=WorkState.DEAD, finished_at=now, lease_token=None, last_error=reason[:LONGEST_ERROR])


def revive(work_id: int, *, now: datetime) -> bool:
    """Try given-up work again ("Try again" in the office); return False if there is no such dead row."""
    work_was_put()
    result = db.session.execute(
        sa.update(Work)
        .where(Work.id == work_id, Work.state == WorkState.DEAD)
        .values(state=WorkState.DUE, due_at=now, attempts=0, finished_at=None)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count


def beat(name: str, *, now: datetime) -> None:
    """Write the heartbeat of the workers."""
    changed = db.session.execute(sa.update(Heartbeat).where(Heartbeat.name == name).values(beat_at=now))
    if changed.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE has a row count
        insert_unless_there(Heartbeat, [{"name": name, "beat_at": now}], key=["name"])


def _update(piece: Claim, **values: object) -> bool:
    result = db.session.execute(
        sa.update(Work)
        .where(Work.id == piece.id, Work.lease_token == piece.token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count
