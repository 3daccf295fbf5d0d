"""The counted row: every way in which places move goes through here, and its first statement is always a write.

The write takes the row's lock on PostgreSQL and the write lock on SQLite, so that whoever decides has seen the latest
counts and nobody else decides meanwhile. Why not the textbook form: docs/decisions/0003-always-write-places.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.registration.models import Places

_FREE = sa.or_(Places.capacity.is_(None), Places.taken < Places.capacity)
_TAKE = (
    sa.update(Places)
    .where(Places.id == sa.bindparam("places"))
    .values(
        seq=Places.seq + 1,
        granted=sa.case((_FREE, 1), else_=0),
        taken=Places.taken + sa.case((_FREE, 1), else_=0),
        waiting=Places.waiting + sa.case((_FREE, 0), else_=1),
    )
    .returning(Places.granted, Places.seq, Places.waiting, Places.is_halted)
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class Granted:
    """What the counted row said: a place, or a number in the line."""

    is_place: bool
    queue_place: int
    number_in_line: int | None  # the last one's number is the length of the line, so nothing is counted under the lock


@dataclass(frozen=True)
class Counts:
    """The counted row as it stands while we hold its lock."""

    capacity: int | None
    taken: int
    waiting: int

    @property
    def has_room(self) -> bool:
        """Tell whether a place is free."""
        return self.capacity is None or self.taken < self.capacity


def open_places(activity_id: int, *, capacity: int | None) -> int:
    """Give an activity its counted row; no capacity means no limit."""
    row = Places(activity_id=activity_id, capacity=capacity, taken=0, waiting=0, seq=0, granted=0)
    db.session.add(row)
    db.session.flush()
    return row.id


def take(places_id: int) -> Granted:
    """Take a place, or a number in the line if there is none; holds the row's lock until the transaction ends.

    Raises:
        Refused: while we waited for the row, the activity was cancelled, postponed or hidden.
    """
    granted, seq, waiting, is_halted = db.session.execute(_TAKE, {"places": places_id}).one()
    if is_halted:
        raise Refused("halted", "Sign-up has just been closed. Load the page again to see why.")
    return Granted(bool(granted), seq, None if granted else waiting)


def lock(places_id: int) -> Counts:
    """Take the row's lock by writing it, and return its counts."""
    return _change(places_id, seq=Places.seq)


def give_back(places_id: int, *, was_place: bool) -> Counts:
    """Free a place, or leave the line; return the counts that follow."""
    return _change(places_id, taken=Places.taken - 1) if was_place else _change(places_id, waiting=Places.waiting - 1)


def promote(places_id: int) -> Counts:
    """Count somebody out of the line and into a place."""
    return _change(places_id, taken=Places.taken + 1, waiting=Places.waiting - 1)


def retake(places_id: int, *, as_place: bool) -> Counts:
    """Count somebody in again who comes back: into a place, or into the line at the old number."""
    return _change(places_id, taken=Places.taken + 1) if as_place else _change(places_id, waiting=Places.waiting + 1)


def adjust(places_id: int, *, taken: int, waiting: int) -> Counts:
    """Count some more or fewer in places and in line, all at once; return the counts that follow."""
    return _change(places_id, taken=Places.taken + taken, waiting=Places.waiting + waiting)


def halt(activity_id: int, *, is_halted: bool) -> None:
    """Take the locks of all counted rows of an activity, and say whether a sign-up that waits for them is too late."""
    _change_all(activity_id, is_halted=is_halted)


def lock_all(activity_id: int) -> None:
    """Take the locks of all counted rows of an activity by writing them."""
    _change_all(activity_id, seq=Places.seq)


def _change_all(activity_id: int, **values: object) -> None:
    # Everybody takes these locks in the order of their ids, so that no two wait for each other.
    rows = sa.select(Places.id).where(Places.activity_id == activity_id).order_by(Places.id)
    if db.session().get_bind().dialect.name != "sqlite":
        rows = rows.with_for_update()
    db.session.execute(
        sa.update(Places)
        .where(Places.id.in_(db.session.scalars(rows).all()))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _change(places_id: int, **values: object) -> Counts:
    row = db.session.execute(
        sa.update(Places)
        .where(Places.id == places_id)
        .values(**values)
        .returning(Places.capacity, Places.taken, Places.waiting)
        .execution_options(synchronize_session=False)
    ).one()
    return Counts(*row)
