"""What an activity's status means. Pure functions of plain facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.kernel.dates import MONTHS
from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SHORTEST_MINUTES = 5
LONGEST_MINUTES = 12 * 60
LONGEST_TITLE = 200
YEARS = range(1990, 2101)

# From where to where the office may move an activity; what people are told about it is another matter.
MOVES: dict[str, frozenset[str]] = {
    "draft": frozenset({"approved", "planned"}),
    "approved": frozenset({"draft", "planned", "postponed", "cancelled"}),
    "planned": frozenset({"draft", "running", "ongoing", "completed", "postponed", "cancelled"}),
    "running": frozenset({"planned", "completed", "postponed", "ongoing", "cancelled"}),
    "ongoing": frozenset({"running", "completed", "postponed", "cancelled"}),
    "completed": frozenset({"running"}),
    "postponed": frozenset({"planned", "cancelled"}),
    "cancelled": frozenset({"planned"}),
}
# What the host of an activity may say about it without the office.
HOST_MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"running", "completed"}),
    "running": frozenset({"completed"}),
    "ongoing": frozenset({"completed"}),
    "completed": frozenset({"running"}),
}
NEEDS_REASON = frozenset({"postponed", "cancelled"})
CANCELLED_FOR_GOOD_AFTER = timedelta(days=1)
LONGEST_REASON = 300
LONGEST_NEW_DATE = 60
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Mover(StrEnum):
    """In whose name somebody moves an activity."""

    OFFICE = "office"
    HOST = "host"  # of the activity itself


def move_refusal(
    status: str, to: str, *, by: Mover, cancelled_at: datetime | None = None, now: datetime | None = None
) -> str | None:
    """Return why somebody may not move an activity from one status to another, as a sentence, or None if they may.

    Args:
        status: where it stands.
        to: where it is to go.
        by: in whose name.
        cancelled_at: when it was cancelled, if it is.
        now: the door's instant; needed for what is cancelled.
    """
    if to not in MOVES[status]:
        return f"An activity that is {status} cannot become {to}."
    if by is not Mover.OFFICE and to not in HOST_MOVES.get(status, ()):
        return f"Only the office can make an activity {to} that is {status}. Please write to the office."
    if status == "cancelled" and not _may_still_undo(cancelled_at, now):
        return "It was cancelled more than a day ago, and people were told. Make a new activity instead."
    return None


def _may_still_undo(cancelled_at: datetime | None, now: datetime | None) -> bool:
    return cancelled_at is not None and now is not None and now < cancelled_at + CANCELLED_FOR_GOOD_AFTER


def move_faults(to: str, *, reason: str, until: str = "", today: date | None = None) -> dict[str, str]:
    """Return what is wrong with what was typed for a move, by field."""
    faults = {}
    if to in NEEDS_REASON and not clean_line(reason):
        faults["reason"] = "Write the reason: people who signed up will read it"
    elif len(clean_line(reason)) > LONGEST_REASON:
        faults["reason"] = f"Write the reason in {LONGEST_REASON} letters or fewer"
    exact = _exact_date(until)
    if len(clean_line(until)) > LONGEST_NEW_DATE:
        faults["until"] = f"Write the new date in {LONGEST_NEW_DATE} letters or fewer, such as “autumn 2027”"
    elif exact and today and exact <= today:
        faults["until"] = "Write a new date that is still to come"
    return faults


def new_date_words(typed: str) -> str | None:
    """Return the new date as it is printed: ``12 March 2027`` for an exact one, else the words; None for nothing."""
    exact = _exact_date(typed)
    return f"{exact.day} {MONTHS[exact.month - 1]} {exact.year}" if exact else clean_line(typed) or None


def _exact_date(typed: str) -> date | None:
    """Read ``2027-03-12`` or ``12 March 2027``; None for other words, which may be right as well."""
    words = clean_line(typed)
    try:
        if found := _ISO_DATE.fullmatch(words):
            return date(*(int(part) for part in found.groups()))
        day, month, year = words.split()
        return date(int(year), MONTHS.index(month.capitalize()) + 1, int(day))
    except ValueError:
        return None


def is_public(status: str) -> bool:
    """Tell whether everybody may see an activity in this status: all but drafts and what is only approved."""
    return status not in {"draft", "approved"}


@dataclass(frozen=True)
class Viewer:
    """Who asks to see an activity, as far as it matters for that."""

    is_member: bool = False  # signed in, and works for a Member organisation today
    sees_all: bool = False  # the office and auditors
    host_of: frozenset[int] = frozenset()  # organisations for which this person acts
    invitations: frozenset[str] = frozenset()  # hashes of the invitation links that this browser has opened
    signed_up_for: frozenset[int] = frozenset()  # activities in which this person has a place or waits


STRANGER = Viewer()


@dataclass(frozen=True)
class Seen:
    """An activity, as far as seeing it depends on it."""

    activity_id: int
    status: str
    visibility: str
    link_hash: str | None
    host_ids: Sequence[int]  # host and co-hosts


def may_see(seen: Seen, viewer: Viewer) -> bool:
    """Tell whether somebody may see the public page of an activity, and so find and sign up for it. THE one rule.

    For everybody else it must look as if there were no such activity. What is not published is seen on the office's and
    the hosts' own pages only.
    """
    if not is_public(seen.status):
        return False
    if seen.visibility == "public" or viewer.sees_all or seen.activity_id in viewer.signed_up_for:
        return True
    if not viewer.host_of.isdisjoint(seen.host_ids):
        return True
    if seen.visibility == "members":
        return viewer.is_member
    return seen.link_hash is not None and seen.link_hash in viewer.invitations


def is_for_everybody(status: str, visibility: str) -> bool:
    """Tell whether an activity may stand where nobody is asked who they are: feeds, lists, the library."""
    return is_public(status) and visibility == "public"


def takes_place(status: str) -> bool:
    """Tell whether an activity in this status is going to happen or is happening, so that people may sign up."""
    return status in {"planned", "running", "ongoing"}


def may_move(status: str, to: str) -> bool:
    """Tell whether an activity may be moved from one status to another at all, by whomever."""
    return to in MOVES[status]


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
