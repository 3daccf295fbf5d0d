"""Settling the rest of a session with one button: who was not marked was not there, and that can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import queries, rules, service
from ecwi_events.attendance.models import Evidence, Source, Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Finished:
    """How many were marked absent, and how many stay open because they opened the joining link."""

    absent: int
    left_open: int


def finish(session_id: int, *, by_person_id: int, now: datetime) -> Finished:
    """Mark everybody absent who has a place, has no mark yet, and did not open the joining link.

    Raises:
        NotFound: there is no such session.
        Refused: the session has not ended.
    """
    roster = queries.find_roster(session_id)
    if roster is None:
        raise NotFound("We cannot find this session.")
    if not rules.may_finish(roster.session.ends_at, now=now):
        raise Refused("early", "You can finish the attendance when the session is over.")
    open_ones = {row.person_id for row in roster.rows if row.verdict is Verdict.UNKNOWN and row.person_id}
    joined = open_ones & _who_joined(session_id)
    absent = dict.fromkeys((Who(person_id=one) for one in sorted(open_ones - joined)), Verdict.ABSENT)
    return Finished(service.mark(session_id, absent, by_person_id=by_person_id, now=now), len(joined))


def undo_finish(session_id: int, at: datetime, *, by_person_id: int, now: datetime) -> int:
    """Take back what one press of the button marked; return how many are open again.

    Marks that somebody gave meanwhile stay.

    Raises:
        NotFound: there is no such session, or somebody has left its roster since.
    """
    rows = db.session.execute(
        sa.select(Evidence.person_id, sa.func.max(Evidence.id))
        .where(Evidence.session_id == session_id, Evidence.source == Source.HOST, Evidence.person_id.is_not(None))
        .group_by(Evidence.person_id)
    ).all()
    last = {row[1] for row in rows}
    mine = db.session.scalars(
        sa.select(Evidence.person_id).where(
            Evidence.id.in_(last),
            Evidence.recorded_at == at,
            Evidence.recorded_by_id == by_person_id,
            Evidence.mark == Verdict.ABSENT,
        )
    )
    marks = dict.fromkeys((Who(person_id=one) for one in mine), None)
    return service.mark(session_id, marks, by_person_id=by_person_id, now=now)


def _who_joined(session_id: int) -> set[int]:
    found = db.session.scalars(
        sa.select(Evidence.person_id).where(
            Evidence.session_id == session_id, Evidence.source == Source.JOINING_LINK, Evidence.person_id.is_not(None)
        )
    )
    return {person_id for person_id in found if person_id}
