"""Taking organisations over from a file: known by their key, so that a second import changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.kernel.text import fold
from ecwi_events.people.merging import left_organisation_id
from ecwi_events.people.models import (
    MembershipClass,
    MembershipSpell,
    Organisation,
    OrganisationAlias,
    OrganisationKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class SpellRecord:
    """A membership as a file tells it."""

    membership_class: MembershipClass
    from_on: date | None
    to_on: date | None
    source: str


@dataclass(frozen=True)
class OrganisationRecord:
    """An organisation as a file tells it; no spells mean that no membership is known."""

    key: str
    name: str
    kind: OrganisationKind = OrganisationKind.BODY
    country: str | None = None
    short_name: str | None = None
    note: str | None = None
    aliases: tuple[str, ...] = ()
    spells: tuple[SpellRecord, ...] = ()


@dataclass
class Tally:
    """What an import did to one kind of record."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def add(self, *, is_new: bool, has_changed: bool) -> None:
        """Count one record."""
        if is_new:
            self.new += 1
        elif has_changed:
            self.changed += 1
        else:
            self.same += 1


def take_over_organisations(records: Sequence[OrganisationRecord], *, now: datetime) -> tuple[dict[str, int], Tally]:
    """Make or update organisations by their key; return their ids by key, and what was done.

    An organisation that is here under another key and goes by the same name is the same organisation. Names that it had
    stay as other names of it. A spell is known by its source.

    Raises:
        Refused: a name belongs to another organisation already.
    """
    known = {row.key: row for row in db.session.scalars(sa.select(Organisation))}
    tally = Tally()
    for record in records:
        found = known.get(record.key) or _known_by_name(record.name)
        if found and found.merged_into_id:  # the office has made it a part of another one, which speaks for it now
            known[record.key] = db.session.get_one(Organisation, left_organisation_id(found.id))
            tally.add(is_new=False, has_changed=False)
            continue
        organisation = found or Organisation(key=record.key, created_at=now)
        changed = _set(organisation, _columns(record))
        if found is None:
            db.session.add(organisation)
        db.session.flush()
        known[record.key] = organisation
        changed |= _add_names(organisation, (record.name, *record.aliases))
        changed |= _put_spells(organisation.id, record.spells)
        tally.add(is_new=found is None, has_changed=changed)
    return {key: row.id for key, row in known.items()}, tally


def _known_by_name(name: str) -> Organisation | None:
    return db.session.scalar(
        sa.select(Organisation)
        .join(OrganisationAlias, OrganisationAlias.organisation_id == Organisation.id)
        .where(OrganisationAlias.folded == fold(name)[:200])
    )


def _columns(record: OrganisationRecord) -> dict[str, object]:
    return {
        "name": record.name, "kind": record.kind, "country": record.country, "short_name": record.short_name,
        "note": record.note,
    }  # fmt: skip


def _set(row: object, values: Mapping[str, object]) -> bool:
    """Write the values that differ; tell whether there were any."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _add_names(organisation: Organisation, names: Sequence[str]) -> bool:
    folded = {fold(name)[:200]: name for name in names}
    rows = db.session.execute(
        sa.select(OrganisationAlias.folded, OrganisationAlias.organisation_id).where(
            OrganisationAlias.folded.in_(folded)
        )
    )
    taken = {row.folded: row.organisation_id for row in rows}
    for short, name in folded.items():
        if taken.get(short, organisation.id) != organisation.id:
            raise Refused("name_taken", f"“{name}” is the name of another organisation already.")
        if short not in taken:
            db.session.add(OrganisationAlias(organisation_id=organisation.id, name=name, folded=short))
    db.session.flush()
    return len(taken) < len(folded)


def _put_spells(organisation_id: int, spells: Sequence[SpellRecord]) -> bool:
    sources = [spell.source for spell in spells]
    rows = db.session.scalars(
        sa.select(MembershipSpell).where(
            MembershipSpell.organisation_id == organisation_id, MembershipSpell.source.in_(sources)
        )
    ).all()
    there = {SpellRecord(row.membership_class, row.from_on, row.to_on, row.source) for row in rows}
    if there == set(spells):
        return False
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    db.session.add_all(
        MembershipSpell(
            organisation_id=organisation_id, membership_class=spell.membership_class, from_on=spell.from_on,
            to_on=spell.to_on, source=spell.source,
        )
        for spell in spells
    )  # fmt: skip
    db.session.flush()
    return True
