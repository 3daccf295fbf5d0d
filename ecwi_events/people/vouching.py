"""Whether anybody but a person themselves has said where they work: the office, a host, a representative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import fold
from ecwi_events.people import queries
from ecwi_events.people.models import Organisation, Person, Role, RoleGrant

if TYPE_CHECKING:
    from datetime import datetime


def own_organisation(person_id: int) -> str:
    """Return where a person works as far as we have it, or the empty text."""
    name = sa.func.coalesce(Organisation.name, Person.organisation_text, "")
    found = sa.select(name).select_from(Person).outerjoin(Organisation, Organisation.id == Person.organisation_id)
    return db.session.scalars(found.where(Person.id == person_id)).one()


def is_known(person_id: int, organisation: str) -> bool:
    """Tell whether a person is known to work there: somebody who may say so has said it, or they act for it as a host."""
    host = sa.exists().where(
        RoleGrant.person_id == Person.id,
        RoleGrant.role == Role.HOST,
        RoleGrant.organisation_id == Person.organisation_id,
    )
    vouched = sa.or_(Person.organisation_known_at.is_not(None), host)
    known = sa.select(Person.id).where(Person.id == person_id, _works_for(organisation), vouched)
    return db.session.scalar(known) is not None


def vouch(person_id: int, organisation: str, *, now: datetime) -> bool:
    """Keep that somebody who may say so says that a person works there; False if it is known or not in our record."""
    kept = db.session.execute(
        sa.update(Person)
        .where(Person.id == person_id, _works_for(organisation), Person.organisation_known_at.is_(None))
        .values(organisation_known_at=now)
        .execution_options(synchronize_session=False)
    )
    if kept.rowcount:  # type: ignore[attr-defined]  # an UPDATE has a row count
        journal.note("vouch", "person", person_id, after={"organisation_known_at": now}, now=now)
    return bool(kept.rowcount)  # type: ignore[attr-defined]


def _works_for(organisation: str) -> sa.ColumnElement[bool]:
    folded, organisation_id = fold(organisation)[:200], queries.find_organisation_id(organisation)
    if organisation_id is not None:
        return Person.organisation_id == organisation_id
    return sa.and_(
        Person.organisation_id.is_(None), Person.organisation_folded == folded, Person.organisation_folded != ""
    )
