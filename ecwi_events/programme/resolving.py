"""Time zone data change: which sessions were resolved by an older release, and what their promise means by the present one.

A session's wall time and zone are the promise; its instants are a cache of what the zone's rules made of it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import dates
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme import session_rules
from ecwi_events.programme.models import ActivitySession, SessionStatus
from ecwi_events.programme.sessions import Promise

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

log = logging.getLogger(__name__)


def outdated(*, now: datetime, at_most: int) -> Sequence[ActivitySession]:
    """Return sessions that are not over and were resolved by an older release than this process has, the next first.

    One that a newer release resolved is left alone: while releases are changed, old processes must not turn it back.
    """
    present = dates.tzdata_version()
    versions = db.session.scalars(
        sa.select(ActivitySession.tzdata_version).where(ActivitySession.ends_at > now).distinct()
    ).all()
    older = [version for version in versions if session_rules.is_older_release(version, present)]
    if not older:
        return []
    return db.session.scalars(
        sa.select(ActivitySession)
        .where(ActivitySession.ends_at > now, ActivitySession.tzdata_version.in_(older))
        .order_by(ActivitySession.starts_at, ActivitySession.id)
        .limit(at_most)
    ).all()


def promise_of(session: ActivitySession) -> Promise:
    """Return a session's promise, as it was given."""
    return Promise(session.starts_local, session.zone, session.duration_minutes, fold=session.fold)


def still_means_the_same(session: ActivitySession, *, now: datetime) -> bool:
    """Resolve a promise anew and note by which release; return False if its instants are others now.

    A cancelled session gets its new instants at once, because nobody needs to be told of it. A time that clocks skip by
    the new rules stays as it is, and the journal says so: people must choose another one.
    """
    try:
        starts_at = dates.resolve(session.starts_local, session.zone, fold=session.fold)
    except Invalid as error:
        log.warning("session %s: %s", session.id, error.fields)
        journal.note("find_time_skipped", "session", session.id, after={"zone": session.zone}, now=now)
        starts_at = session.starts_at
    is_same = starts_at == session.starts_at
    if is_same or session.status is SessionStatus.CANCELLED:
        session.ends_at += starts_at - session.starts_at
        session.starts_at = starts_at
        session.tzdata_version = dates.tzdata_version()
        db.session.flush()
        return True
    return False
