"""Who somebody is, where that decides whether they may sign up: a Member's person, an invited one, one of too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import clean_line, fold, normalise_address
from ecwi_events.people import queries as people
from ecwi_events.people import vouching
from ecwi_events.people.models import EmailAddress, MembershipSpell, Organisation, OrganisationKind, Person
from ecwi_events.registration import rows, rules
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_terms import Invitation
from ecwi_events.registration.rules import Applicant

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from ecwi_events.registration.rules import SignUpFacts

# Who waits for the host because only they say where they work, keeps no colleague out.
_counts = sa.and_(
    Registration.place.in_(rows.HELD),
    sa.or_(Registration.place != Place.PENDING, Registration.claimed_organisation.is_(None)),
)


def applicant(
    facts: SignUpFacts, person_id: int, *, address: str = "", invitations: Collection[str] = (), now: datetime
) -> Applicant:
    """Return what is known of a person who would sign up, for the page that shows the button and for the act."""
    person = db.session.execute(
        sa.select(Person.organisation_id, Person.organisation_folded).where(Person.id == person_id)
    ).one()
    return Applicant(
        is_member=facts.terms.who == "members" and _is_member(person.organisation_id, now=now),
        is_invited=facts.terms.who == "invited" and _is_invited(facts, person_id, address, invitations),
        has_organisation=bool(person.organisation_id or person.organisation_folded),
    )


def check(facts: SignUpFacts, person_id: int, address: str, invitations: Collection[str], *, now: datetime) -> None:
    """Refuse a person who may not sign up here although others may.

    Raises:
        Refused: with the sentence that the page shows.
    """
    if facts.terms.asks_for_the_person:
        known = applicant(facts, person_id, address=address, invitations=invitations, now=now)
        rows.refuse_if(rules.personal_refusal(facts.terms, known))


def check_typed(
    facts: SignUpFacts, organisation: str, address: str, invitations: Collection[str], *, now: datetime
) -> None:
    """Do as `check`, by nothing but what is typed: a known and an unknown address get the same answer.

    Raises:
        Refused: with the sentence that the page shows.
    """
    if not facts.terms.asks_for_the_person:
        return
    who = facts.terms.who
    typed = Applicant(
        is_member=who == "members" and _is_member(people.find_organisation_id(organisation), now=now),
        is_invited=who == "invited" and _is_invited(facts, None, address, invitations),
        has_organisation=bool(fold(organisation)),
    )
    rows.refuse_if(rules.personal_refusal(facts.terms, typed))


def check_said(facts: SignUpFacts, organisation: str, *, now: datetime) -> None:
    """Do as `check_typed` before an address is proved: whether it is on the list nobody learns from the answer.

    Raises:
        Refused: with the sentence that the page shows.
    """
    is_member = facts.terms.who == "members" and _is_member(people.find_organisation_id(organisation), now=now)
    said = Applicant(is_member=is_member, is_invited=True, has_organisation=bool(fold(organisation)))
    rows.refuse_if(rules.personal_refusal(facts.terms, said))


def claim(facts: SignUpFacts, person_id: int, organisation: str | None) -> str | None:
    """Return where somebody says that they work, where that decides and nobody who may say so has said it too.

    Args:
        facts: of the activity.
        person_id: who signs up.
        organisation: what was typed; None if our record of the person decides.
    """
    if not facts.terms.asks_for_organisation:
        return None
    said = clean_line(organisation) if organisation is not None else vouching.own_organisation(person_id)
    return None if vouching.is_known(person_id, said) else said[:200]


def check_typed_organisation(facts: SignUpFacts, places_id: int, organisation: str, *, beside: int = 0) -> None:
    """Do as `check_organisation`, by the organisation that is typed; everybody of it counts, and ``beside`` so many more.

    Raises:
        Refused: as many as may have signed up already.
    """
    if facts.terms.most_per_organisation is None:
        return
    others = db.session.scalar(
        sa.select(sa.func.count(Registration.id))
        .join(Person, Person.id == Registration.person_id)
        .where(_works_for(organisation), Registration.places_id == places_id, _counts)
    )
    known = Applicant(is_member=True, is_invited=True, has_organisation=True, of_organisation=(others or 0) + beside)
    rows.refuse_if(rules.personal_refusal(facts.terms, known))


def counts_for(person_id: int, organisation: str) -> bool:
    """Tell whether our record of a person has the organisation that is typed for them."""
    found = sa.select(Person.id).where(Person.id == person_id, _works_for(organisation))
    return db.session.scalar(found) is not None


def check_organisation(facts: SignUpFacts, places_id: int, person_id: int) -> None:
    """Refuse one more of an organisation that has all its places; asked under the lock of the counted row.

    Raises:
        Refused: as many as may have signed up already.
    """
    if facts.terms.most_per_organisation is None:
        return
    colleague = sa.orm.aliased(Person)
    same = sa.case(
        (Person.organisation_id.is_not(None), colleague.organisation_id == Person.organisation_id),
        else_=sa.and_(colleague.organisation_id.is_(None), colleague.organisation_folded == Person.organisation_folded),
    )
    others = db.session.scalar(
        sa.select(sa.func.count(Registration.id))
        .select_from(Person)
        .join(colleague, sa.and_(same, colleague.id != Person.id))
        .join(Registration, Registration.person_id == colleague.id)
        .where(Person.id == person_id, Registration.places_id == places_id, _counts)
    )
    # Where sessions have places of their own, an organisation has so many in each.
    known = Applicant(is_member=True, is_invited=True, has_organisation=True, of_organisation=others or 0)
    rows.refuse_if(rules.personal_refusal(facts.terms, known))


def _works_for(organisation: str) -> sa.ColumnElement[bool]:
    organisation_id = people.find_organisation_id(organisation)
    if organisation_id:
        return Person.organisation_id == organisation_id
    return sa.and_(Person.organisation_id.is_(None), Person.organisation_folded == fold(organisation)[:200])


def _is_member(organisation_id: int | None, *, now: datetime) -> bool:
    day = now.date()
    spell = (
        sa.select(MembershipSpell.id)
        .join(Organisation, Organisation.id == MembershipSpell.organisation_id)
        .where(
            MembershipSpell.organisation_id == organisation_id,
            Organisation.kind != OrganisationKind.SECRETARIAT,
            sa.or_(MembershipSpell.from_on.is_(None), MembershipSpell.from_on <= day),
            sa.or_(MembershipSpell.to_on.is_(None), MembershipSpell.to_on >= day),
        )
    )
    return organisation_id is not None and db.session.scalar(spell.limit(1)) is not None


def _is_invited(facts: SignUpFacts, person_id: int | None, address: str, invitations: Collection[str]) -> bool:
    if facts.link_hash is not None and facts.link_hash in invitations:
        return True
    own = sa.select(EmailAddress.normalised).where(EmailAddress.person_id == person_id)
    listed = sa.select(Invitation.id).where(
        Invitation.activity_id == facts.activity_id,
        sa.or_(Invitation.normalised == normalise_address(address), Invitation.normalised.in_(own)),
    )
    return db.session.scalar(listed.limit(1)) is not None
