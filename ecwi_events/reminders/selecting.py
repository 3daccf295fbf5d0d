"""The people whom a slot is for, and of which sessions, as statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.people.models import EmailAddress, Person, Role, RoleGrant
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
from ecwi_events.reminders.models import Reminder, SlotSwitch
from ecwi_events.reminders.rules import Times
from ecwi_events.reminders.slots import Slot, Timing

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

TAKES_PLACE = [status for status in ActivityStatus if takes_place(status)]
# What is over may have been completed meanwhile; thanks go out all the same.
TOOK_PLACE = [*TAKES_PLACE, ActivityStatus.COMPLETED]
AWAY = (Verdict.ABSENT, Verdict.EXCUSED)
SINCE = sa.func.coalesce(Registration.confirmed_at, Registration.created_at)


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


def still_wanted(people: sa.Select[*tuple[Any, ...]], timing: Timing) -> sa.Select[*tuple[Any, ...]]:
    """Leave out whom nothing is sent any more, and who has it; those whose session is nearest come first."""
    return people.where(*goes_on(timing), Person.disabled_at.is_(None), sa.not_(_dealt_with(timing))).order_by(
        ActivitySession.starts_at, Person.id
    )


def goes_on(timing: Timing) -> list[sa.ColumnElement[bool]]:
    """Say of which sessions mails of a slot go out."""
    return [
        ActivitySession.status == SessionStatus.PLANNED,
        Activity.status.in_(TOOK_PLACE if timing.is_afterwards else TAKES_PLACE),
        _is_on(timing),
    ]


def participants(timing: Timing) -> sa.Select[*tuple[Any, ...]]:
    """The people with a place, each with each session of theirs, who have not stopped such mails."""
    statement = (
        sa.select(
            Registration.id.label("registration_id"), Person.id.label("person_id"), EmailAddress.address,
            Registration.zone.label("zone"),
            SINCE.label("since"), *SESSION,
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


def hosts() -> sa.Select[*tuple[Any, ...]]:
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
            ActivitySession.created_at.label("since"), *SESSION,
        )
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .join(Person, acts_here.correlate(Activity, Person).exists())
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
    )  # fmt: skip


SESSION = (
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


def candidate(row: Any, *, ends_at: datetime | None = None) -> Candidate:  # noqa: ANN401 - a row of columns with names
    """Return what a row of these statements says."""
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
