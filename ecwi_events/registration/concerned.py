"""Whom an announcement is for: who has a place or waits for one, and knows the session as it was before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_announcements import Announcement, News
from ecwi_events.registration.news import ABOUT_SESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TOLD = (Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING)
ON_ITS_WAY = timedelta(minutes=1)  # a mail that was written before a change may be noted as sent after it
SAYS_TIMES = sa.or_(Mail.kind.like("registration.%"), Mail.kind.like("reminder.%"))
CAME = (Registration.created_at, Registration.confirmed_at, Registration.approved_at)


def rows_of(lead_id: int) -> Sequence[Announcement]:
    """Return the announcements that are told by one mail, in the order of their making."""
    return db.session.scalars(
        sa.select(Announcement)
        .where(sa.or_(Announcement.id == lead_id, Announcement.told_with_id == lead_id))
        .order_by(Announcement.id)
    ).all()


def by_any(rows: Sequence[Announcement]) -> sa.ColumnElement[bool]:
    """Return the condition that a registration is concerned by one of several announcements."""
    return sa.or_(*(sa.and_(*_by(row)) for row in rows))


def concerning(person_id: int, rows: Sequence[Announcement]) -> set[int]:
    """Return which of several announcements concern a person."""
    if not rows:
        return set()
    theirs = [Registration.person_id == person_id, Registration.place.in_(TOLD)]
    each = [sa.select(sa.literal(row.id)).where(sa.exists().where(*theirs, *_by(row))) for row in rows]
    return set(db.session.scalars(sa.union_all(*each)))


def latest_came_at(activity_id: int) -> datetime | None:
    """Return when the latest person came. Under the locks of the counted rows nobody can come before that any more."""
    latest = db.session.execute(
        sa.select(*(sa.func.max(column) for column in CAME)).where(Registration.activity_id == activity_id)
    ).one()
    return max((at for at in latest if at), default=None)


def _by(row: Announcement) -> list[sa.ColumnElement[bool]]:
    if row.news not in ABOUT_SESSIONS:
        return [Registration.activity_id == row.activity_id]
    for_it: sa.ColumnElement[bool] = Registration.session_id.is_(None)
    if row.news is not News.SESSIONS_ADDED:  # what was added is part of the sign-up of those who signed up for all
        for_it = sa.or_(for_it, Registration.session_id == row.session_id)
    until = row.came_by_at or row.created_at
    came_by = [sa.or_(column.is_(None), column <= until) for column in CAME]
    after = [_informed(row.came_after_at, until)] if row.came_after_at else []
    return [Registration.activity_id == row.activity_id, for_it, *came_by, *after]


def _informed(after: datetime, by: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that somebody came, or had a mail with the times of the sessions, since an instant."""
    mailed = sa.exists().where(
        Mail.person_id == Registration.person_id,
        SAYS_TIMES,
        Mail.subject_id == Registration.id,
        Mail.sent_at >= after,
        Mail.sent_at <= by + ON_ITS_WAY,
    )
    return sa.or_(*(column >= after for column in CAME), mailed)
