"""The word of the host: approving people who wait for it, and declining people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people import vouching
from ecwi_events.registration import places, promotion, rows, rules
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.withdrawing import free, refuse_if_over

if TYPE_CHECKING:
    from datetime import datetime


def approve(registration_id: int, *, now: datetime) -> Place:
    """Let somebody in who waits for approval: a free place, or the line, by the time of signing up.

    Who is approved already is left as they are, and so is who has withdrawn. With the yes the host also says that the person
    works where they say, if our record says the same: from then on that is known.

    Raises:
        NotFound: there is no such registration.
        Refused: the activity is cancelled, postponed or over.
    """
    places_id, activity_id, session_id, person_id = rows.where(registration_id)
    counts = places.lock(places_id)
    held = rows.state(registration_id)
    if held.place is not Place.PENDING:
        return Place(held.place)
    rows.refuse_if(rules.host_refusal(rows.facts_of(activity_id), now=now))
    said = {"approved_at": now, "claimed_organisation": None}
    if held.claimed_organisation:
        vouching.vouch(person_id, held.claimed_organisation, now=now)
    if counts.has_room and not counts.waiting:
        places.retake(places_id, as_place=True)
        rows.change(registration_id, place=Place.CONFIRMED, confirmed_at=now, **said)
    else:
        counts = places.retake(places_id, as_place=False)
        rows.change(registration_id, place=Place.WAITING, **said)
    rows.tell("registration.approved", registration_id, now=now)
    promotion.fill(places_id, activity_id, session_id, counts, now=now)
    place = Place(rows.state(registration_id).place)
    rows.note("approve", registration_id, Place.PENDING, place, now=now)
    return place


def vouch_for(registration_id: int, *, now: datetime) -> bool:
    """Say as the host that a person works where they say; the place stays as it is. False if there is nothing to say.

    Raises:
        NotFound: there is no such registration.
    """
    places_id, _, _, person_id = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id)
    if not held.claimed_organisation or held.place not in (*rows.SEATS, Place.WAITING):
        return False
    vouching.vouch(person_id, held.claimed_organisation, now=now)
    db.session.execute(  # no new revision: a mail that is under way says what is true as before
        sa.update(Registration)
        .where(Registration.id == registration_id)
        .values(claimed_organisation=None)
        .execution_options(synchronize_session=False)
    )
    return True


def decline(registration_id: int, *, now: datetime) -> bool:
    """Say no to somebody who waits for approval, or take a place away; False if there is nothing to decline.

    Raises:
        NotFound: there is no such registration.
        Refused: ``over``: what the person had a place for has ended.
    """
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id)
    if held.place not in rows.HELD:
        return False
    if held.place in rows.SEATS:
        refuse_if_over(activity_id, session_id, now=now)
    rows.change(registration_id, place=Place.DECLINED, offer_expires_at=None, lapsed_at=None)
    free(places_id, activity_id, session_id, held.place, now=now)
    rows.note("decline", registration_id, held.place, Place.DECLINED, now=now)
    rows.tell("registration.declined", registration_id, now=now)
    return True
