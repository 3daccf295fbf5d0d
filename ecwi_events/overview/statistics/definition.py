"""What a statistic is: a definition with one written rule, and the values that it can have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecwi_events.kernel import numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ecwi_events.overview.facts import DeclaredFact, Facts

COMPUTED, DECLARED, MIXED, OVERRIDE = "computed", "declared", "mixed", "override"


@dataclass(frozen=True)
class Input:
    """A record that went into a figure; people have no label, they are looked up by those who may."""

    kind: str
    id: int
    label: str = ""


@dataclass(frozen=True)
class Share:
    """A part of a figure that has parts; ``amount`` is what its percent was taken from."""

    label: str
    value: int
    printed: str


@dataclass(frozen=True)
class Value:
    """One value that a figure has: counted, declared, put together, or printed against the records."""

    kind: str
    value: float | None  # whole, but for hours; None where only the parts have values
    inputs: tuple[Input, ...] = ()
    complete: bool = True
    qualifier: str = "exact"
    source: str | None = None
    note: str | None = None
    as_of: date | None = None
    basis: str | None = None
    parts: tuple[Share, ...] = ()


def in_figures(value: Value) -> str:
    """Return ``31``, ``over 85``, ``at least 484``; hours with one decimal."""
    if isinstance(value.value, float):
        words = numbers.one_decimal(round(value.value * 10))
        return f"at least {words}" if value.qualifier == "at_least" else words
    return numbers.qualified(int(value.value or 0), value.qualifier)


def as_it_is(value: float) -> float:
    """Return a value as it was counted."""
    return value


@dataclass(frozen=True)
class Definition:
    """A statistic: its id, names, unit, written rule, version, what protects people in it, and how it is counted."""

    id: str
    label: str
    long_label: str  # with {year}
    unit: str
    rule: str
    count: Callable[[Facts], Value | None]
    printed: Callable[[Value], str] = in_figures
    shown: Callable[[float], float] = as_it_is
    declared: Callable[[Facts, bool], Value | None] | None = None
    is_money: bool = False
    version: int = 1
    privacy: str = "A number of records; no rule is needed."
    label_of_one: str = ""  # where the label is a plural that one thing cannot carry

    def label_for(self, value: float | None) -> str:
        """Return the label beside a value: "6 PLAs", "1 PLA"."""
        return self.label_of_one if value == 1 and self.label_of_one else self.label


@dataclass(frozen=True)
class Figure:
    """A concluded figure: the value that is printed, and all others that exist."""

    definition: Definition
    chosen: Value
    alternatives: tuple[Value, ...] = ()

    @property
    def value(self) -> float | None:
        """The value as it is published (money in whole Eur)."""
        return None if self.chosen.value is None else self.definition.shown(self.chosen.value)

    @property
    def printed(self) -> str:
        """The finished wording."""
        return self.definition.printed(self.chosen)

    @property
    def whole(self) -> int:
        """The value as a whole number, for sentences."""
        return int(self.value or 0)


def conclude(definition: Definition, facts: Facts) -> Figure | None:
    """Choose what is printed: override, then complete records, then declared, then mixed, then what records there are.

    What is counted from incomplete records is said with "at least". Nothing known is no figure, and never zero.
    """
    counted = definition.count(facts)
    if counted and not counted.complete and counted.kind == COMPUTED and counted.value is not None:
        # "At least 0" says nothing, so it is no value at all.
        counted = replace(counted, qualifier="at_least") if counted.value else None
    declared = definition.declared or (lambda facts, override: declared_value(definition.id, facts, override=override))
    values = [value for value in (counted, declared(facts, False), declared(facts, True)) if value]  # noqa: FBT003
    if not values:
        return None
    ordered = sorted(values, key=_rank)
    return Figure(definition, ordered[0], tuple(ordered[1:]))


def _rank(value: Value) -> int:
    if value.kind == COMPUTED:
        return 1 if value.complete else 4
    return {OVERRIDE: 0, DECLARED: 2, MIXED: 3}[value.kind]


def declared_value(statistic: str, facts: Facts, *, override: bool = False) -> Value | None:
    """Return the declared (or overriding) value of a statistic for the whole year, or None."""
    rows = [row for row in facts.figures(statistic, override=override) if not row.label]
    return from_row(rows[0]) if rows else None


def from_row(row: DeclaredFact) -> Value:
    """Return a declared row as a value."""
    return Value(
        kind=OVERRIDE if row.is_override else DECLARED,
        value=row.value,
        inputs=(declared_input(row),),
        qualifier=row.qualifier.value,
        source=row.source,
        note=row.note,
        as_of=row.as_of,
        basis=row.basis.value,
    )


def declared_input(row: DeclaredFact) -> Input:
    """Return a declared row as the record behind a figure."""
    return Input("declared", row.id, f"{row.label}: {row.source}" if row.label else row.source)
