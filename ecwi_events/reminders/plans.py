"""What will be sent about the sessions of an activity, to whom and when, and what was: for the office and the hosts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail
from ecwi_events.people.models import Person
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration.models import Registration
from ecwi_events.reminders import candidates, queries, rules
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.rules import Verdict
from ecwi_events.reminders.selecting import some_at_once
from ecwi_events.reminders.slots import own

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.reminders.slots import Slot, Timing

    Key = tuple[int, Slot, int]

ON_A_PAGE = 100


@dataclass(frozen=True)
class Recipient:
    """One person and what they get, or got. A due mail without a state is still to come."""

    person_id: int
    name: str
    due_at: datetime | None
    zone: str
    state: str = ""  # of the mail, or why there was none
    reason: str | None = None


@dataclass(frozen=True)
class Recipients:
    """One page of those who get, or got, a mail."""

    people: Sequence[Recipient]
    total: int
    page: int
    pages: int


@dataclass
class Planned:
    """One slot of one session."""

    session_id: int
    timing: Timing
    to_come: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    dealt_with: Counter[str] = field(default_factory=Counter)  # how many mails are in which state

    def add(self, due_at: datetime) -> None:
        """Count a mail that is still to come."""
        self.to_come += 1
        self.first_at = min(self.first_at or due_at, due_at)
        self.last_at = max(self.last_at or due_at, due_at)


def plan_of(activity_id: int, *, now: datetime) -> list[Planned]:
    """Return each slot that is on, or that sent something, for each session; by time, and then as the slots follow."""
    plan: dict[Key, Planned] = {}
    for timing, is_on in queries.slots_of(activity_id):
        for one in candidates.candidates(timing, now=now, activity_id=activity_id) if is_on else ():
            if rules.verdict(timing, one.times, since=one.since, now=now) in {Verdict.NOT_YET, Verdict.DUE}:
                key = (one.session_id, timing.slot, timing.minutes)
                there = plan.setdefault(key, Planned(one.session_id, timing))
                there.add(rules.goes_at(timing, one.times, now=now))
    timings = {(timing.slot, timing.minutes): timing for timing in queries.timings()}
    for session_id, slot, minutes, state, number in _dealt_with(activity_id):
        timing = timings.get((slot, minutes)) or own(minutes)
        there = plan.setdefault((session_id, slot, minutes), Planned(session_id, timing))
        there.dealt_with[state] += number
    return sorted(plan.values(), key=lambda one: (one.session_id, -one.timing.ahead))


def recipients(activity_id: int, session_id: int, timing: Timing, *, page: int = 1, now: datetime) -> Recipients:
    """Return who gets, or got, the mail of one slot about one session: those to come first, by time; then by name."""
    to_come = [
        one
        for one in candidates.candidates(timing, now=now, activity_id=activity_id)
        if one.session_id == session_id
        and rules.verdict(timing, one.times, since=one.since, now=now) in {Verdict.NOT_YET, Verdict.DUE}
    ]
    names = _names([one.person_id for one in to_come])
    coming = [
        Recipient(one.person_id, names[one.person_id], rules.goes_at(timing, one.times, now=now), one.times.zone)
        for one in to_come
    ]
    coming.sort(key=lambda one: (one.due_at, one.name))
    total = len(coming) + _count_told(session_id, timing)
    pages = max(1, -(-total // ON_A_PAGE))
    start = (min(page, pages) - 1) * ON_A_PAGE
    here = coming[start : start + ON_A_PAGE]
    told = _told(session_id, timing, limit=ON_A_PAGE - len(here), offset=max(0, start - len(coming)))
    return Recipients([*here, *told], total, min(page, pages), pages)


def _dealt_with(activity_id: int) -> Sequence[sa.Row[int, Slot, int, str, int]]:
    state = sa.func.coalesce(sa.cast(Mail.state, sa.String), Reminder.reason)
    return db.session.execute(
        sa.select(Reminder.session_id, Reminder.slot, Reminder.minutes, state, sa.func.count())
        .join(ActivitySession, ActivitySession.id == Reminder.session_id)
        .outerjoin(Mail, Mail.id == Reminder.mail_id)
        .where(ActivitySession.activity_id == activity_id)
        .group_by(Reminder.session_id, Reminder.slot, Reminder.minutes, state)
    ).all()


def _of_slot(session_id: int, timing: Timing) -> list[sa.ColumnElement[bool]]:
    return [Reminder.session_id == session_id, Reminder.slot == timing.slot, Reminder.minutes == timing.minutes]


def _count_told(session_id: int, timing: Timing) -> int:
    return db.session.scalar(sa.select(sa.func.count(Reminder.id)).where(*_of_slot(session_id, timing))) or 0


def _told(session_id: int, timing: Timing, *, limit: int, offset: int) -> list[Recipient]:
    rows = db.session.execute(
        sa.select(
            Person.id, Person.name, Mail.sent_at, sa.func.coalesce(Registration.zone, Person.zone, "UTC").label("zone"),
            sa.func.coalesce(sa.cast(Mail.state, sa.String), "skipped").label("state"),
            sa.func.coalesce(Mail.reason, Reminder.reason).label("reason"),
        )
        .select_from(Reminder)
        .outerjoin(Registration, Registration.id == Reminder.registration_id)
        .join(Person, Person.id == sa.func.coalesce(Reminder.person_id, Registration.person_id))
        .outerjoin(Mail, Mail.id == Reminder.mail_id)
        .where(*_of_slot(session_id, timing))
        .order_by(Person.name, Reminder.id)
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip
    return [Recipient(row.id, row.name, row.sent_at, row.zone, row.state, row.reason) for row in rows]


def _names(person_ids: Sequence[int]) -> dict[int, str]:
    return {
        row.id: row.name
        for some in some_at_once(person_ids)
        for row in db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(some)))
    }
