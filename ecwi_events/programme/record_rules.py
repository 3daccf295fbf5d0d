"""What may stand in the record of an activity, and which of its texts a reader gets. Pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme.rules import title_fault

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

LONGEST_LINES = {"strapline": 200, "audience": 300, "target_region": 80}
LONGEST_PROSE = {"summary": 2_000, "description": 15_000}
LONGEST_NAME = 200
MOST_CONTRIBUTORS = 100
MOST_LANGUAGES = 20
ORDERS = range(1000)


def text_faults(texts: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong with the texts of an activity, in whatever language, by field."""
    faults = {}
    if fault := title_fault(str(texts.get("title") or "")):
        faults["title"] = fault
    for name, most in LONGEST_LINES.items():
        if len(clean_line(str(texts.get(name) or ""))) > most:
            faults[name] = f"Use {most} letters or fewer"
    for name, most in LONGEST_PROSE.items():
        if len(clean_prose(str(texts.get(name) or ""))) > most:
            faults[name] = f"Use {most:,} letters or fewer"
    return faults


def language_faults(language: str, languages: Sequence[str], interpretation: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with the languages of an activity, by field."""
    wanted = {"language": [language], "languages": languages, "interpretation": interpretation}
    return {
        name: "Choose languages from the list"
        for name, codes in wanted.items()
        if not set(codes) <= set(LANGUAGES) or len(codes) > MOST_LANGUAGES
    }


def contributors_fault(names: Sequence[str]) -> str | None:
    """Return what is wrong with the people who contribute, or None."""
    if len(names) > MOST_CONTRIBUTORS:
        return f"Name {MOST_CONTRIBUTORS} people and organisations at most"
    if any(len(name) > LONGEST_NAME for name in names):
        return f"Use names of {LONGEST_NAME} letters or fewer"
    return None


def language_for(wishes: Sequence[str], *, original: str, translations: Collection[str]) -> str:
    """Return the language in which a reader gets the texts: the first wish that there is, else the original."""
    return next((code for code in wishes if code == original or code in translations), original)


def is_stale(of_revision: int, *, text_revision: int) -> bool:
    """Tell whether a translation is older than the text that it was made from."""
    return of_revision < text_revision


def missing_in_record(
    *, has_host: bool, sessions: int, needs_sessions: bool, has_theme: bool, has_text: bool
) -> list[str]:
    """Return what the record of an activity lacks, in a word or two each.

    Args:
        has_host: somebody hosts it.
        sessions: how many it has that are not cancelled.
        needs_sessions: it is recorded session by session, not taken over from a publication.
        has_theme: it has one of the four themes.
        has_text: something is said about it besides its title.
    """
    lacks = {
        "host": not has_host,
        "sessions": needs_sessions and not sessions,
        "theme": not has_theme,
        "summary": not has_text,
    }
    return [name for name, is_missing in lacks.items() if is_missing]
