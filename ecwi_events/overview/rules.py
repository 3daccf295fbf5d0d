"""Verdicts about editions: pure functions of plain facts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.overview.models import EditionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

FIRST_YEAR, LAST_YEAR = 2000, 2100
AHEAD_OF_UTC = timedelta(hours=14)  # the zone that is furthest ahead


def year_refusal(year: int) -> str | None:
    """Return why there can be no overview of this year, or None."""
    if FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return f"There is no overview of the year {year}. Choose a year from {FIRST_YEAR} to {LAST_YEAR}."


def as_of_refusal(year: int, as_of: date, *, now: datetime) -> str | None:
    """Return why the records of a year cannot be counted up to this day, or None.

    What lies ahead has not been held. A day counts as begun when it has begun anywhere.
    """
    if as_of > (now + AHEAD_OF_UTC).date():
        return "Choose today or an earlier day"
    if as_of.year < year:
        return f"Choose a day from 1 January {year} on"
    return None


def publication_refusal(state: EditionState, errors: Sequence[str]) -> tuple[str, str] | None:
    """Return why an edition may not be published, as a code and a sentence, or None.

    Args:
        state: where the edition stands.
        errors: the messages of the checks that stop a publication.
    """
    if state is EditionState.PUBLISHED:
        return "already_published", "This edition is published already."
    if state is EditionState.SUPERSEDED:
        return "superseded", "A later edition took the place of this one. Compile again to make a new one."
    if errors:
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        return "errors", f"This edition cannot be published yet. {errors[0]}{more}"
    return None
