"""Organisations: their facts and names, and who acts for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.countries import is_country
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, fold
from ecwi_events.people import queries, rules
from ecwi_events.people import service as people
from ecwi_events.people.models import (
    EmailAddress,
    MembershipClass,
    MembershipSpell,
    Organisation,
    OrganisationAlias,
    OrganisationKind,
    Person,
    Role,
    RoleGrant,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

LONGEST_SHORT_NAME = 60


@dataclass(frozen=True)
class OrganisationCard:
    """An organisation in a list; ``membership_class`` is its membership on the day that was asked for."""

    id: int
    name: str
    short_name: str | None
    kind: OrganisationKind
    country: str | None
    membership_class: MembershipClass | None


@dataclass(frozen=True)
class Name:
    """One of the names of an organisation; its own cannot be taken away."""

    id: int
    name: str
    language: str | None
    is_own: bool


@dataclass(frozen=True)
class HostPerson:
    """Somebody who acts for an organisation."""

    person_id: int
    name: str
    address: str | None


@dataclass(frozen=True)
class Facts:
    """What can be set on the page of an organisation, as it is typed."""

    name: str
    short_name: str = ""
    kind: str = OrganisationKind.BODY.value
    country: str = ""


def organisations(*, on: date, query: str = "") -> Sequence[OrganisationCard]:
    """Return the organisations that are known by every word of a name, by name, with their membership on a day."""
    holds = sa.and_(
        MembershipSpell.organisation_id == Organisation.id,
        sa.or_(MembershipSpell.from_on.is_(None), MembershipSpell.from_on <= on),
        sa.or_(MembershipSpell.to_on.is_(None), MembershipSpell.to_on >= on),
    )
    spell = sa.select(sa.func.min(MembershipSpell.membership_class)).where(holds).scalar_subquery()
    conditions = [Organisation.merged_into_id.is_(None)]
    for word in fold(clean_line(query)[:200]).split():
        found = sa.select(OrganisationAlias.organisation_id).where(
            OrganisationAlias.folded.contains(word, autoescape=True)
        )
        conditions.append(Organisation.id.in_(found))
    rows = db.session.execute(
        sa.select(
            Organisation.id, Organisation.name, Organisation.short_name, Organisation.kind, Organisation.country, spell
        )
        .where(*conditions)
        .order_by(sa.func.lower(Organisation.name), Organisation.id)
    )
    return [
        OrganisationCard(row[0], row[1], row[2], row[3], row[4], MembershipClass(row[5]) if row[5] else None)
        for row in rows
    ]


def get_organisation(organisation_id: int) -> Organisation:
    """Return an organisation.

    Raises:
        NotFound: there is none with this id.
    """
    found = db.session.scalar(sa.select(Organisation).where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound("We cannot find this organisation.")
    return found


def names_of(organisation_id: int) -> Sequence[Name]:
    """Return all names of an organisation, its own first."""
    own = fold(get_organisation(organisation_id).name)[:200]
    rows = db.session.execute(
        sa.select(OrganisationAlias.id, OrganisationAlias.name, OrganisationAlias.language, OrganisationAlias.folded)
        .where(OrganisationAlias.organisation_id == organisation_id)
        .order_by(OrganisationAlias.folded != own, OrganisationAlias.name)
    )
    return [Name(row.id, row.name, row.language, row.folded == own) for row in rows]


def host_people(organisation_id: int) -> Sequence[HostPerson]:
    """Return who acts for an organisation, by name."""
    primary = sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary)
    rows = db.session.execute(
        sa.select(Person.id, Person.name, EmailAddress.address)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(EmailAddress, primary)
        .where(
            RoleGrant.role == Role.HOST, RoleGrant.organisation_id == organisation_id, Person.merged_into_id.is_(None)
        )
        .order_by(Person.folded, Person.id)
    )
    return [HostPerson(*row) for row in rows]


def number_of_people(organisation_id: int) -> int:
    """Return how many people work at an organisation now."""
    counted = sa.select(sa.func.count()).where(
        Person.organisation_id == organisation_id, Person.merged_into_id.is_(None)
    )
    return db.session.scalar(counted) or 0


def change_facts(organisation_id: int, new: Facts, *, now: datetime) -> None:
    """Change what an organisation is called and where it sits; an earlier name stays a name of it.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such organisation.
        Refused: the name belongs to another organisation.
    """
    if wrong := faults(new):
        raise Invalid(wrong)
    organisation = get_organisation(organisation_id)
    before = _noted(organisation)
    put_name(organisation_id, new.name, None)
    organisation.name, organisation.short_name = clean_line(new.name), clean_line(new.short_name) or None
    organisation.kind, organisation.country = OrganisationKind(new.kind), new.country or None
    db.session.flush()
    journal.note(
        "change_organisation", "organisation", organisation_id, before=before, after=_noted(organisation), now=now
    )


def faults(new: Facts) -> dict[str, str]:
    """Return what is wrong with the facts of an organisation, by field."""
    short_is_long = len(clean_line(new.short_name)) > LONGEST_SHORT_NAME
    found = {
        "name": _name_fault(new.name),
        "short_name": f"Enter a short name of {LONGEST_SHORT_NAME} letters or fewer" if short_is_long else None,
        "kind": None if new.kind in {kind.value for kind in OrganisationKind} else "Choose a kind from the list",
        "country": None if not new.country or is_country(new.country) else "Choose a country from the list",
    }
    return {field: fault for field, fault in found.items() if fault}


def add_name(organisation_id: int, name: str, language: str, *, now: datetime) -> None:
    """Let an organisation be found by another name, as it is written in some language.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is no such organisation.
        Refused: the name belongs to another organisation.
    """
    found = {
        "other_name": _name_fault(name),
        "language": None if not language or language in rules.LANGUAGES else "Choose a language from the list",
    }
    if wrong := {field: fault for field, fault in found.items() if fault}:
        raise Invalid(wrong)
    get_organisation(organisation_id)
    put_name(organisation_id, name, language or None)
    journal.note("add_name", "organisation", organisation_id, after={"name": name}, now=now)


def remove_name(organisation_id: int, name_id: int, *, now: datetime) -> None:
    """Take a name away.

    Raises:
        NotFound: the organisation has no such name.
        Refused: it is its own name.
    """
    name = next((one for one in names_of(organisation_id) if one.id == name_id), None)
    if name is None:
        raise NotFound("We cannot find this name.")
    if name.is_own:
        raise Refused("own_name", "This is the name of the organisation. Change it instead.")
    db.session.execute(sa.delete(OrganisationAlias).where(OrganisationAlias.id == name_id))
    journal.note("remove_name", "organisation", organisation_id, before={"name": name.name}, now=now)


def grant_host(organisation_id: int, address: str, *, now: datetime) -> str:
    """Let the person with this address act for an organisation, and return their name.

    Raises:
        Invalid: nobody has this address.
        NotFound: there is no such organisation.
    """
    get_organisation(organisation_id)
    person = queries.find_person_by_address(address)
    if person is None:
        raise Invalid({"address": "Nobody here has this email address. They have to sign up or sign in first"})
    people.grant_role(person.id, Role.HOST, organisation_id=organisation_id, now=now)
    return person.name


def withdraw_host(organisation_id: int, person_id: int, *, now: datetime) -> None:
    """Let a person act for an organisation no longer.

    Raises:
        NotFound: they do not.
    """
    gone = db.session.execute(
        sa.delete(RoleGrant).where(
            RoleGrant.organisation_id == organisation_id, RoleGrant.person_id == person_id, RoleGrant.role == Role.HOST
        )
    )
    if gone.rowcount != 1:  # type: ignore[attr-defined]  # a DELETE has a row count
        raise NotFound("This person does not act for this organisation.")
    before: dict[str, object] = {"role": Role.HOST, "organisation_id": organisation_id}
    journal.note("withdraw_role", "person", person_id, before=before, now=now)


def put_name(organisation_id: int, name: str, language: str | None = None) -> bool:
    """Let an organisation be found by a name; tell whether the name is new.

    Raises:
        Refused: the name belongs to another organisation.
    """
    folded = fold(name)[:200]
    row = {"organisation_id": organisation_id, "name": name, "folded": folded, "language": language}
    if insert_unless_there(OrganisationAlias, [row], key=["folded"]):
        return True
    known = db.session.scalar(sa.select(OrganisationAlias).where(OrganisationAlias.folded == folded))
    if known is None or known.organisation_id != organisation_id:
        raise Refused("name_taken", f"“{clean_line(name)}” is the name of another organisation already.")
    known.language = language or known.language
    db.session.flush()
    return False


def _name_fault(name: str) -> str | None:
    if not any(c.isalnum() for c in clean_line(name)):
        return "Enter the name of the organisation"
    return rules.organisation_fault(name)


def _noted(organisation: Organisation) -> dict[str, object]:
    return {name: getattr(organisation, name) for name in ("name", "short_name", "kind", "country")}
