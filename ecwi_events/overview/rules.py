"""Verdicts about editions: pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.overview.models import EditionState

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_YEAR, LAST_YEAR = 2000, 2100


def year_refusal(year: int) -> str | None:
    """Return why there can be no overview of this year, or None."""
    if FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return f"There is no overview of the year {year}. Choose a year from {FIRST_YEAR} to {LAST_YEAR}."


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
