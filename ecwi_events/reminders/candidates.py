"""Who may get a mail of a slot about a session and has none yet, and of whom it is due.

When a mail is due hangs on the slot, the session and the zone alone. So the times are counted first, for a few sessions
and the zones of their people, and the database is asked only for people whose time has come: however many wait for later, or
signed up too late for a slot, they are not read at each tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration.models import Place, Registration
from ecwi_events.reminders import news, rules
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.rules import Times
from ecwi_events.reminders.selecting import (
    SESSION,
    SINCE,
    SessionFacts,
    candidate,
    goes_on,
    hosts,
    left,
    no_news_is_open,
    participants,
    some_at_once,
    still_wanted,
)
from ecwi_events.reminders.slots import NEWS, Timing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime, timedelta

    from ecwi_events.reminders.selecting import Candidate


@dataclass(frozen=True)
class Moment:
    """People in these zones who knew of the session by then get the mail of a slot about it, and its time has come."""

    session: SessionFacts
    zones: Collection[str]
    heard_by: datetime


def candidates(timing: Timing, *, now: datetime, activity_id: int | None = None) -> list[Candidate]:
    """Return whose mail of a slot may be due soon or was missed lately, those whose session is nearest first.

    Args:
        timing: of the slot.
        now: the door's instant.
        activity_id: only this activity's, and then all that are still to come, however far ahead.
    """
    if timing.slot in NEWS:
        return news.who_has_not_heard(timing, now=now, activity_id=activity_id)
    when = [ActivitySession.activity_id == activity_id] if activity_id else _in_sight(timing, now=now)
    return _without_those_who_have_it(timing, _read(timing, *when))


def due(timing: Timing, *, now: datetime) -> list[Candidate]:
    """Return whose mail of a slot is due or was missed lately, those whose session is nearest first."""
    if timing.for_hosts or timing.slot in NEWS:
        found = candidates(timing, now=now)
    else:
        found = [one for moment in _moments(timing, now=now) for one in _of_moment(timing, moment)]
    return [one for one in found if rules.verdict(timing, one.times, since=one.since, now=now) in rules.TO_DEAL_WITH]


def near(timing: Timing, people: Collection[int], *, now: datetime) -> list[Candidate]:
    """Return all that these people may get of a slot soon: some of it may be told in one mail."""
    in_sight = _in_sight(timing, now=now, further=rules.SAME_ACTIVITY_WITHIN)
    found = [one for some in some_at_once(sorted(people)) for one in _read(timing, *in_sight, Person.id.in_(some))]
    return _without_those_who_have_it(timing, found)


def _read(timing: Timing, *when: sa.ColumnElement[bool]) -> list[Candidate]:
    people = hosts() if timing.for_hosts else participants(timing)
    return [candidate(row) for row in db.session.execute(still_wanted(people, timing).where(*when))]


def _without_those_who_have_it(timing: Timing, found: Sequence[Candidate]) -> list[Candidate]:
    """Leave out with whom the slot has dealt."""
    asked = sa.select(Reminder.recipient, Reminder.session_id, Reminder.revision).where(
        Reminder.session_id.in_({one.session_id for one in found}),
        Reminder.slot == timing.slot,
        Reminder.minutes == timing.minutes,
    )
    have_it = {tuple(row) for row in db.session.execute(asked)} if found else set()
    return [one for one in found if (one.recipient, one.session_id, one.revision) not in have_it]


def _in_sight(timing: Timing, *, now: datetime, further: timedelta = rules.NO_SLACK) -> list[sa.ColumnElement[bool]]:
    """Say of which sessions a mail of the slot may be due so much later, whatever the zone."""
    moment = ActivitySession.ends_at if timing.is_afterwards else ActivitySession.starts_at
    return [
        moment > now - rules.LOOK_BACK + timing.useless,
        moment <= now + timing.ahead + further + (rules.SLACK if timing.by_wall_clock else rules.NO_SLACK),
    ]


def _moments(timing: Timing, *, now: datetime) -> Iterator[Moment]:
    """Count for each session in sight, and each zone of its people, whether the time of a slot has come."""
    sessions = db.session.execute(
        sa.select(*SESSION)
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(*goes_on(timing), *_in_sight(timing, now=now), no_news_is_open(now))
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
                yield Moment(SessionFacts(row.activity_id, row.session_id, row.revision), its_zones, heard_by)


def _of_moment(timing: Timing, moment: Moment) -> Iterator[Candidate]:
    """Ask in two steps: most have their mail already, and of those nothing is read but that."""
    asked = left(timing, moment.session).where(Registration.zone.in_(moment.zones), moment.heard_by >= SINCE)
    people = still_wanted(participants(timing), timing).where(ActivitySession.id == moment.session.session_id)
    for some in some_at_once(db.session.scalars(asked).all()):
        for row in db.session.execute(people.where(Registration.id.in_(some))):
            yield candidate(row)


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
