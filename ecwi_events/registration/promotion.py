"""Whoever is first in line gets what is free: at once, or near the start as an offer that has to be taken in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivityStatus
from ecwi_events.programme.rules import takes_place
from ecwi_events.registration import places, queries, rows, rules
from ecwi_events.registration.models import Place, Places, Registration

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.registration.places import Counts
    from ecwi_events.registration.rules import SignUpFacts, Terms

AT_MOST = 200  # one transaction stays short; the next one goes on
_FIRST = (
    sa.select(Registration.id, Registration.zone)
    .where(Registration.places_id == sa.bindparam("places"), Registration.place == Place.WAITING)
    .order_by(Registration.queue_place)
    .limit(1)
)


@dataclass(frozen=True)
class Spans:
    """When freed places become offers, and how long an offer stands, where an activity does not say otherwise."""

    within: timedelta = timedelta(hours=24)
    lasts: timedelta = timedelta(hours=2)


_spans = [Spans()]  # set once per process by the application factory, because rooms do not know the settings


def configure(*, within: timedelta, lasts: timedelta) -> None:
    """Set the spans of offers for this process."""
    _spans[:] = [Spans(within, lasts)]


def spans_of(terms: Terms) -> Spans:
    """Return the spans that hold for an activity with these terms."""
    return Spans(*rules.offer_spans(terms, within=_spans[0].within, lasts=_spans[0].lasts))


def fill(
    places_id: int, activity_id: int, session_id: int | None, counts: Counts, *, now: datetime, at_most: int = AT_MOST
) -> int:
    """Give what is free to the first in line, one after the other, and tell them; return how many got something.

    The caller holds the lock of the counted row and hands over the counts that it saw under it.
    """
    if not (counts.waiting and counts.has_room):
        return 0
    facts = queries.sign_up_facts(activity_id)
    if facts is None or not rules.may_promote(facts, session_id, now=now):
        return 0
    done = 0
    while counts.waiting and counts.has_room and done < at_most:
        counts = _promote_first(places_id, facts, session_id, now=now)
        done += 1
    return done


def fill_all(*, now: datetime, at_most: int = AT_MOST) -> int:
    """Fill what is free where people wait: after sign-up was opened again, or a session was moved to a later day.

    Asked at every tick; nearly always there is nothing to do. Returns how many counted rows were looked at.
    """
    going_on = [status for status in ActivityStatus if takes_place(status)]
    wanting = db.session.execute(
        sa.select(Places.id, Places.activity_id, Places.session_id)
        .join(Activity, Activity.id == Places.activity_id)
        .where(
            Places.waiting > 0,
            sa.or_(Places.capacity.is_(None), Places.taken < Places.capacity),
            Activity.status.in_(going_on),
            sa.or_(Activity.sign_up_closes_at.is_(None), Activity.sign_up_closes_at > now),
        )
        .order_by(Places.id)
    ).all()
    done = 0
    for row in wanting:
        if done < at_most:
            done += fill(row.id, row.activity_id, row.session_id, places.lock(row.id), now=now, at_most=at_most - done)
    return done


def _promote_first(places_id: int, facts: SignUpFacts, session_id: int | None, *, now: datetime) -> Counts:
    first, zone = db.session.execute(_FIRST, {"places": places_id}).one()
    until = rules.offer_until(facts, session_id, within=_spans[0].within, lasts=_spans[0].lasts, zone=zone, now=now)
    counts = places.promote(places_id)
    if until is None:
        rows.change(first, place=Place.CONFIRMED, confirmed_at=now, offer_expires_at=None, lapsed_at=None)
        rows.tell("registration.promoted", first, now=now)
    else:
        rows.change(first, place=Place.OFFERED, offer_expires_at=until, offers=Registration.offers + 1)
        rows.note("offer", first, Place.WAITING, Place.OFFERED, now=now)
        rows.tell("registration.offer", first, now=now, not_after=until)
    return counts
