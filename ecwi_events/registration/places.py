"""The counted row: every way in which places move goes through here, and its first statement is always a write.

The write takes the row's lock on PostgreSQL and the write lock on SQLite, so that whoever decides has seen the latest
counts and nobody else decides meanwhile. Why not the textbook form: docs/decisions/0003-always-write-places.md; why those
who wait stand in a line: docs/decisions/0018-a-line-for-the-counted-row.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from ecwi_events.kernel.db import db, insert_row, insert_unless_there, run
from ecwi_events.kernel.errors import Refused
from ecwi_events.kernel.turns import InTurn
from ecwi_events.registration.models import Places

# A place that is free while somebody waits is for the line, and not for whoever comes next.
_PLACES = Places.metadata.tables["places"]
_ROW = _PLACES.c
_FREE = sa.and_(_ROW.waiting == 0, sa.or_(_ROW.capacity.is_(None), _ROW.taken < _ROW.capacity))
_TAKE = (
    sa.update(_PLACES)
    .where(_ROW.id == InTurn(sa.bindparam("places", type_=sa.Integer)))
    .values(
        seq=_ROW.seq + 1,
        granted=sa.case((_FREE, 1), else_=0),
        taken=_ROW.taken + sa.case((_FREE, 1), else_=0),
        waiting=_ROW.waiting + sa.case((_FREE, 0), else_=1),
    )
    .returning(_ROW.granted, _ROW.seq, _ROW.waiting, _ROW.is_halted)
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
    seq: int

    @property
    def has_room(self) -> bool:
        """Tell whether a place is free."""
        return self.capacity is None or self.taken < self.capacity


def open_places(activity_id: int, *, capacity: int | None, session_id: int | None = None) -> int:
    """Give an activity, or one of its sessions, its counted row; no capacity means no limit."""
    blank = {"taken": 0, "waiting": 0, "seq": 0, "granted": 0, "overbooked": 0, "is_halted": False}
    return insert_row(Places, activity_id=activity_id, session_id=session_id, capacity=capacity, **blank)


def open_for_session(activity_id: int, session_id: int, *, capacity: int | None) -> int:
    """Return the counted row of a session, made now if it has none."""
    row = {
        "activity_id": activity_id, "session_id": session_id, "capacity": capacity, "taken": 0, "waiting": 0, "seq": 0,
        "granted": 0, "overbooked": 0, "is_halted": False,
    }  # fmt: skip
    new = insert_unless_there(Places, [row], key=["session_id"])
    return new[0] if new else db.session.scalars(sa.select(Places.id).where(Places.session_id == session_id)).one()


def take(places_id: int) -> Granted:
    """Take a place, or a number in the line if there is none; holds the row's lock until the transaction ends.

    Raises:
        Refused: while we waited for the row, the activity was cancelled, postponed or hidden.
    """
    granted, seq, waiting, is_halted = run(_TAKE, {"places": places_id}).one()
    if is_halted:
        raise Refused("halted", "Sign-up has just been closed. Load the page again to see why.")
    return Granted(bool(granted), seq, None if granted else waiting)


def draw_number(places_id: int) -> int:
    """Draw a number for a person who waits for approval, without a place and without standing in line."""
    return _change(places_id, seq=Places.seq + 1).seq


def lock(places_id: int) -> Counts:
    """Take the row's lock by writing it, and return its counts."""
    return _change(places_id, seq=Places.seq)


def give_back(places_id: int, *, was_place: bool) -> Counts:
    """Free a place, or leave the line; return the counts that follow."""
    return adjust(places_id, taken=-1, waiting=0) if was_place else adjust(places_id, taken=0, waiting=-1)


def promote(places_id: int) -> Counts:
    """Count somebody out of the line and into a place."""
    return _change(places_id, taken=Places.taken + 1, waiting=Places.waiting - 1)


def retake(places_id: int, *, as_place: bool) -> Counts:
    """Count somebody in again who comes back: into a place, or into the line at the old number."""
    return _change(places_id, taken=Places.taken + 1) if as_place else _change(places_id, waiting=Places.waiting + 1)


def adjust(places_id: int, *, taken: int, waiting: int) -> Counts:
    """Count some more or fewer in places and in line, all at once; return the counts that follow.

    What was over-booked on purpose shrinks as places are given back, so that they are not given out beyond the capacity
    again.
    """
    beyond = Places.taken + taken - Places.capacity
    rest = sa.case(
        (sa.or_(Places.capacity.is_(None), beyond <= 0), 0),
        (beyond < Places.overbooked, beyond),
        else_=Places.overbooked,
    )
    return _change(places_id, taken=Places.taken + taken, waiting=Places.waiting + waiting, overbooked=rest)


def squeeze_in(places_id: int, *, from_line: bool = False) -> Counts:
    """Count somebody into a place even beyond the capacity, because a host or the office said so."""
    beyond = Places.taken + 1 - Places.capacity
    return _change(
        places_id,
        taken=Places.taken + 1,
        waiting=Places.waiting - (1 if from_line else 0),
        overbooked=sa.case((beyond > Places.overbooked, beyond), else_=Places.overbooked),
    )


def set_capacity(places_id: int, capacity: int | None) -> Counts:
    """Write another capacity; what is taken beyond it stays as over-booked."""
    beyond = Places.taken - (capacity or 0)
    overbooked = sa.case((beyond > 0, beyond), else_=0) if capacity is not None else sa.literal(0)
    return _change(places_id, capacity=capacity, overbooked=overbooked)


def halt(activity_id: int, *, is_halted: bool) -> None:
    """Take the locks of all counted rows of an activity, and say whether a sign-up that waits for them is too late."""
    _change_all(activity_id, is_halted=is_halted)


def lock_all(activity_id: int) -> None:
    """Take the locks of all counted rows of an activity by writing them."""
    _change_all(activity_id, seq=Places.seq)


def _change_all(activity_id: int, **values: object) -> None:
    # Everybody takes these locks in the order of their ids, so that no two wait for each other.
    rows = sa.select(Places.id).where(Places.activity_id == activity_id).order_by(Places.id).subquery()
    db.session.execute(
        sa.update(Places)
        .where(Places.id.in_(db.session.scalars(sa.select(InTurn(rows.c.id))).all()))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _change(places_id: int, **values: object) -> Counts:
    row = db.session.execute(
        sa.update(Places)
        .where(Places.id == InTurn(sa.literal(places_id)))
        .values(**values)
        .returning(Places.capacity, Places.taken, Places.waiting, Places.seq)
        .execution_options(synchronize_session=False)
    ).one()
    return Counts(*row)
