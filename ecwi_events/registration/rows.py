"""One registration row: reading it, changing it, and telling its person. What every act on places does in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, run
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.mail import service as mail
from ecwi_events.people.models import EmailAddress
from ecwi_events.registration import queries, rules
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.registration.rules import Closed, SignUpFacts

    Where = sa.Row[int, int, int | None, int]
    Held = sa.Row[int, Place, int | None, datetime]
    State = sa.Row[
        Place, int | None, datetime | None, datetime | None, datetime | None, int, datetime | None, str | None
    ]

SEATS = (Place.CONFIRMED, Place.OFFERED)
HELD = (*SEATS, Place.WAITING, Place.PENDING)

# Built once: on the way of every sign-up, making a statement costs more than running it.
_R = sa.inspect(Registration).local_table.c
_HELD = sa.select(_R.id, _R.place, _R.queue_place, _R.created_at).where(
    _R.places_id == sa.bindparam("places"), _R.person_id == sa.bindparam("person")
)
_WHERE = sa.select(_R.places_id, _R.activity_id, _R.session_id, _R.person_id).where(
    _R.id == sa.bindparam("registration")
)
_STATE = sa.select(
    _R.place, _R.queue_place, _R.withdrawn_at, _R.confirmed_at, _R.offer_expires_at, _R.offers, _R.approved_at,
    _R.claimed_organisation,
).where(_R.id == sa.bindparam("registration"))  # fmt: skip
_WHOM = (
    sa.select(Registration.person_id, Registration.revision, EmailAddress.address)
    .join(EmailAddress, EmailAddress.person_id == Registration.person_id)
    .where(Registration.id == sa.bindparam("registration"))
    .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
    .limit(1)
)


@dataclass(frozen=True)
class Whom:
    """Who is told about a registration, and at which revision of it."""

    person_id: int
    revision: int
    address: str


def held_by(places_id: int | None, person_id: int) -> Held | None:
    """Return the registration of a person in this counted row, whatever its state, or None."""
    found: Held | None = run(_HELD, {"places": places_id, "person": person_id}).one_or_none()
    return found


def where(registration_id: int) -> Where:
    """Return counted row, activity, session and person of a registration.

    Raises:
        NotFound: there is no such registration.
    """
    row: Where | None = run(_WHERE, {"registration": registration_id}).one_or_none()
    if row is None:
        raise NotFound("We cannot find this sign-up.")
    return row


def state(registration_id: int) -> State:
    """Return the state of a registration; true as long as its counted row is locked."""
    found: State = run(_STATE, {"registration": registration_id}).one()
    return found


def zone_of(registration_id: int) -> str:
    """Return the time zone in which the person of a registration reads times."""
    return db.session.scalars(sa.select(Registration.zone).where(Registration.id == registration_id)).one()


def change(registration_id: int, *conditions: sa.ColumnElement[bool], **values: object) -> bool:
    """Write values and a new revision, by which mails that are under way notice; False if the conditions do not hold."""
    result = db.session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, *conditions)
        .values(**values, revision=Registration.revision + 1)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count


def tell(
    kind: str,
    registration_id: int,
    *,
    now: datetime,
    within: str | None = None,
    not_after: datetime | None = None,
    session_id: int | None = None,
) -> None:
    """Queue the mail that belongs to the registration's present revision (or to a span of time)."""
    whom = db.session.execute(_WHOM, {"registration": registration_id}).first()
    if whom is not None:
        write_to(Whom(*whom), kind, registration_id, now=now, within=within, not_after=not_after, session_id=session_id)


def write_to(
    whom: Whom,
    kind: str,
    registration_id: int,
    *,
    now: datetime,
    within: str | None = None,
    not_after: datetime | None = None,
    session_id: int | None = None,
) -> None:
    """Queue a mail to somebody of whom we know already who they are and where they read mail.

    ``session_id`` is another session than that of the registration, if the mail speaks of one.
    """
    mail.queue(
        mail.NewMail(
            kind,
            person_id=whom.person_id,
            address=whom.address,
            subject_id=registration_id,
            dedup_key=f"{kind}:{registration_id}:{within or whom.revision}",
            session_id=session_id,
            revision=whom.revision,
            not_after=not_after,
        ),
        now=now,
    )


def note(act: str, registration_id: int, before: str, after: str, *, now: datetime) -> None:
    """Write in the journal what became of a place; ordinary sign-ups have rows of their own and need no entry."""
    journal.note(act, "registration", registration_id, before={"place": before}, after={"place": after}, now=now)


def facts_of(activity_id: int) -> SignUpFacts:
    """Return what decides about sign-up.

    Raises:
        NotFound: there is no such activity.
    """
    facts = queries.sign_up_facts(activity_id)
    if facts is None:
        raise NotFound("We cannot find this activity.")
    return facts


def refuse_if(closed: Closed | None) -> None:
    """Refuse with the sentence that the page shows, if there is a reason to.

    Raises:
        Refused: there is one; ``code`` is the `Closed`.
    """
    if closed:
        raise Refused(closed.value, rules.SENTENCES[closed])
