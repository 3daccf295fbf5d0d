"""How many places are taken, of many activities at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import ActivitySession, SessionStatus
from ecwi_events.registration.models import Places
from ecwi_events.registration.models_terms import SignUpBy, SignUpTerms

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Counted:
    """How many places of an activity are taken: of the whole, or over all sessions with places of their own."""

    capacity: int | None  # of the whole, or of each session; None without a limit, or when sessions differ
    taken: int
    waiting: int
    sessions: int = 0  # with places of their own; 0 where people sign up for the whole activity


def places_taken(activity_ids: Sequence[int]) -> dict[int, Counted]:
    """Return how many places of several activities are taken, in one query; cancelled sessions have none."""
    per_session = sa.func.coalesce(SignUpTerms.by == SignUpBy.SESSION, sa.false())
    counts = sa.or_(
        sa.and_(sa.not_(per_session), Places.session_id.is_(None)),
        sa.and_(per_session, ActivitySession.status == SessionStatus.PLANNED),
    )
    rows = db.session.execute(
        sa.select(
            Places.activity_id,
            sa.func.min(Places.capacity).label("least"),
            sa.func.max(Places.capacity).label("most"),
            sa.func.count(Places.capacity).label("limited"),
            sa.func.sum(Places.taken).label("taken"),
            sa.func.sum(Places.waiting).label("waiting"),
            sa.func.count(Places.session_id).label("sessions"),
            sa.func.count().label("all"),
        )
        .outerjoin(SignUpTerms, SignUpTerms.activity_id == Places.activity_id)
        .outerjoin(ActivitySession, ActivitySession.id == Places.session_id)
        .where(Places.activity_id.in_(activity_ids), counts)
        .group_by(Places.activity_id)
    ).all()
    return {
        row.activity_id: Counted(
            capacity=row.least if row.least == row.most and row.limited == row.all else None,
            taken=int(row.taken),
            waiting=int(row.waiting),
            sessions=row.sessions,
        )
        for row in rows
    }
