"""An organisation of an edition file, with its other names and its membership."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.people.importing import OrganisationRecord, SpellRecord
from ecwi_events.people.models import MembershipClass, OrganisationKind

if TYPE_CHECKING:
    from ecwi_events.overview.importing_document import Fields


@dataclass(frozen=True)
class OrganisationEntry:
    """An organisation and the line that names it."""

    line: int
    record: OrganisationRecord


def read_organisation(fields: Fields) -> OrganisationEntry:
    """Return what the file says about one organisation; faults are noted on the way."""
    record = OrganisationRecord(
        key=fields.key("organisation"),
        name=fields.must("name"),
        short_name=fields.text("short", most=60),
        kind=fields.choice("kind", OrganisationKind, default=OrganisationKind.BODY),
        country=fields.country("country"),
        note=fields.prose("note"),
        aliases=tuple(text for _, text in fields.texts("aliases", most=200)),
        spells=tuple(_spell(spell) for spell in fields.each("membership", f"{fields.where}, membership")),
    )
    line = fields.line_at("id")
    fields.end()
    return OrganisationEntry(line, record)


def _spell(fields: Fields) -> SpellRecord:
    spell = SpellRecord(
        membership_class=fields.choice("class", MembershipClass),
        from_on=fields.day("from"),
        to_on=fields.day("to"),
        source=fields.must("source"),
    )
    if spell.from_on and spell.to_on and spell.to_on < spell.from_on:
        fields.complain("to", "the membership ends before it begins.")
    fields.end()
    return spell
