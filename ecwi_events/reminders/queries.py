"""Reads for reminders: who might be due, and what an activity has switched on or off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.kernel.db import db
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.people.models import EmailAddress, Person, Role, RoleGrant
from ecwi_events.programme import published
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    OrganisationRole,
    SessionStatus,
)
from ecwi_events.programme.rules import takes_place
from ecwi_events.registration.models import Place, Registration
from ecwi_events.reminders import rules
from ecwi_events.reminders.models import Reminder, SlotSwitch
from ecwi_events.reminders.rules import Times
from ecwi_events.reminders.slots import TIMINGS, Slot, Timing, own

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

TAKES_PLACE = [status for status in ActivityStatus if takes_place(status)]
# What is over may have been completed meanwhile; thanks go out all the same.
TOOK_PLACE = [*TAKES_PLACE, ActivityStatus.COMPLETED]
AWAY = (Verdict.ABSENT, Verdict.EXCUSED)
STILL_TO_GO = (MailState.QUEUED, MailState.RETRY, MailState.SENDING)
WENT_OUT = (MailState.SENT, MailState.UNKNOWN)
_thanks = sa.orm.aliased(Reminder)


@dataclass(frozen=True)
class Candidate:
    """Somebody who may get a mail of a slot about a session, and has none yet."""

    registration_id: int | None  # None for a host person
    person_id: int
    address: str
    since: datetime
    activity_id: int
    session_id: int
    revision: int
    times: Times

    @property
    def recipient(self) -> str:
        """How the reminder's row names who it is for."""
        return f"h{self.person_id}" if self.registration_id is None else f"r{self.registration_id}"


def timings() -> list[Timing]:
    """Return every slot of which there may be mails: those of the house, and those that activities have chosen."""
    chosen = db.session.scalars(
        sa.select(SlotSwitch.minutes).where(SlotSwitch.slot == Slot.OWN, SlotSwitch.is_on).distinct()
    )
    return [*TIMINGS.values(), *(own(minutes) for minutes in sorted(chosen))]


def slots_of(activity_id: int) -> list[tuple[Timing, bool]]:
    """Return the slots of an activity, each with whether it is on; own ones last, the longest ahead first."""
    rows = db.session.execute(
        sa.select(SlotSwitch.slot, SlotSwitch.minutes, SlotSwitch.is_on).where(SlotSwitch.activity_id == activity_id)
    ).all()
    switched = {row.slot: row.is_on for row in rows if row.slot is not Slot.OWN}
    chosen = sorted((row.minutes for row in rows if row.slot is Slot.OWN and row.is_on), reverse=True)
    usual = [(timing, switched.get(slot, timing.is_usual)) for slot, timing in TIMINGS.items()]
    return [*usual, *((own(minutes), True) for minutes in chosen)]


def candidates(timing: Timing, *, now: datetime, activity_id: int | None = None) -> Sequence[Candidate]:
    """Return whose mail of a slot may be due or was missed lately, those whose session is nearest first.

    Args:
        timing: of the slot.
        now: the door's instant.
        activity_id: only this activity's, and then all that are still to come, however far ahead.
    """
    if timing.slot is Slot.RECORDING:
        return _who_has_not_heard(timing, now=now, activity_id=activity_id)
    if activity_id is None:
        moment = ActivitySession.ends_at if timing.is_afterwards else ActivitySession.starts_at
        when = [
            moment > now - rules.LOOK_BACK + timing.useless,
            moment <= now + timing.ahead + (rules.SLACK if timing.by_wall_clock else rules.NO_SLACK),
        ]
    else:
        when = [ActivitySession.activity_id == activity_id]
    people = _hosts() if timing.for_hosts else _participants(timing)
    rows = db.session.execute(_still_wanted(people, timing).where(*when)).all()
    return [_candidate(row) for row in rows]


def told_by(mail_id: int) -> list[tuple[int, int, int]]:
    """Return of what a mail speaks: registration, session and revision of its schedule, in the order of writing."""
    rows = db.session.execute(
        sa.select(Reminder.registration_id, Reminder.session_id, Reminder.revision)
        .where(Reminder.mail_id == mail_id, Reminder.registration_id.is_not(None))
        .order_by(Reminder.id)
    ).all()
    return [(row.registration_id, row.session_id, row.revision) for row in rows]


def find_host_person(person_id: int) -> tuple[str, str | None] | None:
    """Return name and zone of a host person who is still there, or None."""
    row = db.session.execute(
        sa.select(Person.name, Person.zone).where(Person.id == person_id, Person.disabled_at.is_(None))
    ).one_or_none()
    return (row.name, row.zone) if row else None


def waiting_for(activity_id: int, session_id: int) -> int:
    """Return how many people wait for a place in a session."""
    for_it = sa.or_(Registration.session_id.is_(None), Registration.session_id == session_id)
    counted = sa.select(sa.func.count()).where(
        Registration.activity_id == activity_id, for_it, Registration.place == Place.WAITING
    )
    return db.session.scalar(counted) or 0


def _who_has_not_heard(timing: Timing, *, now: datetime, activity_id: int | None) -> list[Candidate]:
    """Return who can open something new since a session of theirs, and has not been told of it by the thanks."""
    since = None if activity_id else now - rules.PUBLISHED_WITHIN
    news = published.after_sessions(now=now, since=since, activity_id=activity_id)
    if not news:
        return []
    of_thanks = Mail.id == sa.select(_thanks.mail_id).where(
        _thanks.registration_id == Registration.id, _thanks.session_id == ActivitySession.id,
        _thanks.slot == Slot.THANKS, _thanks.revision == ActivitySession.schedule_revision,
    ).correlate(Registration, ActivitySession).scalar_subquery()  # fmt: skip
    people = _participants(timing).outerjoin(Mail, of_thanks).add_columns(Mail.state, Mail.sent_at, Mail.created_at)
    found = []
    for row in db.session.execute(_still_wanted(people, timing).where(ActivitySession.id.in_(news))):
        told_at = _told_at(row, now=now)
        at = rules.news_at([(one.is_recording, one.at) for one in news[row.session_id]], told_at=told_at)
        if at:
            found.append(_candidate(row, ends_at=at))
    return found


def _told_at(row: Any, *, now: datetime) -> datetime | None:  # noqa: ANN401 - a row of columns with names
    """Return when the thanks after a session went out; what is still on its way leads to all that is there now."""
    if row.state in STILL_TO_GO:
        return now
    sent_at: datetime | None = row.sent_at or row.created_at
    return sent_at if row.state in WENT_OUT else None


def _still_wanted(people: sa.Select[*tuple[Any, ...]], timing: Timing) -> sa.Select[*tuple[Any, ...]]:
    """Leave out whom nothing is sent any more, and who has it; those whose session is nearest come first."""
    return people.where(
        ActivitySession.status == SessionStatus.PLANNED,
        Activity.status.in_(TOOK_PLACE if timing.is_afterwards else TAKES_PLACE),
        Person.disabled_at.is_(None),
        _is_on(timing),
        sa.not_(_dealt_with(timing)),
    ).order_by(ActivitySession.starts_at, Person.id)


def _participants(timing: Timing) -> sa.Select[*tuple[Any, ...]]:
    statement = (
        sa.select(
            Registration.id.label("registration_id"), Person.id.label("person_id"), EmailAddress.address,
            Registration.zone.label("zone"),
            sa.func.coalesce(Registration.confirmed_at, Registration.created_at).label("since"), *_SESSION,
        )
        .join(ActivitySession, _is_of_sign_up())
        .join(Activity, Activity.id == Registration.activity_id)
        .join(Person, Person.id == Registration.person_id)
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(Registration.place == Place.CONFIRMED)
    )  # fmt: skip
    if not timing.is_afterwards:
        return statement.where(sa.not_(stopping.stopped_by(Person.id, Topic.REMINDERS)))
    statement = statement.where(sa.not_(stopping.stopped_by(Person.id, Topic.THANKS)))
    if timing.slot is Slot.RECORDING:  # of use above all to who could not be there
        return statement
    away = sa.exists().where(
        Presence.person_id == Person.id, Presence.session_id == ActivitySession.id, Presence.verdict.in_(AWAY)
    )
    return statement.where(sa.not_(away))


def _hosts() -> sa.Select[*tuple[Any, ...]]:
    """The host people of the hosts and co-hosts; each once, whatever organisations they act for."""
    acts_here = (
        sa.select(RoleGrant.person_id)
        .join(ActivityOrganisation, ActivityOrganisation.organisation_id == RoleGrant.organisation_id)
        .where(
            ActivityOrganisation.activity_id == Activity.id,
            ActivityOrganisation.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)),
            RoleGrant.role == Role.HOST,
            RoleGrant.person_id == Person.id,
        )
    )
    return (
        sa.select(
            sa.null().label("registration_id"), Person.id.label("person_id"), EmailAddress.address,
            sa.func.coalesce(Person.zone, ActivitySession.zone).label("zone"),
            ActivitySession.created_at.label("since"), *_SESSION,
        )
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .join(Person, acts_here.correlate(Activity, Person).exists())
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
    )  # fmt: skip


_SESSION = (
    ActivitySession.activity_id, ActivitySession.id.label("session_id"),
    ActivitySession.schedule_revision.label("revision"), ActivitySession.starts_at, ActivitySession.ends_at,
    ActivitySession.scheduled_at,
)  # fmt: skip


def _is_of_sign_up() -> sa.ColumnElement[bool]:
    """A sign-up for the whole activity is for each of its sessions; another one is for its own."""
    return sa.and_(
        ActivitySession.activity_id == Registration.activity_id,
        sa.or_(Registration.session_id.is_(None), Registration.session_id == ActivitySession.id),
    )


def _is_on(timing: Timing) -> sa.ColumnElement[bool]:
    if not timing.may_switch:
        return sa.true()
    switched = sa.exists().where(
        SlotSwitch.activity_id == Activity.id,
        SlotSwitch.slot == timing.slot,
        SlotSwitch.minutes == timing.minutes,
        SlotSwitch.is_on.is_(not timing.is_usual),
    )
    return sa.not_(switched) if timing.is_usual else switched


def _dealt_with(timing: Timing) -> sa.ColumnElement[bool]:
    whose = Reminder.person_id == Person.id if timing.for_hosts else Reminder.registration_id == Registration.id
    return sa.exists().where(
        whose,
        Reminder.session_id == ActivitySession.id,
        Reminder.slot == timing.slot,
        Reminder.minutes == timing.minutes,
        Reminder.revision == ActivitySession.schedule_revision,
    )


def _candidate(row: Any, *, ends_at: datetime | None = None) -> Candidate:  # noqa: ANN401 - a row of columns with names
    return Candidate(
        registration_id=row.registration_id,
        person_id=row.person_id,
        address=row.address,
        since=max(row.since, row.scheduled_at or row.since),
        activity_id=row.activity_id,
        session_id=row.session_id,
        revision=row.revision,
        times=Times(row.starts_at, ends_at or row.ends_at, row.zone),
    )
