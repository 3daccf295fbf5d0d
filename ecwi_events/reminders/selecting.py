"""The people whom a slot is for, and of which sessions, as statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

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
from ecwi_events.registration import telling
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_announcements import Announcement
from ecwi_events.reminders.models import Reminder, SlotSwitch
from ecwi_events.reminders.rules import Times
from ecwi_events.reminders.slots import NEWS, Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from typing import Any

TAKES_PLACE = [status for status in ActivityStatus if takes_place(status)]
# What is over may have been completed meanwhile; thanks go out all the same.
TOOK_PLACE = [*TAKES_PLACE, ActivityStatus.COMPLETED]
AWAY = (Verdict.ABSENT, Verdict.EXCUSED)
AT_ONCE = 500
A_MOMENT = timedelta(minutes=5)  # for a worker to tell it
SINCE = sa.func.coalesce(Registration.confirmed_at, Registration.created_at)


class SessionFacts(NamedTuple):
    """A session, as it is planned now."""

    activity_id: int
    session_id: int
    revision: int


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
    return people.where(*goes_on(timing), Person.disabled_at.is_(None)).order_by(ActivitySession.starts_at, Person.id)


def no_news_is_open(now: datetime) -> sa.ColumnElement[bool]:
    """Say of sessions that people know all of them: news of a change waits some minutes, and must come first.

    News that the office stopped, or that no worker tells, hold nothing up.
    """
    return sa.not_(
        sa.exists().where(
            Announcement.session_id == ActivitySession.id,
            Announcement.superseded_at.is_(None),
            Announcement.done_at.is_(None),
            Announcement.stopped_at.is_(None),
            Announcement.created_at > now - telling.SETTLES - A_MOMENT,
        )
    )


def goes_on(timing: Timing) -> list[sa.ColumnElement[bool]]:
    """Say of which sessions mails of a slot go out."""
    return [
        ActivitySession.status == SessionStatus.PLANNED,
        Activity.status.in_(TOOK_PLACE if timing.is_afterwards else TAKES_PLACE),
        _is_on(timing),
    ]


def left(timing: Timing, session: SessionFacts) -> sa.Select[int]:
    """The sign-ups with a place in a session with which a slot has not dealt yet.

    A list of all with which it has is made once and asked for each of them. Asked by ``EXISTS``, both engines at times read
    all reminders of the session for each sign-up: minutes, with a few thousand.
    """
    return (
        sa.select(Registration.id)
        .where(
            Registration.activity_id == session.activity_id,
            sa.or_(Registration.session_id.is_(None), Registration.session_id == session.session_id),
            Registration.place == Place.CONFIRMED,
            Registration.id.not_in(dealt_with([timing.slot], session, minutes=timing.minutes)),
        )
        .order_by(Registration.id)
    )


def dealt_with(slots: Collection[Slot], session: SessionFacts, *, minutes: int = 0) -> sa.Select[int | None]:
    """The sign-ups with which one of these slots has dealt for a session, as it is planned now."""
    return sa.select(Reminder.registration_id).where(
        Reminder.session_id == session.session_id,
        Reminder.revision == session.revision,
        Reminder.slot.in_(slots),
        Reminder.minutes == minutes,
        Reminder.registration_id.is_not(None),
    )


def some_at_once(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut a list of ids into pieces that fit into one question."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


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
    if timing.slot in NEWS:  # of use above all to who could not be there
        return statement
    away = sa.exists().where(
        Presence.person_id == Person.id, Presence.session_id == ActivitySession.id, Presence.verdict.in_(AWAY)
    )
    return statement.where(sa.not_(away))


def hosts() -> sa.Select[*tuple[Any, ...]]:
    """The host people of the hosts and co-hosts; each once, whatever organisations they act for."""
    acts_for = sa.and_(RoleGrant.organisation_id == ActivityOrganisation.organisation_id, RoleGrant.role == Role.HOST)
    return (
        sa.select(
            sa.null().label("registration_id"), Person.id.label("person_id"), EmailAddress.address,
            sa.func.coalesce(Person.zone, ActivitySession.zone).label("zone"),
            ActivitySession.created_at.label("since"), *SESSION,
        )
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .join(ActivityOrganisation, ActivityOrganisation.activity_id == Activity.id)
        .join(RoleGrant, acts_for)
        .join(Person, Person.id == RoleGrant.person_id)
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(ActivityOrganisation.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)))
        .distinct()
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
    if not timing.may_switch and timing.goes_with is None:
        return sa.true()
    switched = sa.exists().where(
        SlotSwitch.activity_id == Activity.id,
        SlotSwitch.slot == (timing.goes_with or timing.slot),
        SlotSwitch.minutes == timing.minutes,
        SlotSwitch.is_on.is_(not timing.is_usual),
    )
    return sa.not_(switched) if timing.is_usual else switched


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
