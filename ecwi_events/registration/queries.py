"""Reads of registrations and places, named by their question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.people.models import EmailAddress, Organisation, Person
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import Activity, ActivitySession, SessionStatus
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.rules import SignUpFacts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import ActivityPage

LINK = "registration"


@dataclass(frozen=True)
class MySignUp:
    """What the holder of a personal link sees."""

    registration_id: int
    uid: str
    person_id: int
    name: str
    address: str | None
    place: Place
    number_in_line: int | None
    zone: str
    token: str
    link_version: int
    revision: int
    created_at: datetime
    confirmed_at: datetime | None
    withdrawn_at: datetime | None
    activity: ActivityPage


@dataclass(frozen=True)
class Participant:
    """One line of the list of people of an activity."""

    registration_id: int
    person_id: int
    name: str
    organisation: str | None
    country: str | None
    address: str | None
    place: Place
    queue_place: int | None
    created_at: datetime


def token_of(uid: str, link_version: int) -> str:
    """Return the token of a registration's personal link; it can be made again at any time, so it is not stored."""
    return tokens.derived(LINK, uid, link_version)


_SIGN_UP_FACTS = (
    sa.select(
        Activity.status,
        Activity.sign_up_closes_at,
        Places.id,
        Places.capacity,
        Places.taken,
        Places.waiting,
        ActivitySession.ends_at,
    )
    .outerjoin(Places, Places.activity_id == Activity.id)
    .outerjoin(
        ActivitySession,
        sa.and_(ActivitySession.activity_id == Activity.id, ActivitySession.status == SessionStatus.PLANNED),
    )
    .where(Activity.id == sa.bindparam("activity"))
)


def sign_up_facts(activity_id: int) -> SignUpFacts | None:
    """Return what decides whether people may sign up, or None if there is no such activity."""
    rows = db.session.execute(_SIGN_UP_FACTS, {"activity": activity_id}).all()
    if not rows:
        return None
    first = rows[0]
    return SignUpFacts(
        activity_id=activity_id,
        places_id=first.id,
        status=first.status.value,
        session_ends=tuple(row.ends_at for row in rows if row.ends_at),
        closes_at=first.sign_up_closes_at,
        capacity=first.capacity,
        taken=first.taken or 0,
        waiting=first.waiting or 0,
    )


def signed_up_for(person_id: int) -> frozenset[int]:
    """Return the activities in which a person has a place or waits for one."""
    held = (Place.CONFIRMED, Place.OFFERED, Place.WAITING)
    return frozenset(
        db.session.scalars(
            sa.select(Registration.activity_id).where(Registration.person_id == person_id, Registration.place.in_(held))
        )
    )


def places_taken(activity_ids: Sequence[int]) -> dict[int, tuple[int | None, int, int]]:
    """Return capacity, taken and waiting of several activities at once."""
    rows = db.session.execute(
        sa.select(Places.activity_id, Places.capacity, Places.taken, Places.waiting).where(
            Places.activity_id.in_(activity_ids)
        )
    ).all()
    return {row.activity_id: (row.capacity, row.taken, row.waiting) for row in rows}


def find_by_link(token: str) -> MySignUp | None:
    """Return the sign-up that this personal link belongs to, or None."""
    return _my_sign_up(Registration.link_hash == tokens.digest(token))


def find_sign_up(registration_id: int) -> MySignUp | None:
    """Return a sign-up by its id (for mails), or None."""
    return _my_sign_up(Registration.id == registration_id)


def participants(activity_id: int) -> Sequence[Participant]:
    """Return everybody who signed up, also those who withdrew: confirmed, waiting by number in line, then the rest."""
    order = sa.case({Place.CONFIRMED: 0, Place.OFFERED: 1, Place.WAITING: 2}, value=Registration.place, else_=3)
    rows = db.session.execute(
        sa.select(
            Registration.id,
            Registration.person_id,
            Person.name,
            sa.func.coalesce(Organisation.name, Person.organisation_text).label("organisation"),
            sa.func.coalesce(Person.country, Organisation.country).label("country"),
            EmailAddress.address,
            Registration.place,
            Registration.queue_place,
            Registration.created_at,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .outerjoin(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(Registration.activity_id == activity_id)
        .order_by(order, Registration.queue_place, Person.name, Registration.id)
    ).all()
    return [Participant(*row) for row in rows]


def number_in_line(places_id: int, queue_place: int | None) -> int | None:
    """Return how many wait up to and with this place in the line, or None for somebody who does not wait."""
    if queue_place is None:
        return None
    return db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Registration)
        .where(
            Registration.places_id == places_id,
            Registration.place == Place.WAITING,
            Registration.queue_place <= queue_place,
        )
    )


def _my_sign_up(condition: sa.ColumnElement[bool]) -> MySignUp | None:
    row = db.session.execute(
        sa.select(Registration, Person.name, EmailAddress.address)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(condition)
    ).first()
    if row is None:
        return None
    registration, name, address = row
    activity = programme.find_activity(registration.activity_id)
    if activity is None:
        return None
    waits = registration.place is Place.WAITING
    return MySignUp(
        registration_id=registration.id,
        uid=registration.uid,
        person_id=registration.person_id,
        name=name,
        address=address,
        place=registration.place,
        number_in_line=number_in_line(registration.places_id, registration.queue_place) if waits else None,
        zone=registration.zone,
        token=token_of(registration.uid, registration.link_version),
        link_version=registration.link_version,
        revision=registration.revision,
        created_at=registration.created_at,
        confirmed_at=registration.confirmed_at,
        withdrawn_at=registration.withdrawn_at,
        activity=activity,
    )
