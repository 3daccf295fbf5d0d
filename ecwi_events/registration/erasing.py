"""Erasing a person: places to come go to those who wait, the answers go, and then everything that says who it was."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.people import erasing as people
from ecwi_events.people.models import EmailAddress
from ecwi_events.registration import places, rows, rules, withdrawing
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_questions import Answer, SignUpNote
from ecwi_events.registration.models_terms import Invitation, SignUpRequest, StandingSignUp

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime


def erase_person(person_id: int, *, now: datetime) -> int:
    """Erase a person for ever; return how many places or numbers in a line were given up.

    What is over stays as it is, without a name, so that attendance can still be settled and no figure changes.

    Counted rows are locked by id, as everywhere, and whoever is first in line moves up in the same transaction. Nobody is
    mailed about the end of the erased person's own places: there is nobody left to write to.

    Raises:
        NotFound: there is no such person.
        Refused: the person is an administrator.
    """
    people.get_person(person_id)
    people.refuse_for_administrators(person_id)
    everyone = people.with_merged(person_id)
    db.session.execute(sa.delete(StandingSignUp).where(StandingSignUp.person_id.in_(everyone)))
    mine = sa.select(Registration.id).where(Registration.person_id.in_(everyone)).order_by(Registration.places_id)
    sign_ups = db.session.scalars(mine).all()
    _forget_requests(everyone, sign_ups)
    given_up = sum(_give_up(one, now=now) for one in sign_ups)
    for table in (Answer, SignUpNote):
        db.session.execute(sa.delete(table).where(table.registration_id.in_(sign_ups)))
    addresses = sa.select(EmailAddress.normalised).where(EmailAddress.person_id == person_id)
    db.session.execute(
        sa.delete(Invitation).where(Invitation.normalised.in_(addresses)).execution_options(synchronize_session=False)
    )
    people.forget_person(person_id, now=now)
    return given_up


def _forget_requests(everyone: Collection[int], sign_ups: Sequence[int]) -> None:
    """Delete what waits for a proof; before places are locked, in the same order as whoever presses a button."""
    theirs = sa.select(EmailAddress.normalised).where(EmailAddress.person_id.in_(everyone))
    db.session.execute(
        sa.delete(SignUpRequest)
        .where(sa.or_(SignUpRequest.normalised.in_(theirs), SignUpRequest.registration_id.in_(sign_ups)))
        .execution_options(synchronize_session=False)
    )


def _give_up(registration_id: int, *, now: datetime) -> bool:
    """Free what a sign-up holds of what is to come, and make its personal links void; tell whether anything was freed."""
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id).place
    version = db.session.scalars(sa.select(Registration.link_version).where(Registration.id == registration_id)).one()
    # Links and the key of feedback are made of the uid: with another one nothing leads from them to this row any more.
    void: dict[str, object] = {
        "uid": str(uuid.uuid4()), "link_version": version + 1, "link_hash": tokens.digest(tokens.fresh()),
        "claimed_organisation": None,
    }  # fmt: skip
    if held not in rows.HELD or rules.is_over(rows.facts_of(activity_id), session_id, now=now):
        rows.change(registration_id, **void)
        return False
    rows.change(registration_id, place=Place.WITHDRAWN, withdrawn_at=now, offer_expires_at=None, **void)
    withdrawing.free(places_id, activity_id, session_id, held, now=now)
    rows.note("withdraw", registration_id, held, Place.WITHDRAWN, now=now)
    return True
