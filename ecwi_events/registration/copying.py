"""Copying an activity for the next year, with its places, terms and questions and without its people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.programme import copying
from ecwi_events.programme.models import ActivitySession, SessionStatus
from ecwi_events.registration import places, queries, questions, service
from ecwi_events.registration.models import Places
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms

if TYPE_CHECKING:
    from datetime import datetime


def duplicate_activity(activity_id: int, *, once: str = "", by_person_id: int | None, now: datetime) -> int:
    """Make a draft for the year after from an activity, and return its id: sessions on the same weekday, 52 weeks on.

    Args:
        activity_id: which.
        once: a random word of the form, so that it makes one copy however often it is sent.
        by_person_id: who does it.
        now: the door's instant.

    Raises:
        NotFound: there is no such activity.
        Invalid: a session cannot be a year later, because the year after is too far.
    """
    new = copying.next_year(activity_id, once=once)
    facts = queries.sign_up_facts(activity_id)
    capacity = facts.capacity if facts else None
    copy_id = service.create_activity(new, capacity=capacity, by_person_id=by_person_id, now=now)
    copying.fill_in(copy_id, activity_id, now=now)
    _copy_terms(copy_id, activity_id, now=now)
    _copy_capacities(copy_id, activity_id)
    for one in questions.asked(activity_id):
        choices = "\n".join(one.choices)
        same = NewQuestion(QuestionKind(one.kind), one.wording, one.purpose, choices, is_required=one.is_required)
        questions.add_question(copy_id, same, now=now)
    journal.note("duplicate_activity", "activity", copy_id, after={"copy_of": activity_id}, now=now)
    return copy_id


def _copy_terms(copy_id: int, activity_id: int, *, now: datetime) -> None:
    """Take the terms over where there are any; from when on people sign up is another day each year."""
    facts = queries.sign_up_facts(activity_id)
    if facts and facts.terms != Terms():
        service.set_terms(copy_id, replace(facts.terms, opens_at=None), now=now)


def _copy_capacities(copy_id: int, activity_id: int) -> None:
    """Give each session as many places as last year's had, where sessions are counted for themselves.

    The copy has the sessions that were planned, made in the order of their times (`programme.copying.next_year`).
    """
    was = sa.select(ActivitySession.id).where(
        ActivitySession.activity_id == activity_id, ActivitySession.status == SessionStatus.PLANNED
    )
    old = db.session.scalars(was.order_by(ActivitySession.starts_at, ActivitySession.id))
    made = sa.select(ActivitySession.id).where(ActivitySession.activity_id == copy_id).order_by(ActivitySession.id)
    own = sa.select(Places.session_id, Places.capacity).where(
        Places.activity_id == activity_id, Places.session_id.is_not(None)
    )
    capacities = {row.session_id: row.capacity for row in db.session.execute(own)}
    for old_id, new_id in zip(old, db.session.scalars(made), strict=True):
        if old_id in capacities:
            its_row = places.open_for_session(copy_id, new_id, capacity=None)
            places.set_capacity(its_row, capacities[old_id])
