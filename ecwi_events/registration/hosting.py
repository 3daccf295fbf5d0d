"""What hosts and the office do for people: adding them, and moving them to another session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.errors import Refused
from ecwi_events.people import service as people_service
from ecwi_events.people import vouching
from ecwi_events.registration import places, queries, rows, rules, signing_up, withdrawing, writing
from ecwi_events.registration.models import Place
from ecwi_events.registration.signing_up import SignedUp, SignUp

if TYPE_CHECKING:
    from datetime import datetime


def add_person(new: SignUp, *, beyond_capacity: bool = False, by_person_id: int | None, now: datetime) -> SignedUp:
    """Sign somebody up for them. Terms and opening times do not bind the host; the number of places does.

    Who waits for approval or in the line gets a place with ``beyond_capacity``; without it they stay where they are.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such activity.
        Refused: the activity is cancelled, postponed or over.
    """
    signing_up.check_fields(new)
    facts = rows.facts_of(new.activity_id)
    rows.refuse_if(rules.host_refusal(facts, now=now))
    chosen = signing_up.seats(facts, new.session_ids, now=now)
    person_id = people_service.find_or_create_person(
        new.name, new.address, organisation=new.organisation, zone=canonical_zone(new.zone), now=now
    )
    if new.organisation:
        vouching.vouch(person_id, new.organisation, now=now)
    zone = canonical_zone(new.zone) or "UTC"
    got = []
    for seat in chosen:
        row = writing.NewRow(new.activity_id, seat.session_id, seat.places_id, person_id, zone, by_person_id)
        one = _put_in(row, beyond_capacity=beyond_capacity, now=now)
        if not one.is_repeat:
            rows.tell(writing.MAILS[one.place], one.registration_id, now=now)
        got.append(one)
    return signing_up.together(got, facts)


def move_person(registration_id: int, to_session_id: int, *, beyond_capacity: bool = False, now: datetime) -> SignedUp:
    """Move somebody from one session to another; who has a place keeps one, or nothing changes.

    Raises:
        NotFound: there is no such registration.
        Invalid: the other session is none of this activity.
        Refused: people do not sign up per session here, the other session is over or full, the session that they
            come from is over, or there is nothing to move.
    """
    places_id, activity_id, session_id, person_id = rows.where(registration_id)
    facts = rows.facts_of(activity_id)
    if session_id is None or session_id == to_session_id:
        raise Refused("same", "Choose another session.")
    rows.refuse_if(rules.host_refusal(facts, now=now))
    (seat,) = signing_up.seats(facts, [to_session_id], now=now)
    for one in sorted((places_id, seat.places_id)):
        counts = places.lock(one)
        if one == seat.places_id:
            room = counts.has_room and not counts.waiting
    held = rows.state(registration_id)
    if held.place not in rows.HELD:
        raise Refused("no_place", "There is no place to move.")
    withdrawing.refuse_if_over(activity_id, session_id, now=now)
    theirs = rows.held_by(seat.places_id, person_id)
    if theirs and theirs.place in rows.HELD:
        raise Refused("has_place", "This person has signed up for that session already.")
    if held.place in rows.SEATS and not room and not beyond_capacity:
        raise Refused("full", "That session is full. Give a place beyond its number of places, or choose another one.")
    zone = rows.zone_of(registration_id)
    rows.change(registration_id, place=Place.WITHDRAWN, withdrawn_at=now, offer_expires_at=None)
    withdrawing.free(places_id, activity_id, session_id, held.place, now=now)
    row = writing.NewRow(activity_id, to_session_id, seat.places_id, person_id, zone)
    got = _put_in(row, beyond_capacity=beyond_capacity, now=now)
    rows.tell("registration.person_moved", got.registration_id, now=now, session_id=session_id)
    rows.note("move_person", got.registration_id, held.place, got.place, now=now)
    return signing_up.together([got], facts)


def _put_in(row: writing.NewRow, *, beyond_capacity: bool, now: datetime) -> SignedUp:
    """Give somebody a place, or the end of the line; what they had in this counted row is counted out first."""
    counts = places.lock(row.places_id)
    held = rows.held_by(row.places_id, row.person_id)
    was = held.place if held else None
    room = counts.has_room and not counts.waiting
    if held and (
        was in rows.SEATS or (was in rows.HELD and not beyond_capacity and not (room and was is Place.PENDING))
    ):
        number = queries.number_in_line(row.places_id, held.queue_place) if was is Place.WAITING else None
        return SignedUp(held.id, Place(held.place), number, is_repeat=True, session_id=row.session_id)
    number, place = None, Place.CONFIRMED
    if beyond_capacity:
        places.squeeze_in(row.places_id, from_line=was is Place.WAITING)
        queue_place = None
    else:
        granted = places.take(row.places_id)
        place = Place.CONFIRMED if granted.is_place else Place.WAITING
        queue_place, number = (None, None) if granted.is_place else (granted.queue_place, granted.number_in_line)
    registration_id = writing.put(row, held.id if held else None, place, queue_place, now=now)
    rows.note("add_person", registration_id, was or "", place, now=now)
    return SignedUp(registration_id, place, number, is_repeat=False, session_id=row.session_id)
