"""What an activity's status means. Pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SHORTEST_MINUTES = 5
LONGEST_MINUTES = 12 * 60
LONGEST_TITLE = 200
YEARS = range(1990, 2101)

# From where to where an activity may be moved by the office (cancelling reaches people, and has its own act).
MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"approved", "planned"}),
    "approved": frozenset({"draft", "planned", "postponed"}),
    "planned": frozenset({"draft", "running", "ongoing", "completed", "postponed"}),
    "running": frozenset({"completed", "postponed", "ongoing"}),
    "ongoing": frozenset({"completed"}),
    "completed": frozenset({"running"}),
    "postponed": frozenset({"planned"}),
    "cancelled": frozenset(),
}


def is_public(status: str) -> bool:
    """Tell whether everybody may see an activity in this status: all but drafts and what is only approved."""
    return status not in {"draft", "approved"}


def takes_place(status: str) -> bool:
    """Tell whether an activity in this status is going to happen or is happening, so that people may sign up."""
    return status in {"planned", "running", "ongoing"}


def may_move(status: str, to: str) -> bool:
    """Tell whether an activity may be moved from one status to another."""
    return to in MOVES[status]


def missing_before_publishing(*, title: str, has_host: bool, sessions: int) -> list[str]:
    """Return what must be added before an activity can be seen by everybody, as sentences; empty if nothing."""
    missing = []
    if not clean_line(title):
        missing.append("Enter a title")
    if not has_host:
        missing.append("Choose the host organisation")
    if not sessions:
        missing.append("Add one session or more")
    return missing


def title_fault(title: str) -> str | None:
    """Return what is wrong with a title, or None."""
    if not clean_line(title):
        return "Enter a title"
    return None if len(clean_line(title)) <= LONGEST_TITLE else f"Enter a title of {LONGEST_TITLE} letters or fewer"


def year_fault(year: int) -> str | None:
    """Return what is wrong with the year of an overview, or None."""
    return None if year in YEARS else f"Enter a year from {YEARS[0]} to {YEARS[-1]}"


def date_fault(day: date) -> str | None:
    """Return what is wrong with the day of a session, or None; far years are slips, and some have no time in UTC."""
    return None if day.year in YEARS else f"Enter a date from {YEARS[0]} to {YEARS[-1]}"


def length_fault(minutes: int) -> str | None:
    """Return what is wrong with a session's length, or None."""
    if SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        return None
    return f"Enter a length from {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes"


def period_of(days: Sequence[date]) -> tuple[date, date] | None:
    """Return first and last month of the days on which sessions start, each as its first day; None without days."""
    if not days:
        return None
    return min(days).replace(day=1), max(days).replace(day=1)
