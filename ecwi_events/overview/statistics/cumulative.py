"""Totals over the years: what was published once, and what came after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecwi_events.kernel import numbers
from ecwi_events.overview.statistics.activities import as_inputs
from ecwi_events.overview.statistics.definition import (
    DECLARED,
    MIXED,
    Definition,
    Value,
    declared_input,
    from_row,
    in_figures,
)
from ecwi_events.overview.statistics.people import counted_participants, declared_participants, participations, total

if TYPE_CHECKING:
    from ecwi_events.overview.facts import ActivityFact, DeclaredFact, Facts

OPENING_PLAS, OPENING_PEOPLE, OPENING_FIRST_YEAR = "opening_plas", "opening_professionals", "opening_first_year"


@dataclass(frozen=True)
class Opening:
    """The opening balance: what had been published up to the end of a year. It is never calculated back."""

    year: int
    plas: DeclaredFact
    people: DeclaredFact
    first_year: DeclaredFact


def opening(facts: Facts) -> Opening | None:
    """Return the latest opening balance that is not later than the year, or None."""
    years = sorted({row.year for row in facts.declared if row.statistic == OPENING_PLAS and row.year <= facts.year})
    for year in reversed(years):
        found = [facts.figures(name, year=year) for name in (OPENING_PLAS, OPENING_PEOPLE, OPENING_FIRST_YEAR)]
        if all(found):
            plas, people, first_year = (rows[0] for rows in found)
            return Opening(plas.as_of.year if plas.as_of else year, plas, people, first_year)
    return None


def _plas(facts: Facts) -> Value | None:
    start = opening(facts)
    if start is None or facts.year < start.year:
        return None
    if facts.year == start.year:
        return from_row(start.plas)
    later = [pla for pla in facts.plas if start.year < pla.home_year <= facts.year]
    return Value(
        kind=MIXED,
        value=start.plas.value + len(later),
        inputs=(declared_input(start.plas), *as_inputs(later)),
        source=start.plas.source,
        as_of=start.plas.as_of,
    )


def _people(facts: Facts) -> Value | None:
    start = opening(facts)
    if start is None or facts.year < start.year:
        return None
    if facts.year == start.year:
        return from_row(start.people)
    parts = [_people_of_year(replace(facts, year=year), start.year) for year in range(start.year + 1, facts.year + 1)]
    known = [part for part in parts if part]
    lower = numbers.is_strict(start.people.qualifier.value) or any(part.qualifier != "exact" for part in known)
    return Value(
        kind=MIXED,
        value=start.people.value + sum(int(part.value or 0) for part in known),
        inputs=(declared_input(start.people), *(entry for part in known for entry in part.inputs)),
        qualifier="more_than" if lower else "exact",
        source=start.people.source,
        as_of=start.people.as_of,
    )


def _people_of_year(facts: Facts, opened: int) -> Value | None:
    """Return the participations of a year that the opening balance does not hold yet."""
    new = participations(facts, [pla for pla in facts.active if pla.home_year > opened])
    values = [new, *(_not_declared_before(facts, pla) for pla in facts.active if pla.home_year <= opened)]
    known = [value for value in values if value]
    if not known:
        return None
    exact = all(value.complete and value.qualifier == "exact" for value in known)
    return Value(
        kind=MIXED,
        value=sum(int(value.value or 0) for value in known),
        inputs=tuple(entry for value in known for entry in value.inputs),
        qualifier="exact" if exact else "at_least",
    )


def _not_declared_before(facts: Facts, pla: ActivityFact) -> Value | None:
    counted = counted_participants(facts, pla, facts.held(pla))
    rows = declared_participants(facts, pla)
    if counted is None or not rows:
        return counted
    return replace(counted, value=max(0, int(counted.value or 0) - int(total(rows).value or 0)), qualifier="at_least")


def _window(facts: Facts) -> Value | None:
    start = opening(facts)
    if start is None or facts.year < start.year:
        return None
    first = start.first_year
    return Value(
        DECLARED, facts.year - first.value + 1, (declared_input(first),), source=first.source, as_of=first.as_of
    )  # fmt: skip


def _total_in_words(value: Value) -> str:
    if value.kind != MIXED:
        return in_figures(value)
    return numbers.qualified_total(int(value.value or 0), strict=value.qualifier != "exact", word="more than")


DEFINITIONS = (
    Definition(
        "cumulative_plas", "PLAs since the beginning", "PLAs up to the end of {year}", "PLAs",
        "The published opening balance, and the PLAs supported in each later year. A postponed PLA that is held later adds "
        "no second PLA.",
        _plas,
    ),
    Definition(
        "cumulative_professionals", "professionals since the beginning", "Professionals up to the end of {year}",
        "professionals",
        "The published opening balance, and the participations in PLAs of each later year that are not in it. Of a PLA that "
        "goes on, only people beyond those declared before are added. The total is rounded down to the step below it.",
        _people,
        printed=_total_in_words,
    ),
    Definition(
        "window_years", "years", "Years that the totals of {year} cover", "years",
        "The years from the first year of the opening balance to this one, both counted.",
        _window,
    ),
)  # fmt: skip
