"""Who lives, and whose turn it is: facts that processes tell each other through the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.clock import database_milliseconds
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.work.models import Heartbeat, Turn, Work, WorkState
from ecwi_events.work.rules import KEEP_FINISHED, SILENT_WORKERS_STAY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

AT_MOST = 1000


def beat(name: str, *, now: datetime, facts: Mapping[str, object] | None = None) -> None:
    """Write a heartbeat.

    Args:
        name: whose.
        now: the door's instant.
        facts: other columns, such as the release and the queues of a worker.
    """
    values = {"beat_at": now, **(facts or {})}
    changed = db.session.execute(sa.update(Heartbeat).where(Heartbeat.name == name).values(**values))
    if changed.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE has a row count
        blank = {"version": "", "queues": ""}
        insert_unless_there(Heartbeat, [{"name": name, **blank, **values}], key=["name"])


def say_goodbye(name: str) -> None:
    """Take a worker off the list that stopped because it was asked to."""
    db.session.execute(sa.delete(Heartbeat).where(Heartbeat.name == name))


def take_turn(name: str, *, holder: str, milliseconds: int) -> bool:
    """Take a turn that nobody else can take for so long, by the database's clock; return False if it is somebody else's.

    A turn that would end later than one taken now was taken before the clock was put back; it counts no more.
    """
    now = database_milliseconds(db.session().get_bind().dialect.name)
    insert_unless_there(Turn, [{"name": name, "holder": holder, "until_ms": 0}], key=["name"])
    taken = db.session.execute(
        sa.update(Turn)
        .where(Turn.name == name, sa.or_(Turn.until_ms <= now, Turn.until_ms > now + milliseconds))
        .values(holder=holder, until_ms=now + milliseconds)
        .execution_options(synchronize_session=False)
    )
    return taken.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count


def forget_old(*, now: datetime) -> int:
    """Delete work that was finished long ago, and workers that fell silent; return how many rows of work."""
    db.session.execute(sa.delete(Heartbeat).where(Heartbeat.beat_at < now - SILENT_WORKERS_STAY))
    old = (
        sa.select(Work.id)
        .where(Work.state.in_([WorkState.DONE, WorkState.CANCELLED]), Work.finished_at < now - KEEP_FINISHED)
        .limit(AT_MOST)
    )
    gone = db.session.execute(
        sa.delete(Work).where(Work.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
    )
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE has a row count
