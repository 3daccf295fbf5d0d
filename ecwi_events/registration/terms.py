"""Setting the terms of sign-up, and the list of those who are invited."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.people import rules as people_rules
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import places, rows, rules
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_terms import Invitation, SignUpBy, SignUpTerms, SignUpWho

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.rules import Terms


def set_terms(activity_id: int, terms: Terms, *, now: datetime) -> None:
    """Set on what terms people sign up for an activity.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such activity.
        Refused: ``signed_up``: people have signed up, so what they signed up for cannot be changed any more.
    """
    facts = rows.facts_of(activity_id)
    if faults := rules.terms_faults(terms, facts.closes_at, max((s.ends_at for s in facts.sessions), default=None)):
        raise Invalid(faults)
    if facts.places_id:
        places.lock_all(activity_id)
    if terms.by != facts.terms.by and _anybody(activity_id):
        raise Refused("signed_up", "People have signed up already, so this cannot be changed any more.")
    insert_unless_there(
        SignUpTerms,
        [{"activity_id": activity_id, "by": SignUpBy.ACTIVITY, "who": SignUpWho.EVERYONE, "needs_approval": False}],
        key=["activity_id"],
    )
    values = {**asdict(terms), "by": SignUpBy(terms.by), "who": SignUpWho(terms.who)}
    db.session.execute(sa.update(SignUpTerms).where(SignUpTerms.activity_id == activity_id).values(**values))
    if terms.is_per_session:
        sessions = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)
        for session_id in db.session.scalars(sessions.order_by(ActivitySession.id)).all():
            places.open_for_session(activity_id, session_id, capacity=facts.capacity)
    journal.note("set_terms", "activity", activity_id, before=asdict(facts.terms), after=asdict(terms), now=now)


def invite(activity_id: int, addresses: Sequence[str], *, now: datetime) -> int:
    """Put addresses on the list of those who may sign up by invitation; return how many are new.

    Raises:
        Invalid: an address cannot be taken; the field names its line.
        NotFound: there is no such activity.
    """
    rows.facts_of(activity_id)
    faults = {
        f"addresses-{line}": fault for line, one in enumerate(addresses) if (fault := people_rules.address_fault(one))
    }
    if faults:
        raise Invalid(faults)
    wanted = {normalise_address(one): one for one in addresses}
    listed = [
        {"activity_id": activity_id, "address": address, "normalised": normalised, "created_at": now}
        for normalised, address in sorted(wanted.items())
    ]
    new = len(insert_unless_there(Invitation, listed, key=["activity_id", "normalised"]))
    journal.note("invite", "activity", activity_id, after={"addresses": new}, now=now)
    return new


def uninvite(activity_id: int, invitation_id: int, *, now: datetime) -> bool:
    """Take an address off the list; who has signed up keeps the place. False if it was not on it."""
    gone = db.session.execute(
        sa.delete(Invitation).where(Invitation.id == invitation_id, Invitation.activity_id == activity_id)
    )
    if gone.rowcount:  # type: ignore[attr-defined]  # a DELETE has a row count
        journal.note("uninvite", "activity", activity_id, before={"addresses": 1}, now=now)
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def invited(activity_id: int) -> Sequence[tuple[int, str]]:
    """Return the list of those who are invited, as id and address."""
    found = db.session.execute(
        sa.select(Invitation.id, Invitation.address)
        .where(Invitation.activity_id == activity_id)
        .order_by(Invitation.normalised)
    )
    return [(row.id, row.address) for row in found]


def _anybody(activity_id: int) -> bool:
    held = sa.select(Registration.id).where(Registration.activity_id == activity_id, Registration.place.in_(rows.HELD))
    return db.session.scalar(held.limit(1)) is not None
