"""Who may sign up, withdraw and come back. The page and the act ask the same functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.kernel import nights
from ecwi_events.programme.rules import date_fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

UNDO_FOR = timedelta(minutes=10)
JOINING_OPENS_BEFORE = timedelta(minutes=15)
OVER_FOR_GOOD = "This is over, so nobody can be taken off any more. The attendance list says who was there."
OFFERS_IN_VAIN = 2  # who twice did not answer is not written to a third time
TAKES_PLACE = frozenset({"planned", "running", "ongoing"})


class After(StrEnum):
    """What becomes of what somebody gives up."""

    UNDO = "undo"  # it can be taken back for ten minutes
    NEXT = "next"  # it goes to the next person at once
    GONE = "gone"  # nobody signs up any more, so nothing can be taken back


class Closed(StrEnum):
    """Why somebody cannot sign up: for nobody is it open, or not for this person."""

    NOT_PLANNED = "not_planned"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    OVER = "over"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    MEMBERS = "members"
    INVITED = "invited"
    ORGANISATION_MISSING = "organisation_missing"
    ORGANISATION_FULL = "organisation_full"


SENTENCES = {
    Closed.NOT_PLANNED: "Sign-up is not open.",
    Closed.CANCELLED: "This activity is cancelled.",
    Closed.POSTPONED: "This activity is postponed. Sign-up opens again when there is a new date.",
    Closed.OVER: "This activity is over.",
    Closed.CLOSED: "Sign-up is closed. Write to the host to ask for a place.",
    Closed.NOT_YET: "Sign-up has not opened yet. Please come back later.",
    Closed.MEMBERS: "This activity is for people of Member organisations. Choose your organisation, or write to the office.",
    Closed.INVITED: "This activity is by invitation. Open the link in your invitation, or write to the host.",
    Closed.ORGANISATION_MISSING: "Enter your organisation: the number of places for each organisation is limited.",
    Closed.ORGANISATION_FULL: "Your organisation has all the places that it can have. A colleague can pass a place to you.",
}


@dataclass(frozen=True)
class Terms:
    """On what terms people sign up; these are the ones of an activity that has none of its own."""

    by: str = "activity"
    who: str = "everyone"
    most_per_organisation: int | None = None
    needs_approval: bool = False
    opens_at: datetime | None = None
    offers_within_hours: int | None = None  # None: as the settings of the house say
    offers_last_minutes: int | None = None
    asks_for_proof: bool = False  # of the address, and of the organisation where that decides

    @property
    def is_per_session(self) -> bool:
        """Tell whether people choose sessions."""
        return self.by == "session"

    @property
    def asks_for_the_person(self) -> bool:
        """Tell whether it matters who signs up."""
        return self.who != "everyone" or self.asks_for_organisation

    @property
    def asks_for_organisation(self) -> bool:
        """Tell whether it matters where somebody works."""
        return self.who == "members" or self.most_per_organisation is not None


@dataclass(frozen=True)
class SessionPlaces:
    """A session that takes place, with its own places where people sign up per session."""

    session_id: int
    starts_at: datetime
    ends_at: datetime
    places_id: int | None = None
    capacity: int | None = None
    taken: int = 0
    waiting: int = 0

    @property
    def left(self) -> int | None:
        """Places that are free; None when there is no limit."""
        return _left(self.capacity, self.taken, self.waiting)

    @property
    def is_full(self) -> bool:
        """Tell whether the next person would have to wait."""
        return self.waiting > 0 or self.left == 0


@dataclass(frozen=True)
class SignUpFacts:
    """What decides whether sign-up is open, and what a person would get."""

    activity_id: int
    places_id: int | None
    status: str
    sessions: Sequence[SessionPlaces]
    closes_at: datetime | None
    capacity: int | None
    taken: int
    waiting: int
    terms: Terms = field(default_factory=Terms)
    link_hash: str | None = None  # of the invitation link of the activity

    @property
    def left(self) -> int | None:
        """Places of the whole activity that are free; None when there is no limit, or each session has its own."""
        return None if self.terms.is_per_session else _left(self.capacity, self.taken, self.waiting)

    @property
    def is_full(self) -> bool:
        """Tell whether the next person would have to wait, whatever they choose."""
        if self.terms.is_per_session:
            return bool(self.sessions) and all(session.is_full for session in self.sessions)
        return self.waiting > 0 or self.left == 0

    def session(self, session_id: int | None) -> SessionPlaces | None:
        """Return one of the sessions that take place, or None."""
        return next((session for session in self.sessions if session.session_id == session_id), None)

    def to_come(self, *, now: datetime) -> list[SessionPlaces]:
        """Return the sessions that are not over, the next one first."""
        left = [session for session in self.sessions if session.ends_at > now]
        return sorted(left, key=lambda session: (session.starts_at, session.session_id))

    def is_full_for(self, session_id: int | None) -> bool:
        """Tell whether the next person would wait for this session, or (None) for the whole activity."""
        session = self.session(session_id)
        return session.is_full if session else self.is_full

    def waiting_for(self, session_id: int | None) -> int:
        """Return how many wait for this session, or (None) for the whole activity."""
        session = self.session(session_id)
        return session.waiting if session else self.waiting

    def has_room_for(self, session_id: int | None) -> bool:
        """Tell whether a place is free, whoever it is for."""
        counted = self.session(session_id) or self
        return counted.capacity is None or counted.taken < counted.capacity


@dataclass(frozen=True)
class Applicant:
    """What is known of a person who would sign up."""

    is_member: bool = False
    is_invited: bool = False
    has_organisation: bool = False
    of_organisation: int = 0  # how many of the same organisation have signed up, where that is limited


def refusal(facts: SignUpFacts, *, now: datetime) -> Closed | None:
    """Return why nobody can sign up now, or None when sign-up is open (a full activity is open: it has a waiting list)."""
    if gone := _is_gone(facts, now=now):
        return gone
    if facts.closes_at is not None and now >= facts.closes_at:
        return Closed.CLOSED
    if facts.terms.opens_at is not None and now < facts.terms.opens_at:
        return Closed.NOT_YET
    return None


def host_refusal(facts: SignUpFacts, *, now: datetime) -> Closed | None:
    """Return why not even a host can add or approve people: opening and closing times do not bind the host."""
    return _is_gone(facts, now=now)


def session_refusal(facts: SignUpFacts, session_id: int, *, now: datetime) -> Closed | None:
    """Return why nobody can sign up for this session, or None."""
    session = facts.session(session_id)
    if session is None:
        return Closed.NOT_PLANNED
    return Closed.OVER if session.ends_at <= now else refusal(facts, now=now)


def personal_refusal(terms: Terms, applicant: Applicant) -> Closed | None:
    """Return why this person cannot sign up where others can, or None."""
    if terms.who == "members" and not applicant.is_member:
        return Closed.MEMBERS
    if terms.who == "invited" and not applicant.is_invited:
        return Closed.INVITED
    if terms.most_per_organisation is None:
        return None
    if not applicant.has_organisation:
        return Closed.ORGANISATION_MISSING
    return Closed.ORGANISATION_FULL if applicant.of_organisation >= terms.most_per_organisation else None


def begins_at(facts: SignUpFacts, session_id: int | None, *, now: datetime) -> datetime | None:
    """Return when that which a place is for begins next (the session, or the next one of all); None if it has begun."""
    starts = [session.starts_at for session in facts.sessions if session_id in {None, session.session_id}]
    return min((start for start in starts if start > now), default=None)


def may_promote(facts: SignUpFacts, session_id: int | None = None, *, now: datetime) -> bool:
    """Tell whether a freed place goes to the first in line: only while sign-up is open and before the session begins."""
    return refusal(facts, now=now) is None and begins_at(facts, session_id, now=now) is not None


def offer_until(
    facts: SignUpFacts, session_id: int | None, *, within: timedelta, lasts: timedelta, zone: str, now: datetime
) -> datetime | None:
    """Return until when a freed place is only offered, because the start is near; None while it is simply given.

    The person's night does not count, as far as the start and the close of sign-up let it.

    Args:
        facts: of the activity; its own terms go before those of the house.
        session_id: the session that the place is for; None for the whole activity.
        within: so long before the start, as the house has it.
        lasts: so long an offer stands, as the house has it.
        zone: of the person who gets the offer.
        now: the door's instant.
    """
    within, lasts = offer_spans(facts.terms, within=within, lasts=lasts)
    start = begins_at(facts, session_id, now=now)
    if start is None or now < start - within:
        return None
    ends = [nights.awake_after(now, lasts, zone), start] + ([facts.closes_at] if facts.closes_at else [])
    return min(ends)


def offer_spans(terms: Terms, *, within: timedelta, lasts: timedelta) -> tuple[timedelta, timedelta]:
    """Return so long before the start places are only offered, and how long an offer stands; own terms go first."""
    if terms.offers_within_hours is not None:
        within = timedelta(hours=terms.offers_within_hours)
    if terms.offers_last_minutes is not None:
        lasts = timedelta(minutes=terms.offers_last_minutes)
    return within, lasts


def is_last_offer(offers: int) -> bool:
    """Tell whether who does not answer this offer, the so many-th since they signed up, leaves the line."""
    return offers >= OFFERS_IN_VAIN


def may_undo_withdrawal(withdrawn_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a withdrawal can still be taken back: for ten minutes."""
    return withdrawn_at is not None and now < withdrawn_at + UNDO_FOR


def is_over(facts: SignUpFacts, session_id: int | None, *, now: datetime) -> bool:
    """Tell whether that which a place is for has ended: who had a place keeps it, so that attendance can be settled.

    A postponed activity is not over when its old dates have passed.
    """
    if facts.status == "postponed":
        return False
    ends = [session.ends_at for session in facts.sessions if session_id in {None, session.session_id}]
    return facts.status == "completed" or (bool(ends) and max(ends) <= now)


def after_withdrawal(facts: SignUpFacts, session_id: int | None, place: str, *, now: datetime) -> After:
    """Return what becomes of what somebody gives up: said before they press the button."""
    closed = session_refusal(facts, session_id, now=now) if session_id else refusal(facts, now=now)
    if closed:
        return After.GONE
    had_seat = place in {"confirmed", "offered"}
    goes_on = had_seat and facts.waiting_for(session_id) > 0 and may_promote(facts, session_id, now=now)
    return After.NEXT if goes_on else After.UNDO


def undo_refusal(
    facts: SignUpFacts, session_id: int | None, withdrawn_at: datetime | None, *, had_place: bool, now: datetime
) -> str | None:
    """Return why a withdrawal cannot be taken back (``too_late`` or ``place_gone``), or None."""
    closed = session_refusal(facts, session_id, now=now) if session_id else refusal(facts, now=now)
    if closed or not may_undo_withdrawal(withdrawn_at, now=now):
        return "too_late"
    return "place_gone" if had_place and not facts.has_room_for(session_id) else None


def joining_is_open(
    starts_at: datetime, ends_at: datetime, *, has_place: bool, is_cancelled: bool, now: datetime
) -> bool:
    """Tell whether the meeting's address may be shown: to confirmed people, from 15 minutes before until the end."""
    return has_place and not is_cancelled and starts_at - JOINING_OPENS_BEFORE <= now < ends_at


def terms_faults(terms: Terms, closes_at: datetime | None, last_ends_at: datetime | None = None) -> dict[str, str]:
    """Return what is wrong with terms, by field; ``last_ends_at`` is when the last session ends, if there is one."""
    faults = {}
    if terms.most_per_organisation is not None and terms.most_per_organisation < 1:
        faults["most_per_organisation"] = "Enter the number of places, or leave it empty for no limit"
    if terms.opens_at and (fault := _opening_fault(terms.opens_at, closes_at, last_ends_at)):
        faults["opens_on"] = fault
    if terms.offers_within_hours is not None and not 0 <= terms.offers_within_hours <= MOST_OFFER_HOURS:
        faults["offers_within_hours"] = f"Enter a number of hours from 0 to {MOST_OFFER_HOURS}"
    if terms.offers_last_minutes is not None and not 1 <= terms.offers_last_minutes <= MOST_OFFER_HOURS * 60:
        faults["offers_last_minutes"] = f"Enter a number of minutes from 1 to {MOST_OFFER_HOURS * 60}"
    return faults


MOST_OFFER_HOURS = 24 * 14


def _opening_fault(opens_at: datetime, closes_at: datetime | None, last_ends_at: datetime | None) -> str | None:
    if fault := date_fault(opens_at):
        return fault
    if closes_at and opens_at >= closes_at:
        return "Sign-up must open before it closes"
    if last_ends_at and opens_at >= last_ends_at:
        return "Sign-up must open before the last session ends"
    return None


def _is_gone(facts: SignUpFacts, *, now: datetime) -> Closed | None:
    if facts.status == "cancelled":
        return Closed.CANCELLED
    if facts.status == "postponed":
        return Closed.POSTPONED
    if facts.status == "completed" or (facts.sessions and max(s.ends_at for s in facts.sessions) <= now):
        return Closed.OVER
    if facts.status not in TAKES_PLACE or facts.places_id is None or not facts.sessions:
        return Closed.NOT_PLANNED
    return None


def _left(capacity: int | None, taken: int, waiting: int) -> int | None:
    """Places that anybody could have: while somebody waits, a free one is for the line."""
    if capacity is None:
        return None
    return 0 if waiting else max(capacity - taken, 0)
