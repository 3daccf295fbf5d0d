"""What may stand in the record of an activity, and which of its texts a reader gets. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


@dataclass(frozen=True)
class RecordFacts:
    """What decides whether the record of an activity has all that it needs."""

    has_title: bool
    has_host: bool
    sessions: int  # that are not cancelled
    components: int  # regular sessions and study visits may have no dates here
    is_recorded: bool  # session by session; of an activity from before our records none are known
    has_theme: bool
    has_text: bool  # something is said about it besides its title


class Lack(StrEnum):
    """One thing that a record lacks."""

    TITLE = "title"
    HOST = "host"
    SESSIONS = "sessions"
    THEME = "theme"
    SUMMARY = "summary"


# Without these nobody can come: they must be there before everybody sees an activity.
BEFORE_PUBLISHING = (Lack.TITLE, Lack.HOST, Lack.SESSIONS)
TO_DO = {
    Lack.TITLE: "Enter a title",
    Lack.HOST: "Choose the host organisation",
    Lack.SESSIONS: "Add one session or more",
    Lack.THEME: "Choose a theme",
    Lack.SUMMARY: "Say in a summary what it is about",
}


def missing_in_record(facts: RecordFacts) -> list[Lack]:
    """Return what the record of an activity lacks: one rule for lists, pages, the board and the act of publishing."""
    lacks = {
        Lack.TITLE: not facts.has_title,
        Lack.HOST: not facts.has_host,
        Lack.SESSIONS: facts.is_recorded and not facts.sessions and not facts.components,
        Lack.THEME: not facts.has_theme,
        Lack.SUMMARY: not facts.has_text,
    }
    return [lack for lack, is_missing in lacks.items() if is_missing]


def missing_before_publishing(facts: RecordFacts) -> list[Lack]:
    """Return what must be added before an activity can be seen by everybody; empty if nothing."""
    return [lack for lack in missing_in_record(facts) if lack in BEFORE_PUBLISHING]


def refusal_words(missing: Collection[Lack]) -> str:
    """Return the sentence that says what to do before an activity can be published."""
    return f"Before it can be published: {'; '.join(TO_DO[lack] for lack in missing)}."
