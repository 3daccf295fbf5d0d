"""What the office may do about single pieces of work. Each returns False if the piece was not in a state for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db, work_was_put
from ecwi_events.work.models import Work, WorkState

if TYPE_CHECKING:
    from datetime import datetime


def revive(work_id: int, *, now: datetime) -> bool:
    """Try given-up work again, with all its tries anew."""
    values = {"state": WorkState.DUE, "due_at": now, "attempts": 0, "finished_at": None, "not_after": None}
    return _set(work_id, WorkState.DEAD, values=values)


def cancel(work_id: int, *, now: datetime) -> bool:
    """Call work off.

    A worker does the calling off, because it knows what else hangs on the work, such as a mail that is to be skipped. What
    it has in hand stops at its next checkpoint, or not at all if it has none.
    """
    at_once = {"state": WorkState.DUE, "due_at": now, "finished_at": None, "cancel_asked_at": now}
    return _set(work_id, WorkState.DUE, WorkState.DEAD, values=at_once) or _set(
        work_id, WorkState.LEASED, values={"cancel_asked_at": now}
    )


def _set(work_id: int, *states: WorkState, values: dict[str, object]) -> bool:
    work_was_put()
    changed = db.session.execute(
        sa.update(Work)
        .where(Work.id == work_id, Work.state.in_(states), Work.cancel_asked_at.is_(None))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count
