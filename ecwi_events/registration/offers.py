"""Offers: a place that was freed near the start is held for the first in line, who takes it in time or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.registration import places, promotion, rows, rules
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from datetime import datetime

AT_MOST = 100
GONE = "This place went to the next person."


def accept_offer(registration_id: int, *, now: datetime) -> Place:
    """Take the place that is offered; who has a place already keeps it.

    Raises:
        NotFound: there is no such registration.
        Refused: there is no offer any more.
    """
    places_id, _, _, _ = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id)
    if held.place is Place.CONFIRMED:
        return Place.CONFIRMED
    if held.place is not Place.OFFERED or held.offer_expires_at is None or held.offer_expires_at <= now:
        stays = held.place is Place.OFFERED and not rules.is_last_offer(held.offers)
        still = " You are still in the list." if stays or held.place is Place.WAITING else ""
        raise Refused("offer_over", GONE + still)
    rows.change(registration_id, place=Place.CONFIRMED, confirmed_at=now, offer_expires_at=None, lapsed_at=None)
    rows.note("accept_offer", registration_id, Place.OFFERED, Place.CONFIRMED, now=now)
    rows.tell("registration.confirmed", registration_id, now=now)
    return Place.CONFIRMED


def decline_offer(registration_id: int, *, now: datetime) -> bool:
    """Say no to an offer and leave the line; the place passes on. False when there was no offer to say no to.

    Raises:
        NotFound: there is no such registration.
    """
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    places.lock(places_id)
    if rows.state(registration_id).place is not Place.OFFERED:
        return False
    rows.change(registration_id, place=Place.DECLINED, offer_expires_at=None, lapsed_at=None, withdrawn_at=now)
    rows.note("decline_offer", registration_id, Place.OFFERED, Place.DECLINED, now=now)
    counts = places.give_back(places_id, was_place=True)
    promotion.fill(places_id, activity_id, session_id, counts, now=now)
    return True


def lapse_due(*, now: datetime, at_most: int = AT_MOST) -> int:
    """Let offers lapse that nobody took in time, and pass the places on; return how many lapsed.

    Who did not answer goes to the end of the line, and out of it after the second time; one mail says so. It is not sent
    to who is alone in the line and so has the next offer, and a mail about it, in the same moment.
    """
    due = db.session.execute(
        sa.select(Registration.id, Registration.places_id)
        .where(Registration.place == Place.OFFERED, Registration.offer_expires_at <= now)
        .order_by(Registration.places_id, Registration.offer_expires_at, Registration.id)
        .limit(at_most)
    ).all()
    for row in due:
        _lapse(row.id, now=now)
    return len(due)


def _lapse(registration_id: int, *, now: datetime) -> None:
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id)
    if held.place is not Place.OFFERED or held.offer_expires_at is None or held.offer_expires_at > now:
        return  # taken in the last moment
    if rules.is_last_offer(held.offers):
        after, number = Place.DECLINED, held.queue_place
        counts = places.give_back(places_id, was_place=True)
    else:
        after, number = Place.WAITING, places.draw_number(places_id)
        counts = places.adjust(places_id, taken=-1, waiting=1)
    # What people were told is when the offer ended, not when somebody came round to see it.
    rows.change(
        registration_id, place=after, queue_place=number, offer_expires_at=None, lapsed_at=held.offer_expires_at
    )
    rows.note("lapse", registration_id, Place.OFFERED, after, now=now)
    rows.tell("registration.lapsed", registration_id, now=now)
    promotion.fill(places_id, activity_id, session_id, counts, now=now)
