"""Acts on people: finding or making a person, roles, organisations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.db import db, insert_row, insert_unless_there, run
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, fold, normalise_address, slug
from ecwi_events.people import queries, rules
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
    from collections.abc import Collection
    from datetime import date, datetime


_ANY = sa.inspect(EmailAddress).local_table
_MAIN = _ANY.alias("main")
_PERSON_OF = (
    sa.select(_ANY.c.person_id, _MAIN.c.address)
    .outerjoin(_MAIN, sa.and_(_MAIN.c.person_id == _ANY.c.person_id, _MAIN.c.is_primary))
    .where(_ANY.c.normalised == sa.bindparam("normalised"))
)


@dataclass(frozen=True)
class Found:
    """A person who was found or made by an address."""

    person_id: int
    address: str | None  # where mail to them goes, as far as it is known here
    is_new: bool


def find_or_create_person(name: str, address: str, *, organisation: str, zone: str | None, now: datetime) -> int:
    """Return the id of the person with this address; make the person if the address is new.

    What is typed beside a known address changes nothing: anybody can type an address.
    """
    return find_or_make(name, address, organisation=organisation, zone=zone, now=now).person_id


def find_or_make(
    name: str, address: str, *, organisation: str, zone: str | None, country: str | None = None, now: datetime
) -> Found:
    """Do as `find_or_create_person`, and also say whether the person is new and where mail goes."""
    normalised = normalise_address(address)
    if found := _person_of(normalised):
        return found
    organisation_id = queries.find_organisation_id(organisation)
    person_id = insert_row(
        Person,
        name=name,
        organisation_id=organisation_id,
        organisation_text=None if organisation_id else clean_line(organisation) or None,
        country=country,
        zone=zone,
        created_at=now,
    )
    row = {"person_id": person_id, "address": address, "normalised": normalised, "is_primary": True}
    if insert_unless_there(EmailAddress, [row], key=["normalised"]):
        return Found(person_id, clean_line(address), is_new=True)
    db.session.execute(sa.delete(Person).where(Person.id == person_id))  # somebody with this address came in between
    return _person_of(normalised) or Found(0, None, is_new=False)


def unmake(person_ids: Collection[int]) -> None:
    """Take people back who were made in this transaction and for whom nothing came of it: nobody is kept for nothing."""
    if person_ids:
        for gone in (EmailAddress.person_id, Person.id):
            db.session.execute(
                sa.delete(gone.class_).where(gone.in_(person_ids)).execution_options(synchronize_session=False)
            )


def create_person(name: str, address: str, *, organisation: str = "", zone: str | None = None, now: datetime) -> int:
    """Make a person whose address nobody has yet, and return the id.

    Raises:
        Invalid: a field cannot be taken.
        Refused: the address belongs to somebody already.
    """
    faults = {"name": rules.name_fault(name), "email": rules.address_fault(address)}
    if wrong := {field: fault for field, fault in faults.items() if fault}:
        raise Invalid(wrong)
    if _person_of(normalise_address(address)):
        raise Refused("address_taken", f"{clean_line(address)} belongs to somebody already.")
    person_id = find_or_create_person(name, address, organisation=organisation, zone=zone, now=now)
    journal.note("create_person", "person", person_id, after={"name": name, "addresses": 1}, now=now)
    return person_id


def grant_role(person_id: int, role: Role, *, organisation_id: int | None = None, now: datetime) -> None:
    """Give a person a role; a host is always host for one organisation. Granting twice changes nothing."""
    if (role is Role.HOST) != (organisation_id is not None):
        raise Refused("host_of", "A host acts for one organisation; other roles name none.")
    held = sa.select(RoleGrant.id).where(
        RoleGrant.person_id == person_id,
        RoleGrant.role == role,
        RoleGrant.organisation_id.is_not_distinct_from(organisation_id),
    )
    if db.session.scalar(held) is None:
        db.session.add(RoleGrant(person_id=person_id, role=role, organisation_id=organisation_id, granted_at=now))
        db.session.flush()
        granted = {"role": role} | ({"organisation_id": organisation_id} if organisation_id else {})
        journal.note("grant_role", "person", person_id, after=granted, now=now)


def choose_zone(person_id: int, zone: str) -> None:
    """Keep the time zone in which a person wants to see times; a name that is none changes nothing."""
    if canonical := canonical_zone(zone):
        db.session.execute(sa.update(Person).where(Person.id == person_id).values(zone=canonical))


def create_organisation(
    name: str, *, country: str | None, kind: OrganisationKind = OrganisationKind.BODY, key: str = "", now: datetime
) -> int:
    """Make an organisation and return its id; its own name is the first name that it is found by.

    Raises:
        Invalid: the name is empty.
        Refused: an organisation is known by this name already.
    """
    if not clean_line(name):
        raise Invalid({"name": "Enter the name of the organisation"})
    if queries.find_organisation_id(name):
        raise Refused("name_taken", f"“{clean_line(name)}” is an organisation already.")
    own_key = _free_key(key or slug(name, most=70))
    organisation = Organisation(key=own_key, name=name, country=country, kind=kind, created_at=now)
    db.session.add(organisation)
    db.session.flush()
    db.session.add(OrganisationAlias(organisation_id=organisation.id, name=name, folded=fold(name)[:200]))
    db.session.flush()
    made = {"name": name, "key": organisation.key, "kind": kind, "country": country}
    journal.note("create_organisation", "organisation", organisation.id, after=made, now=now)
    return organisation.id


def record_membership(
    organisation_id: int,
    membership_class: MembershipClass,
    *,
    from_on: date | None,
    to_on: date | None = None,
    source: str,
) -> None:
    """Write down that an organisation was a Member from one day to another, and where that is known from.

    Raises:
        Invalid: it ends before it begins, or overlaps with another membership of the organisation.
    """
    others = db.session.execute(
        sa.select(MembershipSpell.from_on, MembershipSpell.to_on).where(
            MembershipSpell.organisation_id == organisation_id
        )
    )
    if fault := rules.spell_fault((from_on, to_on), [(row.from_on, row.to_on) for row in others]):
        raise Invalid({fault[0]: fault[1]})
    db.session.add(
        MembershipSpell(
            organisation_id=organisation_id,
            membership_class=membership_class,
            from_on=from_on,
            to_on=to_on,
            source=source,
        )
    )
    db.session.flush()


def get_person_id(address: str) -> int:
    """Return the id of the person with this address.

    Raises:
        NotFound: nobody has it.
    """
    found = _person_of(normalise_address(address))
    if found is None:
        raise NotFound(f"Nobody here has the address {clean_line(address)}.")
    return found.person_id


def _person_of(normalised: str) -> Found | None:
    row = run(_PERSON_OF, {"normalised": normalised}).first()
    return Found(row.person_id, row.address, is_new=False) if row else None


def _free_key(wanted: str) -> str:
    """Return the key, or one like it where a record has it already, be it one that was merged into another."""
    like = Organisation.key.startswith(wanted, autoescape=True)
    taken = set(db.session.scalars(sa.select(Organisation.key).where(like)))
    if wanted not in taken:
        return wanted
    return next(key for number in range(2, len(taken) + 3) if (key := f"{wanted[:76]}-{number}") not in taken)
