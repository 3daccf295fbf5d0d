"""Reads of registrations and places, named by their question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, run
from ecwi_events.people.models import EmailAddress, Organisation, Person
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import Activity, ActivitySession, SessionStatus
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_terms import SignUpTerms
from ecwi_events.registration.rules import SessionPlaces, SignUpFacts, Terms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import ActivityPage, SessionView

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
    session_id: int | None = None
    offer_expires_at: datetime | None = None
    signed_up_by: str | None = None  # the name of who signed this person up, if somebody did
    offers: int = 0
    lapsed_at: datetime | None = None  # when an offer ended without an answer, and nothing came of it since
    claimed_organisation: str | None = None
    approved_at: datetime | None = None  # when the host said yes, where the host decides
    account_closed_at: datetime | None = None

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        """The sessions that this sign-up is for: all of the activity, or the one that was chosen."""
        return tuple(s for s in self.activity.sessions if self.session_id in {None, s.id})


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
    session_id: int | None = None
    offer_expires_at: datetime | None = None
    claimed_organisation: str | None = None


def token_of(uid: str, link_version: int) -> str:
    """Return the token of a registration's personal link; it can be made again at any time, so it is not stored."""
    return tokens.derived(LINK, uid, link_version)


_WHOLE, _OWN = (Places.metadata.tables["places"].alias(name) for name in ("whole", "own"))
_A = sa.inspect(Activity).local_table
_S = sa.inspect(ActivitySession).local_table
_T = sa.inspect(SignUpTerms).local_table
_ALL_FACTS = (
    sa.select(
        _A.c.status,
        _A.c.sign_up_closes_at,
        _WHOLE.c.id,
        _WHOLE.c.capacity,
        _WHOLE.c.taken,
        _WHOLE.c.waiting,
        _T.c.by,
        _T.c.who,
        _T.c.most_per_organisation,
        _T.c.needs_approval,
        _T.c.opens_at,
        _T.c.offers_within_hours,
        _T.c.offers_last_minutes,
        _T.c.asks_for_proof,
        _A.c.link_hash,
        _S.c.id.label("session_id"),
        _S.c.starts_at,
        _S.c.ends_at,
        _OWN.c.id.label("own_id"),
        _OWN.c.capacity.label("own_capacity"),
        _OWN.c.taken.label("own_taken"),
        _OWN.c.waiting.label("own_waiting"),
    )
    .select_from(_A)
    .outerjoin(_WHOLE, sa.and_(_WHOLE.c.activity_id == _A.c.id, _WHOLE.c.session_id.is_(None)))
    .outerjoin(_T, _T.c.activity_id == _A.c.id)
    .outerjoin(
        _S,
        sa.and_(_S.c.activity_id == _A.c.id, _S.c.status == SessionStatus.PLANNED),
    )
    .outerjoin(_OWN, _OWN.c.session_id == _S.c.id)
)
_SIGN_UP_FACTS = _ALL_FACTS.where(_A.c.id == sa.bindparam("activity"))
FACTS_PART = _ALL_FACTS.where(_A.c.id == programme.WANTED.c.id)  # of a bundle


def sign_up_facts(activity_id: int) -> SignUpFacts | None:
    """Return what decides whether people may sign up, in one query, or None if there is no such activity."""
    rows = run(_SIGN_UP_FACTS, {"activity": activity_id}).all()
    return facts_from(rows, activity_id) if rows else None


def facts_from(rows: Sequence[Any], activity_id: int) -> SignUpFacts:
    """Return what decides whether people may sign up, from the rows of the one query."""
    first = rows[0]
    return SignUpFacts(
        activity_id=activity_id,
        places_id=first.id,
        status=first.status.value,
        sessions=tuple(_session_places(row, first.capacity) for row in rows if row.session_id),
        closes_at=first.sign_up_closes_at,
        capacity=first.capacity,
        taken=first.taken or 0,
        waiting=first.waiting or 0,
        terms=Terms() if first.by is None else Terms(*first[6:14]),
        link_hash=first.link_hash,
    )


def _session_places(row: Any, usual: int | None) -> SessionPlaces:  # noqa: ANN401 - a row
    """Return a session with its places; one whose row is not made yet starts with the capacity of the activity's row."""
    if row.own_id is None:
        return SessionPlaces(row.session_id, row.starts_at, row.ends_at, capacity=usual)
    return SessionPlaces(
        row.session_id, row.starts_at, row.ends_at, row.own_id, row.own_capacity, row.own_taken, row.own_waiting
    )


def of_session(session_id: Any, registered_for: Any = Registration.session_id) -> sa.ColumnElement[bool]:  # noqa: ANN401
    """Return the condition that a registration is for this session: for it alone, or for the whole activity."""
    return sa.or_(registered_for.is_(None), registered_for == session_id)


def signed_up_for(person_id: int) -> frozenset[int]:
    """Return the activities in which a person has a place or waits for one."""
    held = (Place.CONFIRMED, Place.OFFERED, Place.WAITING)
    return frozenset(
        db.session.scalars(
            sa.select(Registration.activity_id).where(Registration.person_id == person_id, Registration.place.in_(held))
        )
    )


def find_by_link(token: str) -> MySignUp | None:
    """Return the sign-up that this personal link belongs to, or None."""
    return _my_sign_up(_MINE_BY_LINK, tokens.digest(token))


def find_sign_up(registration_id: int) -> MySignUp | None:
    """Return a sign-up by its id (for mails), or None."""
    return _my_sign_up(_MINE_BY_ID, registration_id)


def sign_ups_of(registration_ids: Collection[int]) -> dict[int, MySignUp]:
    """Return several sign-ups by their ids (for mails), read together."""
    rows = run(_MINE_BY_IDS, {"wanted": list(registration_ids)}).all()
    activities = {number: programme.find_activity(number) for number in {row.activity_id for row in rows}}
    return {row.id: _seen(row, activity) for row in rows if (activity := activities[row.activity_id])}


def participants(activity_id: int, session_id: int | None = None) -> Sequence[Participant]:
    """Return everybody who signed up, also those who withdrew: confirmed, waiting by number in line, then the rest.

    Of one session only those whose sign-up is for it. Who chose three sessions is there three times.
    """
    known = {Place.CONFIRMED: 0, Place.OFFERED: 1, Place.WAITING: 2, Place.PENDING: 3}
    order = sa.case(known, value=Registration.place, else_=4)
    for_it = [of_session(session_id)] if session_id is not None else []
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
            Registration.session_id,
            Registration.offer_expires_at,
            Registration.claimed_organisation,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .outerjoin(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(Registration.activity_id == activity_id, *for_it)
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


def all_of(mine: MySignUp) -> Sequence[MySignUp]:
    """Return all sign-ups of the same person for the same activity, by time: the personal link of any shows them all."""
    same = {"activity": mine.activity.id, "person": mine.person_id}
    found = [_seen(row, mine.activity) for row in run(_MINE_OF_ACTIVITY, same).all()]
    starts = {session.id: session.number for session in mine.activity.sessions}
    return sorted(found, key=lambda one: (starts.get(one.session_id or 0, 0), one.registration_id))


# Every mail and every personal page begins with these: columns of tables, by statements that are built once.
_R = sa.inspect(Registration).local_table
_P = sa.inspect(Person).local_table
_E = sa.inspect(EmailAddress).local_table
_BY = _P.alias("by_person")
_MINE = (
    sa.select(*_R.c, _P.c.name, _P.c.disabled_at, _E.c.address, _BY.c.name.label("by_name"))
    .join(_P, _P.c.id == _R.c.person_id)
    .outerjoin(_E, sa.and_(_E.c.person_id == _P.c.id, _E.c.is_primary))
    .outerjoin(_BY, _BY.c.id == _R.c.signed_up_by_id)
)
_MINE_BY_ID = _MINE.where(_R.c.id == sa.bindparam("wanted"))
_MINE_BY_IDS = _MINE.where(_R.c.id.in_(sa.bindparam("wanted", expanding=True)))
_MINE_BY_LINK = _MINE.where(_R.c.link_hash == sa.bindparam("wanted"))
_MINE_OF_ACTIVITY = _MINE.where(_R.c.activity_id == sa.bindparam("activity"), _R.c.person_id == sa.bindparam("person"))


def _my_sign_up(statement: sa.Select[Any], wanted: object) -> MySignUp | None:
    row = run(statement, {"wanted": wanted}).first()
    activity = programme.find_activity(row.activity_id) if row else None
    return _seen(row, activity) if row and activity else None


def _seen(registration: Any, activity: ActivityPage) -> MySignUp:  # noqa: ANN401 - a row of _MINE
    waits = registration.place is Place.WAITING
    return MySignUp(
        registration_id=registration.id,
        uid=registration.uid,
        person_id=registration.person_id,
        name=registration.name,
        address=registration.address,
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
        session_id=registration.session_id,
        offer_expires_at=registration.offer_expires_at,
        signed_up_by=registration.by_name,
        offers=registration.offers,
        lapsed_at=registration.lapsed_at,
        claimed_organisation=registration.claimed_organisation,
        approved_at=registration.approved_at,
        account_closed_at=registration.disabled_at,
    )
