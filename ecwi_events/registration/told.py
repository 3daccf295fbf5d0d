"""What people were told or will be told about an activity, and how many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.registration.concerned import TOLD
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_announcements import Announcement
from ecwi_events.registration.news import WORDS, Audience, NewsLine, state_words
from ecwi_events.registration.telling import WORK_KIND
from ecwi_events.work.models import Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence

WAIT = (Place.WAITING, Place.PENDING)


def news_of(activity_id: int) -> Sequence[NewsLine]:
    """Return what people were told or will be told about an activity, the latest first.

    What is only for those who came between two changes is left out as long as nobody was told.
    """
    speaks = sa.or_(Announcement.told_with_id.is_(None), Announcement.told_with_id == Announcement.id)
    has_people = sa.or_(
        Announcement.came_after_at.is_(None), Announcement.told > 0, Announcement.stopped_at.is_not(None)
    )
    rows = db.session.scalars(
        sa.select(Announcement)
        .where(Announcement.activity_id == activity_id, speaks, has_people)
        .order_by(Announcement.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    given_up = _given_up([row.id for row in rows if not row.done_at])
    return [_line(row, is_given_up=row.id in given_up) for row in rows]


def audience(activity_id: int, session_id: int | None = None) -> Audience:
    """Return how many people have a place, or wait for one or for an answer, in the activity or one of its sessions."""
    counts = db.session.execute(
        sa.select(Registration.person_id, sa.func.max(sa.case((Registration.place.in_(WAIT), 0), else_=1)))
        .where(Registration.activity_id == activity_id, Registration.place.in_(TOLD), _of(session_id))
        .group_by(Registration.person_id)
    ).all()
    with_place = sum(has_place for _, has_place in counts)
    return Audience(with_place, len(counts) - with_place)


def has_sign_ups(activity_id: int) -> bool:
    """Tell whether anybody has a place in an activity, waits for one, or waits for an answer."""
    theirs = sa.and_(Registration.activity_id == activity_id, Registration.place.in_(TOLD))
    return db.session.scalar(sa.select(Registration.id).where(theirs).limit(1)) is not None


def _given_up(announcement_ids: Sequence[int]) -> set[int]:
    """Return which of some announcements could not be told."""
    if not announcement_ids:
        return set()
    is_dead = sa.and_(Work.kind == WORK_KIND, Work.state == WorkState.DEAD)
    return set(db.session.scalars(sa.select(Work.reference).where(is_dead, Work.reference.in_(announcement_ids))))


def _line(row: Announcement, *, is_given_up: bool) -> NewsLine:
    is_left_out, is_stopped = row.superseded_at is not None, row.stopped_at is not None
    state = state_words(
        is_left_out=is_left_out,
        is_stopped=is_stopped,
        is_given_up=is_given_up,
        is_done=row.done_at is not None,
        told=row.told,
    )
    return NewsLine(row.id, row.created_at, WORDS[row.news], state, may_be_told=is_stopped and not is_left_out)


def _of(session_id: int | None) -> sa.ColumnElement[bool]:
    if session_id is None:
        return sa.true()
    return sa.or_(Registration.session_id.is_(None), Registration.session_id == session_id)
