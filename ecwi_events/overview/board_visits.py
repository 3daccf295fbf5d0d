"""Activities of another year that have sessions in a year: its figures count who was there, all else is asked at home."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.attendance import settled
from ecwi_events.kernel.dates import zone_info
from ecwi_events.kernel.db import db
from ecwi_events.overview.completeness import ActivityState, HeldSession
from ecwi_events.overview.models import DeclaredFigure
from ecwi_events.overview.statistics.people import PARTICIPANTS
from ecwi_events.people.models import Organisation
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    OrganisationRole,
    SessionStatus,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_COUNTED = (ActivityStatus.DRAFT, ActivityStatus.CANCELLED, ActivityStatus.POSTPONED)


def visiting(year: int, *, zone: str) -> sa.ColumnElement[bool]:
    """Return the condition on an activity of another home year that has a session which begins in this year."""
    info = zone_info(zone)
    begin, end = (datetime(one, 1, 1, tzinfo=info).astimezone(UTC) for one in (year, year + 1))
    here = sa.select(ActivitySession.activity_id).where(
        ActivitySession.starts_at >= begin,
        ActivitySession.starts_at < end,
        ActivitySession.status == SessionStatus.PLANNED,
    )
    return sa.and_(Activity.home_year != year, Activity.status.not_in(NOT_COUNTED), Activity.id.in_(here))


def states(year: int, *, zone: str, now: datetime, host_id: int | None) -> list[ActivityState]:
    """Return the activities of other years that have sessions in this one, each with these sessions alone."""
    which, info = visiting(year, zone=zone), zone_info(zone)
    sessions: defaultdict[int, list[Any]] = defaultdict(list)
    for row in _sessions(which, host_id):
        if row.starts_at.astimezone(info).year == year:
            sessions[row.activity_id].append(row)
    if not sessions:
        return []
    over = {one.id: one.activity_id for rows in sessions.values() for one in rows if one.ends_at <= now}
    marked, declared = settled.marked_and_expected(which, over), _declared(year)
    return [
        _state(
            rows[0],
            [HeldSession(one.ends_at.astimezone(info).date(), *marked[one.id]) for one in rows if one.id in marked],
            has_number=activity_id in declared,
        )
        for activity_id, rows in sessions.items()
    ]


def _state(row: Any, held: Sequence[HeldSession], *, has_number: bool) -> ActivityState:  # noqa: ANN401 - a row of a session
    return ActivityState(
        id=row.activity_id,
        title=row.title,
        kind=row.kind,
        status=row.status,
        host_id=row.host_id,
        host=row.host,
        known_since=row.approved_on or row.created_at.date(),
        last_day=max((one.day for one in held), default=None),
        has_period=True,
        has_sessions=True,
        has_structure=True,
        is_recorded=row.records_complete,
        has_number=has_number,
        is_answered=False,
        strapline=None,
        text=None,
        replanned=None,
        held=tuple(held),
        home_year=row.home_year,
    )


def _sessions(which: sa.ColumnElement[bool], host_id: int | None) -> Sequence[Any]:
    host = sa.and_(ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST)
    statement = (
        sa.select(
            ActivitySession.id, ActivitySession.activity_id, ActivitySession.starts_at, ActivitySession.ends_at,
            Activity.title, Activity.kind, Activity.status, Activity.approved_on, Activity.created_at,
            Activity.records_complete, Activity.home_year, Organisation.id.label("host_id"), Organisation.name.label("host"),
        )
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .outerjoin(ActivityOrganisation, host)
        .outerjoin(Organisation, Organisation.id == ActivityOrganisation.organisation_id)
        .where(which, ActivitySession.status == SessionStatus.PLANNED)
        .order_by(Activity.home_year, Activity.display_order, Activity.id, ActivitySession.starts_at)
    )  # fmt: skip
    return db.session.execute(statement if host_id is None else statement.where(Organisation.id == host_id)).all()


def _declared(year: int) -> set[int | None]:
    """Return of which activities somebody declared the participants of this year."""
    wanted = (DeclaredFigure.statistic == PARTICIPANTS, DeclaredFigure.year == year)
    return set(db.session.scalars(sa.select(DeclaredFigure.activity_id).where(*wanted)))
