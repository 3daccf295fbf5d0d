"""Organisations that people typed and nobody has found yet: a queue with suggestions. Nothing is matched by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from rapidfuzz import fuzz, process, utils

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import NotFound
from ecwi_events.kernel.text import slug
from ecwi_events.people import organisations
from ecwi_events.people import service as people
from ecwi_events.people.models import (
    Affiliation,
    LeftAsText,
    Organisation,
    OrganisationAlias,
    OrganisationKind,
    Person,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

ON_A_PAGE = 20
MOST_SUGGESTIONS = 5
PERHAPS, CLOSE, ALMOST = 60, 80, 92


@dataclass(frozen=True)
class Suggestion:
    """An organisation that may be meant, and how near its nearest name is."""

    organisation_id: int
    name: str
    likeness: str


@dataclass(frozen=True)
class Typed:
    """One typed name, whoever spelled it how, and what it may mean."""

    folded: str
    text: str
    people: int
    suggestions: Sequence[Suggestion]


def names_to_match(*, page: int = 1) -> tuple[Sequence[Typed], int]:
    """Return one page of typed names, those of most people first, and how many there are in all."""
    rows = db.session.execute(
        sa.select(
            Person.organisation_folded, sa.func.min(Person.organisation_text), sa.func.count(), sa.func.count().over()
        )
        .where(*_OPEN)
        .group_by(Person.organisation_folded)
        .order_by(sa.func.count().desc(), Person.organisation_folded)
        .limit(ON_A_PAGE)
        .offset((page - 1) * ON_A_PAGE)
    ).all()
    known = _known_names()
    found = [Typed(folded, text or "", number, _suggestions(folded, known)) for folded, text, number, _ in rows]
    return found, rows[0][3] if rows else 0


def number_to_match() -> int:
    """Return how many typed names wait."""
    return db.session.scalar(sa.select(sa.func.count(sa.distinct(Person.organisation_folded))).where(*_OPEN)) or 0


def likeness(score: float) -> str:
    """Return a score in words."""
    if score >= ALMOST:
        return "almost the same"
    return "close" if score >= CLOSE else "perhaps"


def take_as(folded: str, organisation_id: int, *, now: datetime) -> int:
    """Say which organisation a typed name means; return how many people belong to it now.

    Raises:
        NotFound: nobody typed this name, or there is no such organisation.
        Refused: the name belongs to another organisation.
    """
    text = _typed_text(folded)
    organisation = organisations.get_organisation(organisation_id)
    if organisation.merged_into_id:
        raise NotFound("We cannot find this organisation.")
    organisations.put_name(organisation_id, text)
    return _give(folded, organisation_id, now=now)


def make_new(folded: str, *, country: str | None, now: datetime) -> int:
    """Make an organisation of a typed name, and return its id.

    Raises:
        NotFound: nobody typed this name.
    """
    organisation_id = people.create_organisation(
        _typed_text(folded), country=country, kind=OrganisationKind.BODY, key=free_key(folded), now=now
    )
    _give(folded, organisation_id, now=now)
    return organisation_id


def leave_as_text(folded: str, *, by_person_id: int | None, now: datetime) -> None:
    """Leave a typed name as it is, and ask no more about it.

    Raises:
        NotFound: nobody typed this name.
    """
    _typed_text(folded)
    row = {"folded": folded, "by_person_id": by_person_id, "left_at": now}
    insert_unless_there(LeftAsText, [row], key=["folded"])


def free_key(folded: str) -> str:
    """Return a key for a new organisation that no other has."""
    base = slug(folded, most=70)
    taken = set(
        db.session.scalars(sa.select(Organisation.key).where(Organisation.key.startswith(base, autoescape=True)))
    )
    return next(
        key for number in range(1, len(taken) + 2) if (key := base if number == 1 else f"{base}-{number}") not in taken
    )


_OPEN = (
    Person.organisation_id.is_(None),
    Person.organisation_folded != "",
    Person.merged_into_id.is_(None),
    Person.organisation_folded.not_in(sa.select(LeftAsText.folded)),
)


def _typed_text(folded: str) -> str:
    text = db.session.scalar(
        sa.select(sa.func.min(Person.organisation_text)).where(
            Person.organisation_folded == folded, Person.organisation_folded != "", Person.organisation_id.is_(None)
        )
    )
    if text is None:
        raise NotFound("Nobody has this organisation in their record any more.")
    return text


def _give(folded: str, organisation_id: int, *, now: datetime) -> int:
    """Give everybody who typed this name their organisation, in what they did before too."""
    ids = db.session.scalars(
        sa.select(Person.id).where(Person.organisation_folded == folded, Person.organisation_id.is_(None))
    ).all()
    for table in (Person, Affiliation):
        db.session.execute(
            sa.update(table)
            .where(table.organisation_folded == folded, table.organisation_id.is_(None))
            .values(organisation_id=organisation_id, organisation_text=None, organisation_folded="")
            .execution_options(synchronize_session=False)
        )
    for person_id in ids:
        after: dict[str, object] = {"organisation_id": organisation_id}
        journal.note("match_organisation", "person", person_id, before={"organisation_id": None}, after=after, now=now)
    return len(ids)


def _known_names() -> Mapping[int, tuple[int, str, str]]:
    """Return every name of every organisation: organisation, its own name, the folded name; by the id of the name."""
    rows = db.session.execute(
        sa.select(OrganisationAlias.id, Organisation.id, Organisation.name, OrganisationAlias.folded)
        .join(Organisation, Organisation.id == OrganisationAlias.organisation_id)
        .where(Organisation.merged_into_id.is_(None))
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _suggestions(folded: str, known: Mapping[int, tuple[int, str, str]]) -> Sequence[Suggestion]:
    near = process.extract(
        folded, {key: name[2] for key, name in known.items()}, scorer=fuzz.token_sort_ratio, processor=utils.default_process,
        limit=MOST_SUGGESTIONS * 3, score_cutoff=PERHAPS,
    )  # fmt: skip
    best: dict[int, Suggestion] = {}
    for _, score, key in near:
        organisation_id, name, _ = known[key]
        best.setdefault(organisation_id, Suggestion(organisation_id, name, likeness(score)))
    return list(best.values())[:MOST_SUGGESTIONS]
