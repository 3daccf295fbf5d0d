"""Reads of people and organisations, named by their question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import db, run
from ecwi_events.kernel.text import fold, normalise_address
from ecwi_events.kernel.tokens import digest
from ecwi_events.people import rules
from ecwi_events.people.models import (
    EmailAddress,
    MembershipSpell,
    Organisation,
    OrganisationAlias,
    Person,
    Role,
    RoleGrant,
)
from ecwi_events.people.models_signing_in import BrowserSession

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class Identity:
    """Who is signed in, as plain facts."""

    person_id: int
    name: str
    zone: str | None
    roles: frozenset[Role]
    host_of: frozenset[int]
    browser_id: int = 0  # the record of this browser, see `browser_sessions`
    last_seen_at: datetime | None = None
    is_fresh: bool = False  # proved just now who they are
    is_strong: bool = False  # gave the second factor in this browser, and did not go away since
    is_rested: bool = False  # was away for so long that the office pages ask again
    is_held_back: bool = False  # has more rights, which wait for the second factor or for signing in again

    @property
    def runs_office(self) -> bool:
        """Tell whether the person may do the office's work."""
        return bool(self.roles & {Role.OFFICE, Role.ADMINISTRATOR})

    @property
    def reads_office(self) -> bool:
        """Tell whether the person may read what the office reads; an auditor may no more than that."""
        return self.runs_office or self.is_auditor

    @property
    def is_administrator(self) -> bool:
        """Tell whether the person may grant roles."""
        return Role.ADMINISTRATOR in self.roles

    @property
    def is_auditor(self) -> bool:
        """Tell whether the person reads everything and, by this role, changes nothing."""
        return Role.AUDITOR in self.roles

    @property
    def is_host(self) -> bool:
        """Tell whether the person acts for a host organisation."""
        return bool(self.host_of)


def find_identity(token: str, *, now: datetime) -> Identity | None:
    """Return who holds this browser's token, or None if it is unknown, over, ended, or the person may not sign in.

    A browser that signed in before its person was given a role signs in again, so that no old cookie gains rights.
    """
    rows = db.session.execute(_IDENTITY, {"token": digest(token), "now": now}).all()
    if not rows or rules.is_idle(rows[0].last_seen_at, now=now):
        return None
    first = rows[0]
    if any(row.granted_at and row.granted_at > first.signed_in_at for row in rows):
        return None
    rested = rules.is_rested(first.last_seen_at, rested=first.rested, now=now)
    return Identity(
        person_id=first.id,
        name=first.name,
        zone=first.zone,
        roles=frozenset(row.role for row in rows if row.role),
        host_of=frozenset(row.organisation_id for row in rows if row.organisation_id),
        browser_id=first.browser_id,
        last_seen_at=first.last_seen_at,
        is_fresh=rules.is_fresh(first.fresh_at, now=now),
        is_strong=first.strong_at is not None and not rested,
        is_rested=rested,
    )


def find_person_by_address(address: str) -> Person | None:
    """Return the person with this address, case and spaces aside."""
    return db.session.scalar(
        sa.select(Person)
        .join(EmailAddress, EmailAddress.person_id == Person.id)
        .where(EmailAddress.normalised == normalise_address(address))
    )


def zone_of(person_id: int) -> str | None:
    """Return the time zone in which a person wants to see times, or None if we do not know it."""
    return db.session.scalar(sa.select(Person.zone).where(Person.id == person_id))


def primary_address(person_id: int) -> str | None:
    """Return where to write to a person, or None if we know no address."""
    return db.session.scalar(
        sa.select(EmailAddress.address)
        .where(EmailAddress.person_id == person_id)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
        .limit(1)
    )


def works_for_member(person_id: int, *, on: date) -> bool:
    """Tell whether a person works, as far as we know, for an organisation that is a Member on a day."""
    asked = (
        sa.select(Person.id)
        .join(MembershipSpell, MembershipSpell.organisation_id == Person.organisation_id)
        .where(
            Person.id == person_id,
            sa.or_(MembershipSpell.from_on.is_(None), MembershipSpell.from_on <= on),
            sa.or_(MembershipSpell.to_on.is_(None), MembershipSpell.to_on >= on),
        )
        .limit(1)
    )
    return db.session.scalar(asked) is not None


def names_of(person_ids: Collection[int]) -> dict[int, str]:
    """Return the names of these people by id; who is gone is missing."""
    rows = db.session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(list(person_ids)))).all()
    return {row.id: row.name for row in rows}


def is_still_known(person_id: int) -> bool:
    """Tell whether there is such a person, and not only the figure that is left of an erased one."""
    known = sa.select(Person.id).where(Person.id == person_id, Person.erased_at.is_(None))
    return db.session.scalar(known) is not None


def may_sign_in(person: Person) -> bool:
    """Tell whether a person may have a browser session at all; every way in asks this or `MAY_SIGN_IN`."""
    return person.disabled_at is None and person.merged_into_id is None


MAY_SIGN_IN = sa.and_(Person.disabled_at.is_(None), Person.merged_into_id.is_(None))  # the same for SQL

_IDENTITY = (
    sa.select(
        Person.id, Person.name, Person.zone, RoleGrant.role, RoleGrant.organisation_id, RoleGrant.granted_at,
        BrowserSession.id.label("browser_id"), BrowserSession.created_at.label("signed_in_at"), BrowserSession.last_seen_at,
        BrowserSession.fresh_at, BrowserSession.strong_at, BrowserSession.rested,
    )
    .join(BrowserSession, BrowserSession.person_id == Person.id)
    .outerjoin(RoleGrant, RoleGrant.person_id == Person.id)
    .where(
        BrowserSession.token_hash == sa.bindparam("token"),
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > sa.bindparam("now", type_=UtcDateTime),
        MAY_SIGN_IN,
    )
)  # fmt: skip


_ALIAS = sa.inspect(OrganisationAlias).local_table
_ORGANISATION_OF = sa.select(_ALIAS.c.organisation_id).where(_ALIAS.c.folded == sa.bindparam("folded"))


def find_organisation_id(name: str) -> int | None:
    """Return the organisation that is known by this name, case, accents and script aside; None for an empty name."""
    folded = fold(name)[:200]
    if not folded:
        return None
    found: int | None = run(_ORGANISATION_OF, {"folded": folded}).scalar()
    return found


def known_organisations(organisation_ids: Sequence[int]) -> set[int]:
    """Return which of these organisations there are."""
    return set(db.session.scalars(sa.select(Organisation.id).where(Organisation.id.in_(organisation_ids))))


_BODIES = sa.inspect(Organisation).local_table
_NAMES = sa.select(_BODIES.c.id, _BODIES.c.name).where(_BODIES.c.merged_into_id.is_(None)).order_by(_BODIES.c.name)
NAMES_PART = _NAMES.with_only_columns(_BODIES.c.name)  # of a bundle: what people choose their organisation from


def organisation_names() -> Sequence[tuple[int, str]]:
    """Return id and name of every organisation, by name."""
    return [(row.id, row.name) for row in db.session.execute(_NAMES)]
