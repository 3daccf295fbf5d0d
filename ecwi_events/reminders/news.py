"""Who can open something new since a session of theirs, and has not been told of it yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.programme import published
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration.models import Registration
from ecwi_events.reminders import rules
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.selecting import (
    SessionFacts,
    candidate,
    dealt_with,
    left,
    participants,
    some_at_once,
    still_wanted,
)
from ecwi_events.reminders.slots import NEWS, Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from ecwi_events.programme.published import Published
    from ecwi_events.reminders.selecting import Candidate

STILL_TO_GO = (MailState.QUEUED, MailState.RETRY, MailState.SENDING)
WENT_OUT = (MailState.SENT, MailState.UNKNOWN)
LEADS_TO_ALL = (Slot.THANKS, *NEWS)  # to the page on which all is that can be opened


@dataclass(frozen=True)
class Heard:
    """When somebody was last told what there is since a session, and whether the mail about a recording was dealt with."""

    at: datetime | None = None
    of_recording: bool = False


def who_has_not_heard(timing: Timing, *, now: datetime, activity_id: int | None = None) -> list[Candidate]:
    """Return whom a mail of news may still tell something, those whose session is nearest first.

    Args:
        timing: of the slot that tells of news.
        now: the door's instant.
        activity_id: only this activity's, and then all that is still to come, however far ahead.
    """
    since = None if activity_id else now - rules.PUBLISHED_WITHIN
    news = published.after_sessions(now=now, since=since, activity_id=activity_id)
    found = [
        one for session in _sessions(news) for one in _of_session(timing, session, news[session.session_id], now=now)
    ]
    return sorted(found, key=lambda one: (one.times.starts_at, one.person_id))


def _sessions(ids: Collection[int]) -> list[SessionFacts]:
    asked = sa.select(ActivitySession.activity_id, ActivitySession.id, ActivitySession.schedule_revision)
    return [SessionFacts(*row) for row in db.session.execute(asked.where(ActivitySession.id.in_(ids)))] if ids else []


def _of_session(timing: Timing, session: SessionFacts, items: Sequence[Published], *, now: datetime) -> list[Candidate]:
    """Ask in two steps: most have heard of it already, and of those nothing is read but that."""
    heard_of_all = dealt_with(LEADS_TO_ALL, session).join(Mail, Mail.id == Reminder.mail_id)
    heard_of_all = heard_of_all.where(_told_at(now) >= max(one.at for one in items))
    ids = db.session.scalars(left(timing, session).where(Registration.id.not_in(heard_of_all))).all()
    people = still_wanted(participants(timing), timing).where(ActivitySession.id == session.session_id)
    things = [(one.is_recording, one.at) for one in items]
    found = []
    for some in some_at_once(ids):
        heard = _heard(session, some, now=now)
        for row in db.session.execute(people.where(Registration.id.in_(some))):
            one = heard.get(row.registration_id, Heard())
            at = rules.news_at(timing.slot, things, told_at=one.at, recording_comes=not one.of_recording, now=now)
            if at:
                found.append(candidate(row, ends_at=at))
    return found


def _heard(session: SessionFacts, ids: Sequence[int], *, now: datetime) -> Mapping[int, Heard]:
    """Return what some sign-ups have heard since a session, by their ids."""
    asked = (
        sa.select(Reminder.registration_id, Reminder.slot, _told_at(now).label("told_at"))
        .outerjoin(Mail, Mail.id == Reminder.mail_id)
        .where(
            Reminder.registration_id.in_(ids),
            Reminder.session_id == session.session_id,
            Reminder.revision == session.revision,
            Reminder.slot.in_(LEADS_TO_ALL),
        )
    )
    found: dict[int, Heard] = {}
    for row in db.session.execute(asked):
        before = found.get(row.registration_id, Heard())
        at = max(filter(None, (before.at, row.told_at)), default=None)
        found[row.registration_id] = Heard(at, before.of_recording or row.slot is Slot.RECORDING)
    return found


def _told_at(now: datetime) -> sa.ColumnElement[datetime | None]:
    """Say when a mail went out; what is still on its way leads to all that is there now."""
    return sa.case(
        (Mail.state.in_(STILL_TO_GO), sa.literal(now, UtcDateTime)),
        (Mail.state.in_(WENT_OUT), sa.func.coalesce(Mail.sent_at, Mail.created_at)),
    )
