"""Putting, claiming and finishing work.

Who puts work does so in the transaction of the change that causes it. Who claims it holds a lease, measured by the
database's clock, and finishes it by the lease's token, so that a paused worker can never overwrite a later one.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.clock import database_milliseconds
from ecwi_events.kernel.db import db, insert_unless_there, run, work_was_put
from ecwi_events.work import rules
from ecwi_events.work.models import OPEN, Queue, Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

LONGEST_ERROR = 2000
LONGEST_LEASES = 10  # of our own: who extends a lease never takes that much
_W = Work.metadata.tables["work"]
_OURS = sa.and_(_W.c.id == sa.bindparam("work"), _W.c.lease_token == sa.bindparam("token"))
IS_OURS = sa.exists().where(_OURS)  # for statements of other rooms; the parameters are those of `Claim.key`
# Every piece of work goes through these, so they are built once.
_DONE: dict[str, Any] = {
    "state": WorkState.DONE,
    "finished_at": sa.bindparam("now"),
    "lease_token": None,
    "last_error": None,
}
_FINISH = sa.update(_W).where(_OURS).values(_DONE)
# The same as a part of a statement of another room, about another piece; its parameters begin with "done_".
FINISH_ANOTHER = (
    sa.update(_W)
    .where(_W.c.id == sa.bindparam("done_work"), _W.c.lease_token == sa.bindparam("done_token"))
    .values({**_DONE, "finished_at": sa.bindparam("done_at")})
    .returning(_W.c.id)
)
_CLAIMED = (
    Work.id, Work.kind, Work.reference, Work.attempts, Work.not_after, Work.priority, Work.due_at, Work.cancel_asked_at,
    Work.last_error,
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """A piece of work in our hands until its lease ends."""

    id: int
    kind: str
    reference: int
    attempts: int
    not_after: datetime | None
    token: str
    is_called_off: bool = False
    priority: int = rules.NORMAL
    is_suspect: bool = False

    @property
    def key(self) -> dict[str, object]:
        """Return the parameters that say in a statement whose piece of work it is."""
        return {"work": self.id, "token": self.token}


class CalledOff(Exception):  # noqa: N818 - nothing is broken: the office said no more of it
    """The office cancelled this work: stop here."""


def put(  # noqa: PLR0913 - the columns of a row, all by name
    kind: str,
    reference: int,
    *,
    dedup_key: str,
    now: datetime,
    due_at: datetime | None = None,
    not_after: datetime | None = None,
    priority: int = rules.NORMAL,
    queue: Queue | None = None,
) -> bool:
    """Write down that something must happen; return False if the same key was put before.

    Args:
        kind: what must happen; the jobs door maps it to an act.
        reference: the id that the act needs.
        dedup_key: the same key makes the same row, as long as finished work is kept (30 days).
        now: the door's instant.
        due_at: not before this instant; ``now`` if not given.
        not_after: later than this it is of no use.
        priority: smaller goes first; up to `rules.URGENT` it is in the urgent queue, from `rules.BULK` on in the bulk one.
        queue: another queue than its kind and priority say.
    """
    row = {"reference": reference, "dedup_key": dedup_key, "due_at": due_at or now, "not_after": not_after}
    return _put(kind, [row], priority=priority, queue=queue, now=now)


def put_all(kind: str, references: Mapping[str, int], *, now: datetime, priority: int = rules.NORMAL) -> bool:
    """Write down that something must happen at once with each of these; return False if all of it was put before.

    Args:
        kind: what must happen.
        references: the ids that the act needs, by the keys that each make one row.
        now: the door's instant.
        priority: as in `put`.
    """
    rows = [
        {"reference": reference, "dedup_key": key, "due_at": now, "not_after": None}
        for key, reference in references.items()
    ]
    return _put(kind, rows, priority=priority, queue=None, now=now)


def _put(kind: str, rows: Sequence[Mapping[str, object]], *, priority: int, queue: Queue | None, now: datetime) -> bool:
    queue = queue or Queue(rules.queue_of(kind, priority))
    same = {
        "kind": kind, "queue": queue, "priority": priority, "state": WorkState.DUE, "attempts": 0, "created_at": now,
    }  # fmt: skip
    if not insert_unless_there(Work, [{**same, **row} for row in rows], key=["dedup_key"]):
        return False
    work_was_put(queue)
    return True


def claim(
    kinds: Collection[str],
    *,
    now: datetime,
    limit: int,
    lease_seconds: int,
    queues: Collection[str] | None = None,
    holder: str = "",
) -> list[Claim]:
    """Take up to ``limit`` due pieces, of these kinds only, by priority and then by age.

    A piece is free when it is due, or when the lease of whoever held it has run out. What was to be done at once is due
    whatever our clock says: that of the machine which put it may go differently, or ours was put back. For the same reason
    a lease that would end much later than one taken now counts as run out. Kinds that are not named, such as those of a
    newer release, are left alone. Whose lease has run out says so as its last error, until something else went wrong.

    Args:
        kinds: what the caller can do.
        now: the door's instant.
        limit: how many at most.
        lease_seconds: for how long they are the caller's, by the database's clock.
        queues: from these only; from all if not given.
        holder: whose hands they are in, for people who look.
    """
    session = db.session()
    dialect = session.get_bind().dialect.name
    database_now = database_milliseconds(dialect)
    free = sa.or_(
        sa.and_(Work.state == WorkState.DUE, sa.or_(Work.due_at <= now, Work.due_at == Work.created_at)),
        sa.and_(
            Work.state == WorkState.LEASED,
            sa.or_(
                Work.lease_until_ms < database_now,
                Work.lease_until_ms > database_now + LONGEST_LEASES * lease_seconds * 1000,
            ),
        ),
    )
    # The words of the index once more: with bound values SQLite would not see that it fits.
    picked = sa.select(Work.id).where(sa.text(OPEN), free, Work.kind.in_(kinds))
    picked = picked.order_by(Work.priority, Work.due_at).limit(limit)
    if queues is not None:
        picked = picked.where(Work.queue.in_(queues))
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
            last_error=sa.case((Work.state == WorkState.LEASED, rules.ENDED_IN_THE_MIDDLE), else_=Work.last_error),
            holder=holder or None,
            claimed_at=now,
        )
        .returning(*_CLAIMED)
        .execution_options(synchronize_session=False)
    ).all()
    rows = sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))
    return [
        Claim(
            row.id, row.kind, row.reference, row.attempts, row.not_after, token, row.cancel_asked_at is not None,
            row.priority, rules.is_suspect(row.attempts, row.last_error),
        )
        for row in rows
    ]  # fmt: skip


def extend(piece: Claim, *, lease_seconds: int) -> bool:
    """Prolong our lease in the middle of long work; return False if it is no longer ours."""
    statement = _extend(db.session().get_bind().dialect.name)
    return _is_one(run(statement, {**piece.key, "milliseconds": lease_seconds * 1000}))


@cache
def _extend(dialect: str) -> sa.Update:
    until = database_milliseconds(dialect) + sa.bindparam("milliseconds", type_=sa.BigInteger)
    return sa.update(_W).where(_OURS).values(lease_until_ms=until)


def checkpoint(piece: Claim, *, lease_seconds: int, done: int, total: int, text: str = "") -> bool:
    """Say how far long work is, and prolong our lease; return False if it is no longer ours: then stop.

    Raises:
        CalledOff: the office cancelled it. Stop; the drain settles the rest.
    """
    ours = extend(piece, lease_seconds=lease_seconds) and _update(
        piece, progress_done=done, progress_total=total, progress_text=text
    )
    if ours and db.session.scalar(sa.select(Work.cancel_asked_at).where(Work.id == piece.id)):
        raise CalledOff("cancelled by the office")
    return ours


def finish(piece: Claim, *, now: datetime) -> bool:
    """Say that the work is done; return False if the lease had passed to somebody else."""
    return _is_one(run(_FINISH, {**piece.key, "now": now}))


def fail(piece: Claim, error: str, *, now: datetime) -> WorkState:
    """Say that the work went wrong: it becomes due again later, or dead when its tries are used up.

    Returns what it is now; ``leased`` if the lease had passed to somebody else.
    """
    wait = rules.wait_after(piece.attempts, chance=random.random())  # noqa: S311 - spreads load, guards no secret
    if wait is None or rules.is_too_late(piece.not_after, now=now + wait):
        return WorkState.DEAD if give_up(piece, error, now=now) else WorkState.LEASED
    error = error[:LONGEST_ERROR]
    ours = _update(piece, state=WorkState.DUE, due_at=now + wait, lease_token=None, last_error=error)
    return WorkState.DUE if ours else WorkState.LEASED


def give_up(piece: Claim, reason: str, *, now: datetime) -> bool:
    """Lay the work aside for the office to see; it is not tried again by itself."""
    return _update(piece, state=WorkState.DEAD, finished_at=now, lease_token=None, last_error=reason[:LONGEST_ERROR])


def call_off(piece: Claim, *, now: datetime) -> bool:
    """Stop doing what the office cancelled; return False if the lease had passed to somebody else."""
    return _update(piece, state=WorkState.CANCELLED, finished_at=now, lease_token=None)


def put_back(piece: Claim) -> bool:
    """Give claimed work back untouched, because this worker does not come to it; it costs no try."""
    work_was_put()
    return _update(piece, state=WorkState.DUE, attempts=Work.attempts - 1, lease_token=None)


def put_off(piece: Claim, *, until: datetime, why: str = "") -> bool:
    """Give claimed work back until its turn has come; it costs no try."""
    return _update(
        piece, state=WorkState.DUE, due_at=until, attempts=Work.attempts - 1, lease_token=None,
        last_error=why[:LONGEST_ERROR] or None,
    )  # fmt: skip


def _update(piece: Claim, **values: object) -> bool:
    result = db.session.execute(
        sa.update(Work)
        .where(Work.id == piece.id, Work.lease_token == piece.token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return _is_one(result)


def _is_one(result: Any) -> bool:  # noqa: ANN401 - what an UPDATE gives has a row count
    return bool(result.rowcount == 1)
