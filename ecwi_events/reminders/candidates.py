"""Who may get a mail of a slot about a session and has none yet, and of whom it is due.

When a mail is due hangs on the slot, the session and the zone alone. So the times are counted first, for a few sessions
and the zones of their people, and the database is asked only for people whose time has come: however many wait for later, or
signed up too late for a slot, they are not read at each tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.people.models import Person
from ecwi_events.programme import published
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration.models import Place, Registration
from ecwi_events.reminders import rules
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.rules import Times
from ecwi_events.reminders.selecting import SESSION, SINCE, candidate, goes_on, hosts, participants, still_wanted
from ecwi_events.reminders.slots import Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from ecwi_events.reminders.selecting import Candidate

STILL_TO_GO = (MailState.QUEUED, MailState.RETRY, MailState.SENDING)
WENT_OUT = (MailState.SENT, MailState.UNKNOWN)
PEOPLE_AT_ONCE = 500  # ids in one question
_thanks = sa.orm.aliased(Reminder)


@dataclass(frozen=True)
class Moment:
    """People in these zones who knew of the session by then get the mail of a slot about it, and its time has come."""

    session_id: int
    zones: Collection[str]
    heard_by: datetime


def candidates(
    timing: Timing, *, now: datetime, activity_id: int | None = None, of: Collection[int] = ()
) -> list[Candidate]:
    """Return whose mail of a slot may be due soon or was missed lately, those whose session is nearest first.

    Args:
        timing: of the slot.
        now: the door's instant.
        activity_id: only this activity's, and then all that are still to come, however far ahead.
        of: only these people's, if any are named.
    """
    if timing.slot is Slot.RECORDING:
        return _who_has_not_heard(timing, now=now, activity_id=activity_id)
    when = [ActivitySession.activity_id == activity_id] if activity_id else _in_sight(timing, now=now)
    if of:
        when = [*when, Person.id.in_(of)]
    people = hosts() if timing.for_hosts else participants(timing)
    rows = db.session.execute(still_wanted(people, timing).where(*when)).all()
    return [candidate(row) for row in rows]


def due(timing: Timing, *, now: datetime) -> list[Candidate]:
    """Return whose mail of a slot is due or was missed lately, those whose session is nearest first."""
    if timing.for_hosts or timing.slot is Slot.RECORDING:
        found = candidates(timing, now=now)
    else:
        people = still_wanted(participants(timing), timing)
        found = [
            candidate(row)
            for moment in _moments(timing, now=now)
            for row in db.session.execute(
                people.where(
                    ActivitySession.id == moment.session_id,
                    Registration.zone.in_(moment.zones),
                    SINCE <= moment.heard_by,
                )
            )
        ]
    return [one for one in found if rules.verdict(timing, one.times, since=one.since, now=now) in rules.TO_DEAL_WITH]


def near(timing: Timing, people: Collection[int], *, now: datetime) -> list[Candidate]:
    """Return all that these people may get of a slot soon: some of it may be told in one mail."""
    ids = sorted(people)
    return [
        one
        for start in range(0, len(ids), PEOPLE_AT_ONCE)
        for one in candidates(timing, now=now, of=ids[start : start + PEOPLE_AT_ONCE])
    ]


def _in_sight(timing: Timing, *, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Say of which sessions a mail of the slot may be due, whatever the zone."""
    moment = ActivitySession.ends_at if timing.is_afterwards else ActivitySession.starts_at
    return [
        moment > now - rules.LOOK_BACK + timing.useless,
        moment <= now + timing.ahead + (rules.SLACK if timing.by_wall_clock else rules.NO_SLACK),
    ]


def _moments(timing: Timing, *, now: datetime) -> Iterator[Moment]:
    """Count for each session in sight, and each zone of its people, whether the time of a slot has come."""
    sessions = db.session.execute(
        sa.select(*SESSION)
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(*goes_on(timing), *_in_sight(timing, now=now))
        .order_by(ActivitySession.starts_at, ActivitySession.id)
    ).all()
    zones = _zones({row.activity_id for row in sessions})
    for row in sessions:
        of_instant: dict[datetime, list[str]] = {}
        for zone in zones.get(row.activity_id, ()):
            times = Times(row.starts_at, row.ends_at, zone)
            heard_by = rules.heard_by(timing, times)
            if rules.verdict(timing, times, since=heard_by, now=now) in rules.TO_DEAL_WITH:
                of_instant.setdefault(heard_by, []).append(zone)
        for heard_by, its_zones in of_instant.items():
            if row.scheduled_at is None or row.scheduled_at <= heard_by:
                yield Moment(row.session_id, its_zones, heard_by)


def _zones(activity_ids: Collection[int]) -> dict[int, list[str]]:
    """Return in which zones the people of some activities are."""
    if not activity_ids:
        return {}
    rows = db.session.execute(
        sa.select(Registration.activity_id, Registration.zone)
        .where(Registration.activity_id.in_(activity_ids), Registration.place == Place.CONFIRMED)
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.activity_id, []).append(row.zone)
    return found


def _who_has_not_heard(timing: Timing, *, now: datetime, activity_id: int | None) -> list[Candidate]:
    """Return who can open something new since a session of theirs, and has not been told of it by the thanks."""
    since = None if activity_id else now - rules.PUBLISHED_WITHIN
    news = published.after_sessions(now=now, since=since, activity_id=activity_id)
    people = still_wanted(participants(timing).outerjoin(Mail, _is_thanks()), timing)
    told_at = _told_at(now)
    found = []
    for session_id, items in news.items():
        newest = max(one.at for one in items)
        heard_less = sa.or_(told_at.is_(None), told_at < newest)
        rows = db.session.execute(
            people.add_columns(told_at.label("told_at")).where(ActivitySession.id == session_id, heard_less)
        )
        for row in rows:
            at = rules.news_at([(one.is_recording, one.at) for one in items], told_at=row.told_at)
            if at:
                found.append(candidate(row, ends_at=at))
    return sorted(found, key=lambda one: (one.times.starts_at, one.person_id))


def _is_thanks() -> sa.ColumnElement[bool]:
    """Say of a mail that it is the thanks for a session to a sign-up."""
    return Mail.id == sa.select(_thanks.mail_id).where(
        _thanks.registration_id == Registration.id, _thanks.session_id == ActivitySession.id,
        _thanks.slot == Slot.THANKS, _thanks.revision == ActivitySession.schedule_revision,
    ).correlate(Registration, ActivitySession).scalar_subquery()  # fmt: skip


def _told_at(now: datetime) -> sa.ColumnElement[datetime | None]:
    """Say when the thanks after a session went out; what is still on its way leads to all that is there now."""
    return sa.case(
        (Mail.state.in_(STILL_TO_GO), sa.literal(now, UtcDateTime)),
        (Mail.state.in_(WENT_OUT), sa.func.coalesce(Mail.sent_at, Mail.created_at)),
    )
