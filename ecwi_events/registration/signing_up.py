"""Signing up. Each act reads: cheap checks, the person, the counted rows in their order, the registrations, the mail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people import rules as people_rules
from ecwi_events.people import service as people_service
from ecwi_events.registration import applicants, places, queries, rows, rules, rules_proving, standing, writing
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.people.service import Found
    from ecwi_events.registration.rules import SignUpFacts

TO_PROVE = "to_prove"  # the code of a no that a mail to the address turns into a yes: see `proving`
MAIL_FIRST = "We write to this address first. Open the link in our mail to sign up."
SAME_CLICK = timedelta(minutes=2)  # so soon after the first it is the same person at the same form, who may know


@dataclass(frozen=True)
class SignUp:
    """A sign-up as it is typed."""

    activity_id: int
    name: str
    address: str
    organisation: str = ""
    zone: str | None = None
    session_ids: Sequence[int] = ()  # where people choose sessions: which; none is all that are to come
    later_too: bool = False  # also sessions of the series that are added later
    invitations: frozenset[str] = frozenset()  # hashes of the invitation links that this browser has opened
    country: str | None = None  # of a person who is new here
    is_proved: bool = False  # whoever signs up reads the mail of this address
    claimed: str | None = None  # where they say that they work, if nobody else says so: set by `take_all`
    as_typed: bool = False  # what is typed decides who may, not what we know of the address: set by `sign_up`
    # How many of the same list count for the typed organisation although our records say another, by counted row.
    beside: Mapping[int, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class SignedUp:
    """What the person is told; ``is_repeat`` is for us, the page says the same to everyone.

    ``each`` has one line for each chosen session, by time; the rest says what the first of them is.
    """

    registration_id: int
    place: Place
    number_in_line: int | None
    is_repeat: bool
    session_id: int | None = None
    each: tuple[SignedUp, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Seat:
    """A counted row that somebody signs up for."""

    places_id: int
    session_id: int | None


def sign_up(new: SignUp, *, now: datetime) -> SignedUp:
    """Sign a person up: a confirmed place, or a number in the line when all places are taken, for each chosen session.

    A second sign-up with the same address changes nothing, answers as a first one would, and says so by mail only, so that
    nobody can find out who is signed up. For the same reason the organisation that is typed decides whether somebody may
    sign up, also where we know another one. A person who had withdrawn comes back at the end of the line.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such activity.
        Refused: sign-up is not open, or not for this person; ``code`` is a `Closed`, or `TO_PROVE` if the address must be
            proved first.
    """
    check_fields(new)
    facts = rows.facts_of(new.activity_id)
    rows.refuse_if(rules.refusal(facts, now=now))
    if not new.is_proved and rules_proving.must_prove(facts.terms, has_link=facts.link_hash in new.invitations):
        raise Refused(TO_PROVE, MAIL_FIRST)
    chosen = seats(facts, new.session_ids, now=now)
    who = people_service.find_or_make(
        new.name, new.address, organisation=new.organisation, zone=canonical_zone(new.zone), now=now
    )
    got = take_all(replace(new, as_typed=True), facts, chosen, who, by_person_id=None, now=now)
    if new.later_too and facts.terms.is_per_session:
        standing.keep(new.activity_id, who.person_id, zone=canonical_zone(new.zone) or "UTC", now=now)
    return together(got, facts)


def check_fields(new: SignUp) -> None:
    """Look at what was typed.

    Raises:
        Invalid: a field cannot be taken.
    """
    faults = {
        "name": people_rules.name_fault(new.name),
        "email": people_rules.address_fault(new.address),
        "organisation": people_rules.organisation_fault(new.organisation),
    }
    if wrong := {field: fault for field, fault in faults.items() if fault}:
        raise Invalid(wrong)


def seats(facts: SignUpFacts, session_ids: Sequence[int], *, now: datetime) -> list[Seat]:
    """Return the counted rows that a choice is about, in the one order in which everybody locks them.

    Raises:
        Invalid: nothing was chosen that can be chosen.
        Refused: a chosen session is over or does not take place.
    """
    if not facts.terms.is_per_session:
        return [Seat(facts.places_id or 0, None)]
    chosen = set(session_ids) or {session.session_id for session in facts.to_come(now=now)}
    for session_id in chosen:
        if facts.session(session_id) is None:
            raise Invalid({"sessions": "Choose sessions from the list"})
        if session_id not in {session.session_id for session in facts.to_come(now=now)}:
            raise Refused("over", "One of the sessions that you chose is over. Choose again.")
    found = [session for session in facts.sessions if session.session_id in chosen]
    made = [
        Seat(_places_of(facts, session.session_id, session.places_id), session.session_id)
        for session in sorted(found, key=lambda session: session.session_id)
    ]
    return sorted(made, key=lambda seat: seat.places_id)


def take_all(
    new: SignUp, facts: SignUpFacts, chosen: Sequence[Seat], who: Found, *, by_person_id: int | None, now: datetime
) -> list[SignedUp]:
    """Take what was chosen, one counted row after the other, and tell the person in one mail."""
    person_id = who.person_id
    held = {seat.places_id: None if who.is_new else rows.held_by(seat.places_id, person_id) for seat in chosen}
    if new.as_typed and not all(_is_same_click(one, now=now) for one in held.values()):
        applicants.check_typed(facts, new.organisation, new.address, new.invitations, now=now)
    elif any(one is None or one.place not in rows.HELD for one in held.values()):
        applicants.check(facts, person_id, new.address, new.invitations, now=now)
    if claimed := applicants.claim(facts, person_id, new.organisation if new.as_typed else None):
        new = replace(new, claimed=claimed)
    got = [
        _take(new, facts, seat, person_id, held[seat.places_id], by_person_id=by_person_id, now=now) for seat in chosen
    ]
    fresh = [one for one in got if not one.is_repeat]
    before = [one.id for one in held.values() if one and one.created_at <= now - SAME_CLICK]
    if not fresh and before:
        rows.tell("registration.already", before[0], now=now, within=f"{now:%Y-%m-%dT%H}")
    if len(got) == 1 and fresh:
        _tell_of_one(got[0], who, is_first=held[chosen[0].places_id] is None, now=now)
    elif fresh:
        numbers = "-".join(str(one.registration_id) for one in fresh)
        rows.tell("registration.sessions", fresh[0].registration_id, now=now, within=f"{numbers}:{now:%Y%m%d%H%M%S%f}")
    return got


def _tell_of_one(got: SignedUp, who: Found, *, is_first: bool, now: datetime) -> None:
    kind = writing.MAILS[got.place]
    if is_first and who.address:  # everything is known, so nothing is read once more
        rows.write_to(rows.Whom(who.person_id, 1, who.address), kind, got.registration_id, now=now)
    else:
        rows.tell(kind, got.registration_id, now=now)


def together(got: Sequence[SignedUp], facts: SignUpFacts) -> SignedUp:
    """Put what was got for each session into one answer, by time."""
    starts = {session.session_id: session.starts_at for session in facts.sessions}
    each = sorted(got, key=lambda one: (one.session_id in starts and starts[one.session_id], one.registration_id))
    return replace(each[0], is_repeat=all(one.is_repeat for one in each), each=tuple(each))


def _take(
    new: SignUp,
    facts: SignUpFacts,
    seat: Seat,
    person_id: int,
    held: rows.Held | None,
    *,
    by_person_id: int | None,
    now: datetime,
) -> SignedUp:
    if held and held.place in rows.HELD:
        if new.as_typed and not _is_same_click(held, now=now):
            _check_organisation(new, facts, seat, person_id)
        return _repeat(held, facts, seat, now=now)
    row = writing.NewRow(
        new.activity_id, seat.session_id, seat.places_id, person_id, canonical_zone(new.zone) or "UTC", by_person_id,
        new.claimed,
    )  # fmt: skip
    earlier = held.id if held else None
    if rules_proving.asks_host(facts.terms, claims=new.claimed is not None):
        number = places.draw_number(seat.places_id)
        _check_organisation(new, facts, seat, person_id)
        registration_id = writing.put_unless_held(row, earlier, Place.PENDING, number, now=now)
        if registration_id is None:
            return _repeat(rows.held_by(seat.places_id, person_id), facts, seat, now=now)
        return SignedUp(registration_id, Place.PENDING, None, is_repeat=False, session_id=seat.session_id)
    granted = places.take(seat.places_id)
    _check_organisation(new, facts, seat, person_id)
    place = Place.CONFIRMED if granted.is_place else Place.WAITING
    registration_id = writing.put_unless_held(
        row, earlier, place, None if granted.is_place else granted.queue_place, now=now
    )
    if registration_id is None:  # the same person, in another tab, was faster
        places.give_back(seat.places_id, was_place=granted.is_place)
        return _repeat(rows.held_by(seat.places_id, person_id), facts, seat, now=now)
    return SignedUp(registration_id, place, granted.number_in_line, is_repeat=False, session_id=seat.session_id)


def _check_organisation(new: SignUp, facts: SignUpFacts, seat: Seat, person_id: int) -> None:
    if new.as_typed:
        beside = new.beside.get(seat.places_id, 0)
        applicants.check_typed_organisation(facts, seat.places_id, new.organisation, beside=beside)
    else:
        applicants.check_organisation(facts, seat.places_id, person_id)


def _is_same_click(held: rows.Held | None, *, now: datetime) -> bool:
    return held is not None and held.place in rows.HELD and held.created_at > now - SAME_CLICK


def _repeat(held: rows.Held | None, facts: SignUpFacts, seat: Seat, *, now: datetime) -> SignedUp:
    if held is None:  # withdrawn and gone in the same instant: let the person try again
        raise Refused("try_again", "Please send the form once more.")
    if held.created_at > now - SAME_CLICK:
        number = queries.number_in_line(seat.places_id, held.queue_place) if held.place is Place.WAITING else None
        return SignedUp(held.id, Place(held.place), number, is_repeat=True, session_id=seat.session_id)
    place, number = _as_a_first_one(facts, seat)
    return SignedUp(held.id, place, number, is_repeat=True, session_id=seat.session_id)


def _as_a_first_one(facts: SignUpFacts, seat: Seat) -> tuple[Place, int | None]:
    if facts.terms.needs_approval:
        return Place.PENDING, None
    if not facts.is_full_for(seat.session_id):
        return Place.CONFIRMED, None
    session = facts.session(seat.session_id)
    return Place.WAITING, (session.waiting if session else facts.waiting) + 1


def _places_of(facts: SignUpFacts, session_id: int, places_id: int | None) -> int:
    return places_id or places.open_for_session(facts.activity_id, session_id, capacity=facts.capacity)
