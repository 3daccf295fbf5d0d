"""What follows from typed rows before they are kept: the generated lines, and what to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.programme import rules, schedule, series, wording
from ecwi_events.programme.models import ActivityStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import SessionView
    from ecwi_events.programme.schedule import Plan
    from ecwi_events.programme.series import Meeting
    from ecwi_events.web.sessions.rows import RowsForm

_STILL_PLANNED = frozenset({ActivityStatus.DRAFT, ActivityStatus.APPROVED, ActivityStatus.PLANNED})


@dataclass(frozen=True)
class Preview:
    """The lines as they will be, and the notices."""

    period: str
    structure: str
    notices: Sequence[str]


def of_rows(form: RowsForm, *, host_ids: Sequence[int], now: datetime) -> Preview | None:
    """Return what follows from the rows of a new activity; None as long as no row can be read."""
    meetings = form.meetings()
    sessions = form.read_sessions({})
    if not meetings:
        return None
    days = [session.starts_local.date() for session in sessions if not rules.date_fault(session.starts_local)]
    start, end = rules.period_of(days) or (None, None)
    parts = wording.parts_of_sessions((session.format, session.duration_minutes) for session in sessions)
    return Preview(
        wording.period_line(ActivityStatus.COMPLETED, start, end),
        wording.structure_line(parts),
        _notices(meetings, None, host_ids, form.cities, is_still_planned=True, now=now),
    )


def of_activity(
    plan: Plan,
    sessions: Sequence[SessionView],
    more: Sequence[Meeting],
    *,
    host_ids: Sequence[int],
    cities: Sequence[str],
    now: datetime,
) -> Sequence[str]:
    """Return what to look at in an activity's sessions, together with ``more`` that are only typed yet."""
    meetings = [*map(meeting_of, filter(_takes_place, sessions)), *more]
    is_planned = plan.status in _STILL_PLANNED
    return _notices(meetings, plan.activity_id, host_ids, cities, is_still_planned=is_planned, now=now)


def meeting_of(session: SessionView) -> Meeting:
    """Return a session as the plan needs it."""
    return series.Meeting(f"Session {session.number}", session.starts_at, session.ends_at, session.zone)


def _takes_place(session: SessionView) -> bool:
    return not session.is_cancelled


def _notices(
    meetings: Sequence[Meeting],
    activity_id: int | None,
    host_ids: Sequence[int],
    cities: Sequence[str],
    *,
    is_still_planned: bool,
    now: datetime,
) -> Sequence[str]:
    if not meetings:
        return ()
    since, until = min(m.starts_at for m in meetings), max(m.ends_at for m in meetings)
    others = schedule.meetings_of_same_host(activity_id, host_ids, since=since, until=until) if host_ids else []
    return series.notices(meetings, others, cities=cities, is_still_planned=is_still_planned, now=now)
