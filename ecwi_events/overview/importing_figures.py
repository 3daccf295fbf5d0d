"""Declared figures in an edition file: a value, how exact it is, and always its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.overview.models import Additive, Basis, Qualifier

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from ecwi_events.overview.importing_document import Fields

MOST = 10**12


@dataclass(frozen=True)
class DeclaredRecord:
    """A declared figure as a file tells it; ``activity`` is a key, or None for the whole year."""

    line: int
    statistic: str
    value: int
    source: str
    label: str = ""
    activity: str | None = None
    qualifier: Qualifier = Qualifier.EXACT
    basis: Basis = Basis.UNSPECIFIED
    additive: Additive = Additive.UNKNOWN
    note: str | None = None
    as_of: date | None = None
    is_override: bool = False


def read_figure(fields: Fields, statistics: Collection[str], money: Collection[str]) -> DeclaredRecord:
    """Return a declared figure of the year; money is given in whole Eur and kept in cents."""
    statistic = fields.must("statistic", most=64)
    if statistic != "?":
        fields.where = f"figure “{statistic}”"
        if statistic not in statistics:
            fields.complain("statistic", f"“{statistic}” is no figure of the overview.")
    value = fields.integer("value", least=0, most=MOST, required=True) or 0
    record = DeclaredRecord(
        line=fields.line,
        statistic=statistic,
        label=fields.text("label", most=80) or "",
        value=value * 100 if statistic in money else value,
        qualifier=fields.choice("qualifier", Qualifier, default=Qualifier.EXACT),
        basis=fields.choice("basis", Basis, default=Basis.UNSPECIFIED),
        additive=fields.choice("additive", Additive, default=Additive.UNKNOWN),
        source=fields.must("source", most=300),
        note=fields.text("note", most=500),
        as_of=fields.day("as_of"),
        is_override=fields.boolean("override"),
    )
    if record.is_override and not record.note:
        fields.complain("override", "say in “note” why another value is printed than the counted one.")
    fields.end()
    return record


def read_opening_balance(fields: Fields) -> list[DeclaredRecord]:
    """Return the published totals from which later years are counted on."""
    as_of = fields.day("as_of")
    if as_of is None:
        fields.complain("as_of", "this is missing: the day up to which the totals count.")
    source = fields.must("source", most=300)
    qualifier = fields.choice("professionals_qualifier", Qualifier, default=Qualifier.EXACT)
    values = {
        "opening_plas": fields.integer("plas", least=0, most=MOST, required=True),
        "opening_professionals": fields.integer("professionals", least=0, most=MOST, required=True),
        "opening_first_year": fields.integer("first_year", least=1900, most=2100, required=True),
    }
    fields.end()
    return [
        DeclaredRecord(
            line=fields.line,
            statistic=statistic,
            value=value or 0,
            source=source,
            as_of=as_of,
            qualifier=qualifier if statistic == "opening_professionals" else Qualifier.EXACT,
        )
        for statistic, value in values.items()
    ]


def read_participants(fields: Fields, activity: str) -> tuple[list[DeclaredRecord], str | None]:
    """Return the declared participants of an activity, as a whole or by groups, and the note that stands for them."""
    note = fields.text("instead", most=200)
    groups = list(fields.each("groups", f"{fields.where}, group"))
    whole = fields.integer("value", least=0, most=MOST, required=not groups and note is None)
    values = [("", whole)] if whole is not None else []
    for group in groups:
        values.append((group.must("label", most=80), group.integer("value", least=0, most=MOST, required=True) or 0))
        group.end()
    if groups and whole is not None:
        fields.complain("value", "give either a value or groups.")
    source = fields.text("source", most=300, required=bool(values))
    common = {
        "qualifier": fields.choice("qualifier", Qualifier, default=Qualifier.EXACT),
        "basis": fields.choice("basis", Basis, default=Basis.UNSPECIFIED),
        "additive": fields.choice("additive", Additive, default=Additive.UNKNOWN),
        "note": fields.text("note", most=500),
        "as_of": fields.day("as_of"),
    }
    fields.end()
    records = [
        DeclaredRecord(fields.line, "participants", value or 0, source or "?", label, activity, **common)  # type: ignore[arg-type]
        for label, value in values
    ]
    return records, note
