"""Giving a place up, taking that back, and passing a place on to a colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people import queries as people_queries
from ecwi_events.people import rules as people_rules
from ecwi_events.people import service as people
from ecwi_events.people.models import Organisation, Person
from ecwi_events.registration import applicants, places, promotion, rows, rules, rules_proving, standing, writing
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.rules import Terms

NO_UNDO = {
    "too_late": "It is too late to undo this. You can sign up again.",
    "place_gone": "Your place went to the next person. You can join the waiting list.",
}
NOT_TO_THIS_PERSON = (
    "We cannot pass your place to this person: it must be somebody of your organisation who has no place yet. "
    "They can sign up themselves, or you can write to the host."
)


def withdraw(registration_id: int, *, now: datetime) -> bool:
    """Give up the place or leave the line; a freed place goes to the first in line in the same transaction.

    Returns False when there was nothing to give up: the second withdrawal frees nothing.

    Raises:
        NotFound: there is no such registration.
        Refused: ``over``: what the place is for has ended, and who had a place stays on the attendance list.
    """
    return bool(withdraw_several([registration_id], now=now))


def withdraw_several(registration_ids: Sequence[int], *, now: datetime) -> int:
    """Do the same for several sign-ups of one person for one activity; return for how many. One mail names them all.

    Raises:
        NotFound: there is no such registration.
        Refused: ``over``: what one of the places is for has ended.
    """
    gone = [one for one in registration_ids if _give_up(one, now=now)]
    if gone:  # the mail finds the others by the instant, which is theirs alone
        rows.tell("registration.withdrawn", gone[0], now=now)
    return len(gone)


def withdraw_all(registration_id: int, *, now: datetime) -> int:
    """Withdraw from everything that the person of this registration has in its activity; return from how much.

    What is over stays as it is.

    Raises:
        NotFound: there is no such registration.
        Refused: ``over``: everything is over.
    """
    _, activity_id, session_id, person_id = rows.where(registration_id)
    wanted_more = standing.give_up(activity_id, person_id)
    all_of = (
        sa.select(Registration.id, Registration.session_id)
        .where(
            Registration.activity_id == activity_id,
            Registration.person_id == person_id,
            Registration.place.in_(rows.HELD),
        )
        .order_by(Registration.places_id)
    )
    facts, held = rows.facts_of(activity_id), db.session.execute(all_of).all()
    to_come = [one.id for one in held if not rules.is_over(facts, one.session_id, now=now)]
    if held and not to_come and not wanted_more:
        refuse_if_over(activity_id, session_id, now=now)
    return withdraw_several(to_come, now=now)


def undo_withdrawal(registration_id: int, *, now: datetime) -> Place:
    """Take a withdrawal back within ten minutes: the place if it is still free, the old number in the line otherwise.

    Raises:
        NotFound: there is no such registration.
        Refused: the ten minutes are over, or the place went to the next person, or sign-up is no longer open.
    """
    if take_back(registration_id, now=now):
        tell_of_return([registration_id], now=now)
    return Place(rows.state(registration_id).place)


def take_back(registration_id: int, *, now: datetime) -> bool:
    """Do the same and tell nobody; False if there is nothing to tell: nothing was withdrawn, or other news is under way.

    Raises:
        NotFound: there is no such registration.
        Refused: as `undo_withdrawal` says.
    """
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    counts = places.lock(places_id)
    held = rows.state(registration_id)
    if held.place is not Place.WITHDRAWN:
        return False
    facts = rows.facts_of(activity_id)
    had_place = held.confirmed_at is not None
    if why := rules.undo_refusal(facts, session_id, held.withdrawn_at, had_place=had_place, now=now):
        raise Refused(why, NO_UNDO[why])
    place = what_one_had(held, facts.terms)
    rows.change(registration_id, place=place, withdrawn_at=None)
    if place is not Place.PENDING:
        counts = places.retake(places_id, as_place=had_place)
    rows.note("undo_withdrawal", registration_id, Place.WITHDRAWN, place, now=now)
    promotion.fill(places_id, activity_id, session_id, counts, now=now)
    return bool(rows.state(registration_id).place is place)


def tell_of_return(registration_ids: Sequence[int], *, now: datetime) -> None:
    """Tell a person in one mail what they have again."""
    if len(registration_ids) == 1:
        place = Place(rows.state(registration_ids[0]).place)
        rows.tell(writing.MAILS[place], registration_ids[0], now=now)
    elif registration_ids:
        numbers = "-".join(map(str, registration_ids))
        within = f"{numbers}:{now:%Y%m%d%H%M%S%f}"
        rows.tell("registration.sessions", registration_ids[0], now=now, within=within)


def pass_place_on(registration_id: int, name: str, address: str, *, now: datetime) -> int:
    """Give one's confirmed place to a colleague of the same organisation; return the id of the colleague's sign-up.

    The counts stay as they are, so nobody in line is overtaken: the place was never free.

    Raises:
        Invalid: the name or the address cannot be taken.
        NotFound: there is no such registration.
        Refused: there is no place to pass on, the activity is over, or the colleague is not of the same organisation or
            has a place already. The page says the same of both, because anybody can type any address.
    """
    faults = {"name": people_rules.name_fault(name), "email": people_rules.address_fault(address)}
    if wrong := {field: fault for field, fault in faults.items() if fault}:
        raise Invalid(wrong)
    places_id, activity_id, session_id, giver_id = rows.where(registration_id)
    colleague_id = _colleague(giver_id, name, address, now=now)
    places.lock(places_id)
    held = rows.state(registration_id)
    if held.place is not Place.CONFIRMED:
        raise Refused("no_place", "You have no place to pass on.")
    facts = rows.facts_of(activity_id)
    rows.refuse_if(rules.host_refusal(facts, now=now))
    if (session_id and facts.session(session_id) is None) or rules.is_over(facts, session_id, now=now):
        rows.refuse_if(rules.Closed.OVER)
    theirs = rows.held_by(places_id, colleague_id)
    if colleague_id == giver_id or (theirs and theirs.place in rows.SEATS):
        raise Refused("colleague", NOT_TO_THIS_PERSON)
    rows.change(registration_id, place=Place.WITHDRAWN, withdrawn_at=now)
    waited = theirs is not None and theirs.place is Place.WAITING
    if waited:
        places.give_back(places_id, was_place=False)
    zone = people_queries.zone_of(colleague_id) or rows.zone_of(registration_id)
    claimed = applicants.claim(facts, colleague_id, None)
    row = writing.NewRow(activity_id, session_id, places_id, colleague_id, zone, giver_id, claimed)
    new_id = writing.put(row, theirs.id if theirs else None, Place.CONFIRMED, None, now=now)
    rows.note("pass_place_on", registration_id, Place.CONFIRMED, Place.WITHDRAWN, now=now)
    rows.tell("registration.passed_on", registration_id, now=now)
    rows.tell("registration.confirmed", new_id, now=now)
    return new_id


def refuse_if_over(activity_id: int, session_id: int | None, *, now: datetime) -> None:
    """Refuse to take anybody off what has ended; asked under the lock of the counted row.

    Raises:
        Refused: ``over``: it has.
    """
    if rules.is_over(rows.facts_of(activity_id), session_id, now=now):
        raise Refused("over", rules.OVER_FOR_GOOD)


def free(places_id: int, activity_id: int, session_id: int | None, held: Place, *, now: datetime) -> None:
    """Count out what somebody had who goes, and pass a freed place on; the caller holds the lock."""
    if held is Place.PENDING:
        return
    counts = places.give_back(places_id, was_place=held in rows.SEATS)
    promotion.fill(places_id, activity_id, session_id, counts, now=now)


def what_one_had(held: rows.State | MySignUp, terms: Terms) -> Place:
    """Return what somebody had who has it no more: a place, a number in the line, or a sign-up that the host looked at."""
    if held.confirmed_at is not None:
        return Place.CONFIRMED
    asked = rules_proving.asks_host(terms, claims=held.claimed_organisation is not None)
    return Place.PENDING if asked and held.approved_at is None else Place.WAITING


def _give_up(registration_id: int, *, now: datetime) -> bool:
    places_id, activity_id, session_id, _ = rows.where(registration_id)
    places.lock(places_id)
    held = rows.state(registration_id)
    if held.place not in rows.HELD:
        return False
    refuse_if_over(activity_id, session_id, now=now)
    rows.change(registration_id, place=Place.WITHDRAWN, withdrawn_at=now, offer_expires_at=None)
    free(places_id, activity_id, session_id, held.place, now=now)
    rows.note("withdraw", registration_id, held.place, Place.WITHDRAWN, now=now)
    return True


def _colleague(giver_id: int, name: str, address: str, *, now: datetime) -> int:
    """Find or make the colleague; a new person is of the giver's organisation."""
    organisation_id, text = _organisation_of(giver_id)
    if organisation_id is None and not text:
        raise Refused("no_organisation", "We do not know your organisation, so we cannot pass your place on.")
    known = db.session.scalar(sa.select(Organisation.name).where(Organisation.id == organisation_id))
    colleague_id = people.find_or_create_person(name, address, organisation=known or text, zone=None, now=now)
    if _organisation_of(colleague_id) != (organisation_id, text):
        raise Refused("colleague", NOT_TO_THIS_PERSON)
    return colleague_id


def _organisation_of(person_id: int) -> tuple[int | None, str]:
    row = db.session.execute(
        sa.select(Person.organisation_id, Person.organisation_folded, Person.organisation_text).where(
            Person.id == person_id
        )
    ).one()
    return row.organisation_id, "" if row.organisation_id else (row.organisation_folded or "")
