"""A representative signs a group up: all in one transaction, each with an own result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.people import service as people_service
from ecwi_events.people import vouching
from ecwi_events.registration import applicants, places, rows, rules, rules_groups, signing_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.people.service import Found
    from ecwi_events.registration.rules import SignUpFacts
    from ecwi_events.registration.signing_up import Seat, SignedUp, SignUp

MOST = 100


@dataclass(frozen=True)
class GroupResult:
    """What became of one person of a group: a sign-up, or a sentence why there is none."""

    address: str
    signed_up: SignedUp | None
    refusal: str | None = None


def sign_up_group(
    activity_id: int,
    people: Sequence[SignUp],
    *,
    by_person_id: int | None,
    by_representative: bool = False,
    now: datetime,
) -> list[GroupResult]:
    """Sign a group up, first line first; a person who cannot be signed up does not keep the others.

    All people are found or made before any place is taken, in the order of their addresses: so two groups that share people
    never wait for each other. The same address twice is one person.

    Args:
        activity_id: which activity.
        people: the group.
        by_person_id: who brings them.
        by_representative: who brings them is neither a host of the activity nor the office. They learn nothing about an
            address: what is typed decides, not what we know, and a list of invited people is closed to them.
        now: the door's instant.

    Raises:
        Invalid: the group is empty or too large.
        NotFound: there is no such activity.
        Refused: sign-up is not open, or not for groups of a representative.
    """
    if not 1 <= len(people) <= MOST:
        raise Invalid({"people": f"Enter from 1 to {MOST} people"})
    facts = rows.facts_of(activity_id)
    rows.refuse_if(rules.refusal(facts, now=now))
    if by_representative and (closed := rules_groups.representative_refusal(facts.terms)):
        raise Refused("by_invitation", closed)
    people = [replace(new, as_typed=by_representative) for new in people]
    faults = [_fault(new) for new in people]
    good = [new for new, fault in zip(people, faults, strict=True) if fault is None]
    ids = _people(good, now=now)
    chosen = {tuple(new.session_ids): signing_up.seats(facts, new.session_ids, now=now) for new in good}
    for places_id in sorted({seat.places_id for seats in chosen.values() for seat in seats}):
        places.lock(places_id)
    beside = _Beside(facts)
    results = []
    for new, fault in zip(people, faults, strict=True):
        who, seats = ids.get(normalise_address(new.address)), chosen.get(tuple(new.session_ids), [])
        if fault or who is None:
            results.append(GroupResult(new.address, None, fault))
            continue
        result = _one(replace(new, beside=beside.by_row), facts, seats, who, by_person_id, now=now)
        beside.note(new, result, seats, who)
        results.append(result)
    _forget_refused(ids, results)
    return results


@dataclass
class _Beside:
    """How many of a list an organisation has used up with people whom our records have elsewhere.

    Whether the next one of the list gets a place must not tell whether we knew the one before.
    """

    facts: SignUpFacts
    by_row: Counter[int] = field(default_factory=Counter)
    seen: set[int] = field(default_factory=set)

    def note(self, new: SignUp, result: GroupResult, seats: Sequence[Seat], who: Found) -> None:
        """Count somebody who was signed up as typed and does not count by our record."""
        is_new = result.signed_up is not None and who.person_id not in self.seen
        if self.facts.terms.most_per_organisation is None or not new.as_typed or not is_new:
            return
        self.seen.add(who.person_id)
        if not applicants.counts_for(who.person_id, new.organisation):
            self.by_row = self.by_row + Counter(seat.places_id for seat in seats)


def _fault(new: SignUp) -> str | None:
    try:
        signing_up.check_fields(new)
    except Invalid as invalid:
        return ". ".join(invalid.fields.values())
    return None


def _people(group: Sequence[SignUp], *, now: datetime) -> dict[str, Found]:
    first = {normalise_address(new.address): new for new in reversed(group)}
    return {
        address: people_service.find_or_make(
            new.name,
            new.address,
            organisation=new.organisation,
            zone=canonical_zone(new.zone),
            country=new.country,
            now=now,
        )
        for address, new in sorted(first.items())
    }


def _forget_refused(ids: Mapping[str, Found], results: Sequence[GroupResult]) -> None:
    """Keep nobody who is new here and got nothing."""
    taken = {normalise_address(result.address) for result in results if result.signed_up}
    people_service.unmake([who.person_id for address, who in ids.items() if who.is_new and address not in taken])


def _one(
    new: SignUp, facts: SignUpFacts, seats: Sequence[Seat], who: Found, by_person_id: int | None, *, now: datetime
) -> GroupResult:
    try:
        with db.session.begin_nested():  # a person who is refused takes back only what was written for them
            if by_person_id and new.organisation:
                vouching.vouch(who.person_id, new.organisation, now=now)
            got = signing_up.take_all(new, facts, seats, who, by_person_id=by_person_id, now=now)
    except Refused as refused:
        return GroupResult(new.address, None, refused.message)
    return GroupResult(new.address, signing_up.together(got, facts))
