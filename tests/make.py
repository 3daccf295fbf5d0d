"""Rows for examples: plain functions with telling defaults. Each commits, as a door would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from ecwi_events.kernel.db import transaction
from ecwi_events.people import service as people
from ecwi_events.people import signing_in
from ecwi_events.people.models import MembershipClass, Role
from ecwi_events.programme import service as programme
from ecwi_events.programme.models import ActivityKind, ActivityStatus
from ecwi_events.programme.service import NewActivity
from ecwi_events.programme.sessions import NewSession
from ecwi_events.registration import changes
from ecwi_events.registration import service as registration
from ecwi_events.registration.service import SignedUp, SignUp
from ecwi_events.reminders import service as reminders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecwi_events.reminders.slots import Timing

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_number = count(1)


def make_organisation(name: str = "", *, country: str | None = "SI", member: bool = True) -> int:
    """An organisation; a Member since 2011 unless told otherwise."""
    with transaction():
        organisation_id = people.create_organisation(
            name or f"Example Early Years Network {next(_number)}", country=country, now=NOW
        )
        if member:
            people.record_membership(
                organisation_id, MembershipClass.FULL, from_on=datetime(2011, 1, 1, tzinfo=UTC).date(), source="test"
            )
    return organisation_id


def make_person(
    name: str = "Olena Koval", address: str = "", *, organisation: str = "", zone: str | None = None
) -> int:
    """A person with an address of their own."""
    with transaction():
        return people.create_person(
            name, address or f"person{next(_number)}@people.example", organisation=organisation, zone=zone, now=NOW
        )


def make_host(organisation_id: int, name: str = "Hanna Host") -> int:
    """A host person of an organisation."""
    person_id = make_person(name)
    with transaction():
        people.grant_role(person_id, Role.HOST, organisation_id=organisation_id, now=NOW)
    return person_id


def make_office(name: str = "Otto Office") -> int:
    """Somebody of the office."""
    person_id = make_person(name)
    with transaction():
        people.grant_role(person_id, Role.OFFICE, now=NOW)
    return person_id


def make_staff(role: Role, name: str = "") -> int:
    """Somebody with a role of the whole house: office, administrator or auditor."""
    person_id = make_person(name or f"Sam {role.value.capitalize()}")
    with transaction():
        people.grant_role(person_id, role, now=NOW)
    return person_id


def make_session(
    title: str = "First session",
    *,
    starts_local: str = "2027-01-19 14:00",
    zone: str = "Europe/Amsterdam",
    minutes: int = 90,
) -> NewSession:
    """A session as it is typed."""
    return NewSession(title, datetime.fromisoformat(starts_local), zone, minutes)


def make_activity(
    title: str = "Learning communities that last",
    *,
    host_id: int | None = None,
    capacity: int | None = None,
    kind: ActivityKind = ActivityKind.PLA,
    sessions: list[NewSession] | None = None,
    status: ActivityStatus = ActivityStatus.PLANNED,
    home_year: int = 2026,
    closes_at: datetime | None = None,
    now: datetime = NOW,
) -> int:
    """A published activity with one session in January 2027, unless told otherwise."""
    host_id = host_id or make_organisation()
    with transaction():
        activity_id = registration.create_activity(
            NewActivity(
                kind=kind,
                title=title,
                home_year=home_year,
                host_id=host_id,
                sessions=[make_session()] if sessions is None else sessions,
                sign_up_closes_at=closes_at,
            ),
            capacity=capacity,
            by_person_id=None,
            now=now,
        )
        if status is not ActivityStatus.DRAFT:
            programme.move_to_status(activity_id, ActivityStatus.PLANNED, by_person_id=None, now=now)
        if status not in {ActivityStatus.DRAFT, ActivityStatus.PLANNED}:
            programme.move_to_status(activity_id, status, by_person_id=None, now=now)
    return activity_id


def sign_up(
    activity_id: int,
    name: str = "Olena Koval",
    address: str = "",
    *,
    organisation: str = "",
    zone: str = "Europe/Kyiv",
    now: datetime = NOW,
) -> SignedUp:
    """Somebody signs up."""
    with transaction():
        return registration.sign_up(
            SignUp(activity_id, name, address or f"person{next(_number)}@people.example", organisation, zone), now=now
        )


def withdraw(registration_id: int, *, now: datetime = NOW) -> bool:
    """Somebody gives up the place."""
    with transaction():
        return registration.withdraw(registration_id, now=now)


def cancel_activity(activity_id: int, reason: str, *, by_person_id: int | None = None, now: datetime = NOW) -> None:
    """Cancel an activity; the caller has the transaction open, as for the two below."""
    move = changes.Move(ActivityStatus.CANCELLED, by_person_id, reason=reason)
    changes.move_activity(activity_id, move, now=now)


def postpone_activity(
    activity_id: int, reason: str, *, until: str = "", by_person_id: int | None = None, now: datetime = NOW
) -> None:
    """Postpone an activity."""
    move = changes.Move(ActivityStatus.POSTPONED, by_person_id, reason=reason, until=until)
    changes.move_activity(activity_id, move, now=now)


def plan_again(activity_id: int, *, by_person_id: int | None = None, now: datetime = NOW) -> None:
    """Plan an activity again that was postponed."""
    changes.move_activity(activity_id, changes.Move(ActivityStatus.PLANNED, by_person_id), now=now)


def signed_in(client, person_id: int, *, now: datetime | None = None) -> None:
    """Sign this browser in as a person, the way the link does it."""
    with transaction():
        token = signing_in.issue_sign_in_token(person_id, now=now or _real_now())
    answer = client.post(f"/sign-in/{token}")
    assert answer.status_code == 303, answer.text


def signed_in_by_row(client, person_id: int) -> None:
    """Sign this browser in by its record and its cookie alone, for where forms are guarded."""
    from ecwi_events.people import browser_sessions

    with transaction():
        token = browser_sessions.start(person_id, device="", now=_real_now())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token


def _real_now() -> datetime:
    from ecwi_events.kernel.clock import utc_now

    return utc_now()


def days(number: int) -> timedelta:
    """So many days."""
    return timedelta(days=number)


def derive_reminders(*, now: datetime, only: Iterable[Timing] = ()) -> int:
    """Write down all reminders that are due, as a tick does; of how many sessions they speak, or were to speak."""
    found = reminders.find_due(now=now, only=only)
    with transaction():
        reminders.write_down(found, now=now)
    return sum(len(one.group) for one in found)
