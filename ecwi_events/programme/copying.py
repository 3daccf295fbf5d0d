"""What an activity of last year leaves to that of this year: its texts, hosts, components and the days of its sessions.

People, money, marks, outcomes, resources and joining addresses belong to the year in which they were.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import dates
from ecwi_events.kernel.dates import WallTimeGap
from ecwi_events.kernel.db import db
from ecwi_events.programme import invitations, record, session_rules, sessions
from ecwi_events.programme.models import ActivitySession, Component, SessionStatus, Visibility
from ecwi_events.programme.models_record import ActivityText
from ecwi_events.programme.service import NewActivity
from ecwi_events.programme.sessions import NewSession

if TYPE_CHECKING:
    from datetime import datetime

A_YEAR = timedelta(weeks=52)  # to the same weekday
NOTHING_THERE = timedelta(hours=1)  # so long is what clocks skip, where they skip anything
_COMPONENT = ("position", "format", "count", "minutes_each", "destination")
_TEXT = ("language", "title", "strapline", "summary", "description")
_KEPT = ("languages", "interpretation", "audience", "target_region", "display_order", "visibility")


def next_year(activity_id: int, *, once: str = "") -> NewActivity:
    """Return an activity as it would be typed for the year after.

    Raises:
        NotFound: there is no such activity.
    """
    old, _ = record.get_record(activity_id)
    held = db.session.scalars(
        sa.select(ActivitySession)
        .where(ActivitySession.activity_id == activity_id, ActivitySession.status == SessionStatus.PLANNED)
        .order_by(ActivitySession.starts_at, ActivitySession.id)
    )
    return NewActivity(
        kind=old.kind,
        title=old.title,
        home_year=old.home_year + 1,
        host_id=old.host_id,
        co_host_ids=tuple(old.co_host_ids),
        strapline=old.strapline,
        summary=old.summary,
        description=old.description,
        theme=old.theme,
        language=old.language,
        sessions=tuple(_moved(session) for session in held),
        once=once,
    )


def fill_in(new_id: int, old_id: int, *, now: datetime) -> None:
    """Give a copy what the form of a new activity does not ask: languages, readers, components, translations."""
    old, new = sessions.get_activity(old_id), sessions.get_activity(new_id)
    for name in _KEPT:
        setattr(new, name, getattr(old, name))
    if new.visibility is Visibility.INVITED:
        invitations.make_link(new)
    for component in db.session.scalars(sa.select(Component).where(Component.activity_id == old_id)):
        db.session.add(Component(activity_id=new_id, **{name: getattr(component, name) for name in _COMPONENT}))
    for text in db.session.scalars(sa.select(ActivityText).where(ActivityText.activity_id == old_id)):
        stays_stale = 0 if text.of_revision < old.text_revision else new.text_revision
        values = {name: getattr(text, name) for name in _TEXT}
        db.session.add(ActivityText(activity_id=new_id, of_revision=stays_stale, updated_at=now, **values))
    new.translations = old.translations
    db.session.flush()


def _moved(session: ActivitySession) -> NewSession:
    """Return a session 52 weeks on; where clocks skip its time on that day, one hour later."""
    wall = session.starts_local + A_YEAR
    try:
        dates.resolve(wall, session.zone, fold=session.fold)
    except WallTimeGap:
        wall += NOTHING_THERE
    return NewSession(
        title=session.title,
        starts_local=wall,
        zone=session.zone,
        duration_minutes=session.duration_minutes,
        fold=session.fold,
        format=session.format,
        summary=session.summary or "",
        language=session.language,
        place=session_rules.shown_place(session.place) or "",
    )
