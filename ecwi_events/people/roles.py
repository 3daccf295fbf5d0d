"""Roles of the whole house: who has one, giving one, taking one back. Who hosts is said on the organisation's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import queries, rules, service
from ecwi_events.people.models import Person, Role, RoleGrant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

HOUSE_ROLES = (Role.OFFICE, Role.ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True)
class Holder:
    """Somebody who has a role of the whole house."""

    grant_id: int
    person_id: int
    name: str
    role: Role
    granted_at: datetime


def holders() -> Sequence[Holder]:
    """Return who has a role of the whole house, by role and name."""
    rows = db.session.execute(
        sa.select(RoleGrant.id, RoleGrant.person_id, Person.name, RoleGrant.role, RoleGrant.granted_at)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.role.in_(HOUSE_ROLES), Person.merged_into_id.is_(None))
        .order_by(RoleGrant.role, Person.name, RoleGrant.id)
    )
    return [Holder(*row) for row in rows]


def give_role(address: str, role: str, *, now: datetime) -> str:
    """Give the person with this address a role of the whole house, and return the name.

    Raises:
        Invalid: nobody who may sign in has the address, or there is no such role.
    """
    if role not in HOUSE_ROLES:
        raise Invalid({"role": "Choose a role from the list"})
    if fault := rules.address_fault(address):
        raise Invalid({"email": fault})
    person = queries.find_person_by_address(address)
    if person is None or not queries.may_sign_in(person):
        raise Invalid({"email": "Nobody who can sign in has this address"})
    service.grant_role(person.id, Role(role), now=now)
    return person.name


def take_role_back(grant_id: int, *, by_person_id: int, now: datetime) -> None:
    """Take a role of the whole house back; it ends with the person's next click.

    Raises:
        NotFound: there is no such grant.
        Refused: it is one's own, so that there is always an administrator.
    """
    # Locked in one order, so that two administrators cannot take each other's role in the same moment.
    administrators = sa.select(RoleGrant).where(RoleGrant.role == Role.ADMINISTRATOR).order_by(RoleGrant.id)
    standing = db.session.scalars(administrators.with_for_update()).all()
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.role not in HOUSE_ROLES:
        raise NotFound("We cannot find this page.")
    if grant.person_id == by_person_id and grant.role is Role.ADMINISTRATOR:
        raise Refused("own_role", "You cannot take your own role back. Ask another administrator.")
    if all(one.person_id != by_person_id for one in standing):
        raise Refused("own_role", "You are no longer an administrator.")
    journal.note("take_role_back", "person", grant.person_id, before={"role": grant.role}, now=now)
    db.session.delete(grant)
    db.session.flush()
