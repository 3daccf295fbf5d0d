"""When one may say what one thought of a session, and what may be shown of it. Pure functions of plain facts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SCORES = range(1, 6)
OPEN_FOR = timedelta(days=60)
LONGEST_COMMENT = 1000
# Fewer answers than this are not shown: whoever knows who came could guess who said what.
FEWEST_SHOWN = 3


def is_open(starts_at: datetime, ends_at: datetime, *, has_place: bool, takes_place: bool, now: datetime) -> bool:
    """Tell whether somebody may answer: with a place, from the start of a session that takes place, for sixty days."""
    return has_place and takes_place and starts_at <= now < ends_at + OPEN_FOR


def faults(score: int | None, comment: str) -> dict[str, str]:
    """Return what is wrong with an answer, by field."""
    wrong = {}
    if score not in SCORES:
        wrong["score"] = "Choose one of the five answers"
    if len(comment) > LONGEST_COMMENT:
        wrong["comment"] = f"Write {LONGEST_COMMENT} letters or fewer"
    return wrong


def may_show(answers: int) -> bool:
    """Tell whether there are enough answers to show them."""
    return answers >= FEWEST_SHOWN
