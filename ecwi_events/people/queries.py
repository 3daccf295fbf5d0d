"""Reads of people and organisations, named by their question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import fold, normalise_address
from ecwi_events.kernel.tokens import digest
from ecwi_events.people.models import (
    BrowserSession,
    EmailAddress,
    Organisation,
    OrganisationAlias,
    Person,
    Role,
    RoleGrant,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Identity:
    """Who is signed in, as plain facts."""

    person_id: int
    name: str
    zone: str | None
    roles: frozenset[Role]
    host_of: frozenset[int]

    @property
    def runs_office(self) -> bool:
        """Tell whether the person may use the office pages."""
        return bool(self.roles & {Role.OFFICE, Role.ADMINISTRATOR})

    @property
    def is_host(self) -> bool:
        """Tell whether the person acts for a host organisation."""
        return bool(self.host_of)


def find_identity(token: str, *, now: datetime) -> Identity | None:
    """Return who holds this browser's token, or None if it is unknown, over, ended, or the person is disabled."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name, Person.zone, RoleGrant.role, RoleGrant.organisation_id)
        .join(BrowserSession, BrowserSession.person_id == Person.id)
        .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            BrowserSession.token_hash == digest(token),
            BrowserSession.ended_at.is_(None),
            BrowserSession.expires_at > now,
            Person.disabled_at.is_(None),
        )
    ).all()
    if not rows:
        return None
    return Identity(
        person_id=rows[0].id,
        name=rows[0].name,
        zone=rows[0].zone,
        roles=frozenset(row.role for row in rows if row.role),
        host_of=frozenset(row.organisation_id for row in rows if row.organisation_id),
    )


def find_person_by_address(address: str) -> Person | None:
    """Return the person with this address, case and spaces aside."""
    return db.session.scalar(
        sa.select(Person)
        .join(EmailAddress, EmailAddress.person_id == Person.id)
        .where(EmailAddress.normalised == normalise_address(address))
    )


def primary_address(person_id: int) -> str | None:
    """Return where to write to a person, or None if we know no address."""
    return db.session.scalar(
        sa.select(EmailAddress.address)
        .where(EmailAddress.person_id == person_id)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
        .limit(1)
    )


def may_sign_in(person: Person) -> bool:
    """Tell whether a person may have a browser session at all; every way in asks this."""
    return person.disabled_at is None


def find_organisation_id(name: str) -> int | None:
    """Return the organisation that is known by this name, case, accents and script aside; None for an empty name."""
    folded = fold(name)[:200]
    if not folded:
        return None
    return db.session.scalar(sa.select(OrganisationAlias.organisation_id).where(OrganisationAlias.folded == folded))


def known_organisations(organisation_ids: Sequence[int]) -> set[int]:
    """Return which of these organisations there are."""
    return set(db.session.scalars(sa.select(Organisation.id).where(Organisation.id.in_(organisation_ids))))


def organisation_names() -> Sequence[tuple[int, str]]:
    """Return id and name of every organisation, by name."""
    rows = db.session.execute(sa.select(Organisation.id, Organisation.name).order_by(Organisation.name)).all()
    return [(row.id, row.name) for row in rows]
