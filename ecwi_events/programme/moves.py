"""What a move of status changes in the record itself: its period, its new date, and what calendars see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Person
from ecwi_events.programme import sessions
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus, StatusChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class Standing:
    """Where an activity stands, as far as its next move needs it."""

    status: ActivityStatus
    changed_at: datetime | None  # when it came to this status
    sessions_to_come: int


@dataclass(frozen=True)
class LogLine:
    """Who moved an activity to which status, when and why."""

    status: ActivityStatus
    by: str | None
    reason: str | None
    at: datetime


def find_standing(activity_id: int, *, now: datetime) -> Standing | None:
    """Return where an activity stands, or None if there is no such activity."""
    to_come = (
        sa.select(sa.func.count())
        .select_from(ActivitySession)
        .where(
            ActivitySession.activity_id == activity_id,
            ActivitySession.status == SessionStatus.PLANNED,
            ActivitySession.ends_at > now,
        )
        .scalar_subquery()
    )
    since = (
        sa.select(sa.func.max(StatusChange.changed_at))
        .where(StatusChange.activity_id == activity_id, StatusChange.status == Activity.status)
        .correlate(Activity)
        .scalar_subquery()
    )
    row = db.session.execute(sa.select(Activity.status, since, to_come).where(Activity.id == activity_id)).one_or_none()
    return Standing(row[0], row[1], row[2] or 0) if row else None


def log_of(activity_id: int) -> Sequence[LogLine]:
    """Return all moves of an activity, the latest first."""
    rows = db.session.execute(
        sa.select(StatusChange.status, Person.name, StatusChange.reason, StatusChange.changed_at)
        .outerjoin(Person, Person.id == StatusChange.by_person_id)
        .where(StatusChange.activity_id == activity_id)
        .order_by(StatusChange.changed_at.desc(), StatusChange.id.desc())
    )
    return [LogLine(*row) for row in rows]


def follow(activity_id: int, *, was: ActivityStatus, until: str | None, now: datetime) -> None:
    """Let the record follow a move that was just written: new date, end, and entries in calendars.

    Args:
        activity_id: which.
        was: the status before.
        until: of a postponed one: the new date in words, or None if it is open.
        now: the door's instant.

    Raises:
        NotFound: there is no such activity.
    """
    activity = sessions.get_activity(activity_id)
    activity.replanned = until if activity.status is ActivityStatus.POSTPONED else None
    _settle_end(activity, was=was, today=now.date())
    if _is_on(was) != _is_on(activity.status):
        renew_entries(activity_id, now=now)
    db.session.flush()


def renew_entries(activity_id: int, *, now: datetime) -> None:
    """Let calendars take the sessions to come for changed, and reminders begin anew."""
    db.session.flush()
    db.session.execute(
        sa.update(ActivitySession)
        .where(ActivitySession.activity_id == activity_id, ActivitySession.ends_at > now)
        .values(
            ical_sequence=ActivitySession.ical_sequence + 1,
            schedule_revision=ActivitySession.schedule_revision + 1,
            updated_at=now,
        )
        .execution_options(synchronize_session="fetch")
    )


def _is_on(status: ActivityStatus) -> bool:
    """Tell whether calendars show the sessions as standing."""
    return status not in {ActivityStatus.CANCELLED, ActivityStatus.POSTPONED}


def _settle_end(activity: Activity, *, was: ActivityStatus, today: date) -> None:
    """Ongoing means no planned end; what is over has one: that of its last session, or else this month."""
    if activity.status is ActivityStatus.ONGOING:
        activity.open_end, activity.period_end = True, None
    elif was is ActivityStatus.ONGOING or activity.open_end:
        activity.open_end = False
        sessions.derive_period(activity)
    if activity.status is ActivityStatus.COMPLETED and activity.period_end is None:
        this_month = today.replace(day=1)
        activity.period_start = activity.period_start or this_month
        activity.period_end = max(activity.period_start, this_month)
