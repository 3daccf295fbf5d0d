"""Finding people among many thousand: by parts of name, organisation or address, case, accents and script aside.

The folded columns are filled when a row is written (see the models), so that a search compares plain text and nothing is
folded while somebody waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import clean_line, fold
from ecwi_events.people.models import EmailAddress, Organisation, OrganisationAlias, Person

if TYPE_CHECKING:
    from collections.abc import Sequence

ON_A_PAGE = 20
MOST_WORDS = 6
LONGEST_QUERY = 200
MOST_PAIRS = 20


@dataclass(frozen=True)
class FoundPerson:
    """A person in a list."""

    id: int
    name: str
    organisation: str | None
    country: str | None
    address: str | None
    is_disabled: bool


@dataclass(frozen=True)
class Found:
    """One page of people, and how many there are in all."""

    people: Sequence[FoundPerson]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // ON_A_PAGE))


@dataclass(frozen=True)
class Pair:
    """Two records that may be one person: the same name at the same organisation."""

    kept: FoundPerson
    merged: FoundPerson


def search_people(query: str, *, page: int = 1) -> Found:
    """Return people of whom every word of the query is a part of the name, the organisation or an address."""
    words = fold(clean_line(query)[:LONGEST_QUERY]).split()[:MOST_WORDS]
    conditions = [Person.merged_into_id.is_(None), *(_has(word) for word in words)]
    rows = db.session.execute(
        sa.select(Person.id, sa.func.count().over())
        .where(*conditions)
        .order_by(Person.folded, Person.id)
        .limit(ON_A_PAGE)
        .offset((page - 1) * ON_A_PAGE)
    ).all()
    if not rows and page > 1:
        return search_people(query)
    return Found(_people([row[0] for row in rows]), rows[0][1] if rows else 0, page)


def find_person(person_id: int) -> FoundPerson | None:
    """Return a person as in a list, or None."""
    found = _people([person_id])
    return found[0] if found else None


def possible_duplicates() -> Sequence[Pair]:
    """Return pairs of people with an equal name and an equal organisation, the first of them; nobody is merged by this."""
    one, other = aliased(Person), aliased(Person)
    is_elsewhere = sa.or_(
        one.organisation_id.is_distinct_from(other.organisation_id),
        one.organisation_folded != other.organisation_folded,
    )
    # Only names are to be looked up: most people have no organisation, and by that both engines met each with each.
    same_place = sa.case((is_elsewhere, sa.false()), else_=sa.true())
    rows = db.session.execute(
        sa.select(one.id, other.id)
        .join(other, sa.and_(other.folded == one.folded, other.id > one.id, same_place))
        .where(one.merged_into_id.is_(None), other.merged_into_id.is_(None), one.folded != "")
        .order_by(one.folded, one.id, other.id)
        .limit(MOST_PAIRS)
    ).all()
    known = {person.id: person for person in _people([row_id for row in rows for row_id in row])}
    return [Pair(known[kept], known[merged]) for kept, merged in rows]


def _has(word: str) -> sa.ColumnElement[bool]:
    by_name = sa.select(OrganisationAlias.organisation_id).where(
        OrganisationAlias.folded.contains(word, autoescape=True)
    )
    by_address = sa.select(EmailAddress.person_id).where(EmailAddress.folded.contains(word, autoescape=True))
    return sa.or_(
        Person.folded.contains(word, autoescape=True),
        Person.organisation_folded.contains(word, autoescape=True),
        Person.organisation_id.in_(by_name),
        Person.id.in_(by_address),
    )


def _people(ids: Sequence[int]) -> list[FoundPerson]:
    """Return people in the order of their ids as given."""
    first = (
        sa.select(EmailAddress.address)
        .where(EmailAddress.person_id == Person.id)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Person.id, Person.name, sa.func.coalesce(Organisation.name, Person.organisation_text),
            sa.func.coalesce(Person.country, Organisation.country), first, Person.disabled_at.is_not(None),
        )
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id.in_(ids))
    )  # fmt: skip
    found = {row[0]: FoundPerson(*row) for row in rows}
    return [found[row_id] for row_id in dict.fromkeys(ids) if row_id in found]
