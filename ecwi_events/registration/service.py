"""Signing up and withdrawing. Each act reads: cheap checks, the counted row, the registration, the mail."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail import service as mail
from ecwi_events.people import rules as people_rules
from ecwi_events.people import service as people_service
from ecwi_events.people.models import EmailAddress
from ecwi_events.programme import service as programme
from ecwi_events.registration import places, queries, rules
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.programme.service import NewActivity
    from ecwi_events.registration.rules import SignUpFacts

    Held = sa.Row[int, Place, int | None, datetime]

MAIL_PRIORITY = 30
SAME_CLICK = timedelta(minutes=2)  # so soon after the first it is the same person at the same form, who may know
HELD = (Place.CONFIRMED, Place.OFFERED, Place.WAITING)

# Built once: on the way of every sign-up, making a statement costs more than running it.
_HELD = sa.select(Registration.id, Registration.place, Registration.queue_place, Registration.created_at).where(
    Registration.places_id == sa.bindparam("places"), Registration.person_id == sa.bindparam("person")
)
_WHOM = (
    sa.select(Registration.person_id, Registration.revision, EmailAddress.address)
    .join(EmailAddress, EmailAddress.person_id == Registration.person_id)
    .where(Registration.id == sa.bindparam("registration"))
    .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
    .limit(1)
)


@dataclass(frozen=True)
class SignUp:
    """A sign-up as it is typed."""

    activity_id: int
    name: str
    address: str
    organisation: str = ""
    zone: str | None = None


@dataclass(frozen=True)
class SignedUp:
    """What the person is told; ``is_repeat`` is for us, the page says the same to everyone."""

    registration_id: int
    place: Place
    number_in_line: int | None
    is_repeat: bool


def create_activity(new: NewActivity, *, capacity: int | None, by_person_id: int | None, now: datetime) -> int:
    """Make an activity together with its counted row, and return its id.

    Raises:
        Invalid: a field cannot be taken.
    """
    if capacity is not None and capacity < 1:
        raise Invalid({"capacity": "Enter the number of places, or leave it empty for no limit"})
    activity_id = programme.create_activity(new, by_person_id=by_person_id, now=now)
    places.open_places(activity_id, capacity=capacity)
    journal.note("open_places", "activity", activity_id, after={"capacity": capacity}, now=now)
    return activity_id


def sign_up(new: SignUp, *, now: datetime) -> SignedUp:
    """Sign a person up: a confirmed place, or a number in the line when all places are taken.

    A second sign-up with the same address changes nothing, answers as a first one would, and says so by mail only, so that
    nobody can find out who is signed up. A person who had withdrawn comes back at the end of the line.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such activity.
        Refused: sign-up is not open; ``code`` is a `Closed`.
    """
    facts = _open_facts(new, now=now)
    person_id = people_service.find_or_create_person(
        new.name, new.address, organisation=new.organisation, zone=canonical_zone(new.zone), now=now
    )
    held = _registration_of(facts.places_id, person_id)
    if held and held.place in HELD:
        return _repeat(held, facts, now=now)
    granted = places.take(facts.places_id or 0)
    registration_id = _write(held.id if held else None, new, facts, person_id, granted, now=now)
    if registration_id is None:  # the same person, in another tab, was faster
        places.give_back(facts.places_id or 0, was_place=granted.is_place)
        return _repeat(_registration_of(facts.places_id, person_id), facts, now=now)
    if granted.is_place:
        _tell("registration.confirmed", registration_id, now=now)
        return SignedUp(registration_id, Place.CONFIRMED, None, is_repeat=False)
    _tell("registration.waiting", registration_id, now=now)
    return SignedUp(registration_id, Place.WAITING, granted.number_in_line, is_repeat=False)


def withdraw(registration_id: int, *, now: datetime) -> bool:
    """Give up the place or leave the line; a freed place goes to the first in line in the same transaction.

    Returns False when there was nothing to give up: the second withdrawal frees nothing.

    Raises:
        NotFound: there is no such registration.
    """
    places_id, activity_id = _where(registration_id)
    places.lock(places_id)
    held = _states(registration_id)
    if held.place not in HELD:
        return False
    _set(registration_id, place=Place.WITHDRAWN, withdrawn_at=now, revision=Registration.revision + 1)
    had_place = held.place is not Place.WAITING
    counts = places.give_back(places_id, was_place=had_place)
    if had_place and counts.waiting:
        promote_first(places_id, activity_id, now=now)
    _note("withdraw", registration_id, held.place, Place.WITHDRAWN, now=now)
    _tell("registration.withdrawn", registration_id, now=now)
    return True


def undo_withdrawal(registration_id: int, *, now: datetime) -> Place:
    """Take a withdrawal back within ten minutes: the place if it is still free, the old number in the line otherwise.

    Raises:
        NotFound: there is no such registration.
        Refused: the ten minutes are over, or the place went to the next person, or sign-up is no longer open.
    """
    places_id, activity_id = _where(registration_id)
    counts = places.lock(places_id)
    held = _states(registration_id)
    if held.place is not Place.WITHDRAWN:
        return Place(held.place)
    facts = queries.sign_up_facts(activity_id)
    if not rules.may_undo_withdrawal(held.withdrawn_at, now=now) or facts is None or rules.refusal(facts, now=now):
        raise Refused("too_late", "It is too late to undo this. You can sign up again.")
    had_place = held.confirmed_at is not None
    if had_place and not counts.has_room:
        raise Refused("place_gone", "Your place went to the next person. You can join the waiting list.")
    place = Place.CONFIRMED if had_place else Place.WAITING
    _set(registration_id, place=place, withdrawn_at=None, revision=Registration.revision + 1)
    places.retake(places_id, as_place=had_place)
    _note("undo_withdrawal", registration_id, Place.WITHDRAWN, place, now=now)
    _tell("registration.confirmed" if had_place else "registration.waiting", registration_id, now=now)
    return place


def _open_facts(new: SignUp, *, now: datetime) -> SignUpFacts:
    faults = {
        "name": people_rules.name_fault(new.name),
        "email": people_rules.address_fault(new.address),
        "organisation": people_rules.organisation_fault(new.organisation),
    }
    if wrong := {field: fault for field, fault in faults.items() if fault}:
        raise Invalid(wrong)
    facts = queries.sign_up_facts(new.activity_id)
    if facts is None:
        raise NotFound("We cannot find this activity.")
    if closed := rules.refusal(facts, now=now):
        raise Refused(closed.value, rules.SENTENCES[closed])
    return facts


def _write(
    earlier_id: int | None,
    new: SignUp,
    facts: SignUpFacts,
    person_id: int,
    granted: places.Granted,
    *,
    now: datetime,
) -> int | None:
    """Write the registration, or revive the withdrawn one; None if the person is registered after all."""
    place = Place.CONFIRMED if granted.is_place else Place.WAITING
    got = {
        "place": place,
        "queue_place": None if granted.is_place else granted.queue_place,
        "confirmed_at": now if granted.is_place else None,
        "withdrawn_at": None,
        "zone": canonical_zone(new.zone) or "UTC",
        "created_at": now,
    }
    if earlier_id is not None:
        back = Registration.place.in_((Place.WITHDRAWN, Place.DECLINED))
        return earlier_id if _set(earlier_id, back, **got, revision=Registration.revision + 1) else None
    uid = str(uuid.uuid4())
    row = {
        **got,
        "uid": uid,
        "activity_id": new.activity_id,
        "places_id": facts.places_id,
        "person_id": person_id,
        "link_version": 1,
        "link_hash": tokens.digest(queries.token_of(uid, 1)),
        "revision": 1,
    }
    written = insert_unless_there(Registration, [row], key=["places_id", "person_id"])
    return written[0] if written else None


def _repeat(held: Held | None, facts: SignUpFacts, *, now: datetime) -> SignedUp:
    if held is None:  # withdrawn and gone in the same instant: let the person try again
        raise Refused("try_again", "Please send the form once more.")
    if held.created_at > now - SAME_CLICK:
        number = queries.number_in_line(facts.places_id or 0, held.queue_place)
        return SignedUp(held.id, Place(held.place), number if held.place is Place.WAITING else None, is_repeat=True)
    _tell("registration.already", held.id, now=now, within=f"{now:%Y-%m-%dT%H}")
    if facts.is_full:
        return SignedUp(held.id, Place.WAITING, facts.waiting + 1, is_repeat=True)
    return SignedUp(held.id, Place.CONFIRMED, None, is_repeat=True)


def promote_first(places_id: int, activity_id: int, *, now: datetime) -> None:
    """Give a place that was freed to the first in line, who is told; the caller holds the lock of the counted row."""
    facts = queries.sign_up_facts(activity_id)
    if facts is None or not rules.may_promote(facts, now=now):
        return
    first = db.session.execute(
        sa.select(Registration.id, Registration.person_id)
        .where(Registration.places_id == places_id, Registration.place == Place.WAITING)
        .order_by(Registration.queue_place)
        .limit(1)
    ).one()
    _set(first.id, place=Place.CONFIRMED, confirmed_at=now, revision=Registration.revision + 1)
    places.promote(places_id)
    _tell("registration.promoted", first.id, now=now)


def _tell(kind: str, registration_id: int, *, now: datetime, within: str | None = None) -> None:
    """Queue the mail that belongs to the registration's present revision (or to a span of time)."""
    row = db.session.execute(_WHOM, {"registration": registration_id}).first()
    if row is None:
        return
    mail.queue(
        kind,
        person_id=row.person_id,
        address=row.address,
        subject_id=registration_id,
        dedup_key=f"{kind}:{registration_id}:{within or row.revision}",
        revision=row.revision,
        priority=MAIL_PRIORITY,
        now=now,
    )


def _note(act: str, registration_id: int, before: str, after: str, *, now: datetime) -> None:
    """Write in the journal what became of a place; ordinary sign-ups have rows of their own and need no entry."""
    journal.note(act, "registration", registration_id, before={"place": before}, after={"place": after}, now=now)


def _registration_of(places_id: int | None, person_id: int) -> Held | None:
    return db.session.execute(_HELD, {"places": places_id, "person": person_id}).one_or_none()


def _where(registration_id: int) -> tuple[int, int]:
    row = db.session.execute(
        sa.select(Registration.places_id, Registration.activity_id).where(Registration.id == registration_id)
    ).one_or_none()
    if row is None:
        raise NotFound("We cannot find this sign-up.")
    return row.places_id, row.activity_id


def _states(registration_id: int) -> sa.Row[Place, datetime | None, datetime | None, int]:
    return db.session.execute(
        sa.select(
            Registration.place, Registration.withdrawn_at, Registration.confirmed_at, Registration.person_id
        ).where(Registration.id == registration_id)
    ).one()


def _set(registration_id: int, *conditions: sa.ColumnElement[bool], **values: object) -> bool:
    result = db.session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, *conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count
