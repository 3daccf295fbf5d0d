"""Reads for calendars: which sessions stand in which object."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from ecwi_events.calendars.models import StoredFeed
from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus
from ecwi_events.programme.queries import FOR_EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PAST_STAYS = timedelta(days=90)
CANCELLED_STAYS = timedelta(days=30)


def programme_sessions(*, now: datetime) -> Sequence[ActivitySession]:
    """Return the sessions of the programme's feed, with their activities, by time.

    A session to come is never left out, not even a cancelled one: most calendars keep what merely vanishes.
    """
    off = (ActivityStatus.CANCELLED, ActivityStatus.POSTPONED)
    is_off = sa.or_(ActivitySession.status == SessionStatus.CANCELLED, Activity.status.in_(off))
    return db.session.scalars(
        sa.select(ActivitySession)
        .join(ActivitySession.activity)
        .options(contains_eager(ActivitySession.activity))
        .where(
            FOR_EVERYBODY,
            ActivitySession.ends_at > now - PAST_STAYS,
            sa.or_(sa.not_(is_off), ActivitySession.ends_at > now - CANCELLED_STAYS),
        )
        .order_by(ActivitySession.starts_at, ActivitySession.id)
    ).all()


def find_stored_feed(name: str) -> StoredFeed | None:
    """Return a feed as it was last exported, or None."""
    return db.session.scalar(sa.select(StoredFeed).where(StoredFeed.name == name))
