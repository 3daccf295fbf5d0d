"""When proposals are taken and what they must say. Pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.programme.rules import title_fault, year_fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

LONGEST = {"why": 4_000, "plan": 8_000, "sessions_idea": 4_000}
LONGEST_REASON = 2_000
MOST_MINOR = 1_000_000_000  # ten million euros: more is a slip
MONTHS = tuple(str(number) for number in range(1, 13))
MISSING = {"why": "Write why this activity is needed", "plan": "Write what you plan to do"}


def call_is_open(opens_on: date, closes_on: date, *, today: date) -> bool:
    """Tell whether proposals are taken today: from the first to the last day, both included."""
    return opens_on <= today <= closes_on


def call_faults(year: int, opens_on: date | None, closes_on: date | None) -> dict[str, str]:
    """Return what is wrong with a call, by field."""
    faults = {}
    if fault := year_fault(year):
        faults["year"] = fault
    if opens_on is None:
        faults["opens_on"] = "Enter the first day"
    if closes_on is None:
        faults["closes_on"] = "Enter the last day"
    elif opens_on and closes_on < opens_on:
        faults["closes_on"] = "Enter a last day that is not before the first day"
    return faults


def proposal_faults(texts: Mapping[str, str], months: Sequence[str], budget_minor: int | None) -> dict[str, str]:
    """Return what is wrong with a proposal as it is typed, by field."""
    faults = {name: sentence for name, sentence in MISSING.items() if not clean_prose(texts[name])}
    for name, most in LONGEST.items():
        if len(clean_prose(texts[name])) > most:
            faults[name] = f"Use {most:,} letters or fewer"
    if fault := title_fault(texts["title"]):
        faults["title"] = fault
    if not set(months) <= set(MONTHS):
        faults["months"] = "Choose months from the list"
    if fault := budget_fault(budget_minor):
        faults["budget"] = fault
    return faults


def budget_fault(minor: int | None) -> str | None:
    """Return what is wrong with an amount of a proposal, or None."""
    return "Enter an amount of ten million euros or less" if minor is not None and minor > MOST_MINOR else None


def reason_fault(reason: str) -> str | None:
    """Return what is wrong with the reason for which a proposal is declined, or None."""
    if not clean_line(reason):
        return "Write the reason: the host reads it"
    return None if len(clean_prose(reason)) <= LONGEST_REASON else f"Use {LONGEST_REASON:,} letters or fewer"
