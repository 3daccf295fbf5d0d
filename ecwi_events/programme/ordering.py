"""The order of an activity's outcomes and resources: who comes last, and changing places with a neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecwi_events.programme.models import Outcome, Resource


def last_position(table: type[Outcome | Resource], activity_id: int) -> int:
    """Return the position of the last row of an activity, 0 if there is none."""
    return db.session.scalar(sa.select(sa.func.max(table.position)).where(table.activity_id == activity_id)) or 0


def swap(rows: Sequence[Outcome] | Sequence[Resource], row_id: int, *, up: bool) -> bool:
    """Let a row change places with its neighbour; return False if it is at the end already.

    Positions are numbered anew, so that rows that came in with the same one have an order too.
    """
    ids = [row.id for row in rows]
    place = ids.index(row_id)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return False
    order: list[Any] = list(rows)
    order[place], order[other] = order[other], order[place]
    for position, row in enumerate(order, 1):
        row.position = position
    db.session.flush()
    return True
