"""What participants can open since a session ended: what a mail tells them of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme import rules_resources
from ecwi_events.programme.models import ActivitySession, Resource, SessionStatus
from ecwi_events.programme.models_files import ResourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Published:
    """A resource, and from when on participants can open it; that may lie ahead."""

    title: str
    is_recording: bool
    at: datetime


def after_sessions(
    *, now: datetime, since: datetime | None = None, activity_id: int | None = None
) -> Mapping[int, Sequence[Published]]:
    """Return by the id of a session that is over what came after it, in the order of the page.

    Args:
        now: the door's instant.
        since: only what could be opened after this, and by now.
        activity_id: only of this activity.
    """
    rows = db.session.execute(_resources(now=now, since=since, activity_id=activity_id)).all()
    ends = _ends({row.activity_id for row in rows}) if rows else {}
    found: dict[int, list[Published]] = {}
    for row in rows:
        session_id = rules_resources.told_after(row.session_id, row.at, ends.get(row.activity_id, []))
        if session_id:
            one = Published(row.title, row.kind is ResourceKind.RECORDING, row.at)
            found.setdefault(session_id, []).append(one)
    return found


def _resources(
    *, now: datetime, since: datetime | None, activity_id: int | None
) -> sa.Select[int, int | None, str, ResourceKind, datetime]:
    waits = Resource.available_at > Resource.published_at
    at = sa.case((waits, Resource.available_at), else_=Resource.published_at).label("at")
    statement = (
        sa.select(Resource.activity_id, Resource.session_id, Resource.title, Resource.kind, at)
        .where(Resource.published_at.is_not(None))
        .order_by(Resource.position, Resource.id)
    )
    if activity_id is not None:
        statement = statement.where(Resource.activity_id == activity_id)
    if since is not None:
        statement = statement.where(at > since, at <= now)
    return statement


def _ends(activity_ids: set[int]) -> dict[int, list[tuple[int, datetime]]]:
    """Return the sessions of some activities that were held, each with its end, by the id of the activity."""
    rows = db.session.execute(
        sa.select(ActivitySession.activity_id, ActivitySession.id, ActivitySession.ends_at).where(
            ActivitySession.activity_id.in_(activity_ids), ActivitySession.status == SessionStatus.PLANNED
        )
    ).all()
    found: dict[int, list[tuple[int, datetime]]] = {}
    for row in rows:
        found.setdefault(row.activity_id, []).append((row.id, row.ends_at))
    return found
