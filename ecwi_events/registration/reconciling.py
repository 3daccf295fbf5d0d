"""Counting again: do the counted rows say what the registrations say? What is found is told, and never repaired silently."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.registration import rows
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_recount import Recount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drift:
    """A counted row that does not say what its registrations say."""

    places_id: int
    activity_id: int
    session_id: int | None
    taken: int
    waiting: int
    taken_by_rows: int
    waiting_by_rows: int

    @property
    def sentence(self) -> str:
        """Say it for people."""
        what = (
            f"session {self.session_id} of activity {self.activity_id}"
            if self.session_id
            else f"activity {self.activity_id}"
        )
        return (
            f"{what}: counted {self.taken} places taken and {self.waiting} waiting, "
            f"but there are {self.taken_by_rows} and {self.waiting_by_rows}"
        )


def drifts() -> Sequence[Drift]:
    """Return every counted row that is wrong, in one query; there must be none.

    One statement sees one moment of the database, so sign-ups that happen meanwhile are in both counts or in none.
    """
    taken = _counted(Registration.place.in_(rows.SEATS))
    waiting = _counted(Registration.place == Place.WAITING)
    found = db.session.execute(
        sa.select(
            Places.id, Places.activity_id, Places.session_id, Places.taken, Places.waiting, taken.label("t"),
            waiting.label("w"),
        )
        .outerjoin(Registration, Registration.places_id == Places.id)
        .group_by(Places.id)
        .having(sa.or_(Places.taken != taken, Places.waiting != waiting))
        .order_by(Places.id)
    ).all()  # fmt: skip
    return [Drift(*row) for row in found]


def recount(*, now: datetime) -> int:
    """Count again, and keep when that was and what was found, for the office's page; return how many rows are wrong."""
    found = drifts()
    for drift in found:
        log.error("drift of places: %s", drift.sentence)
    words = "\n".join(drift.sentence for drift in found)[:LONGEST]
    values = {"counted_at": now, "wrong": len(found), "words": words or None}
    changed = db.session.execute(sa.update(Recount).values(**values))
    if changed.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE has a row count
        db.session.execute(sa.insert(Recount).values(**values))
    return len(found)


def last_recount() -> Recount | None:
    """Return when places were last counted again and what was found, or None before the first time."""
    return db.session.scalar(sa.select(Recount).order_by(Recount.id.desc()).limit(1))


LONGEST = 2000


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
