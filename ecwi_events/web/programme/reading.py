"""In which language a reader gets the texts of an activity: as asked for in the address, else as the browser is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask

from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import record_rules, texts

if TYPE_CHECKING:
    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.programme.texts import Texts

PAGE = "en"  # the language of everything else on the page
OUTDATED = "This translation is older than the text in {original}, which may say more."
FALLBACK = "This text is not available in {wished}. You read it in {original}."


@dataclass(frozen=True)
class Reading:
    """The texts as a reader gets them, what is to be said about that, and the other languages there are."""

    language: str
    texts: Texts
    note: str
    others: tuple[tuple[str, str], ...]

    @property
    def lang(self) -> str:
        """The language for the ``lang`` attribute; empty where it is that of the page."""
        return "" if self.language == PAGE else self.language


def of(found: ActivityPage) -> Reading:
    """Return the texts of an activity in the language that the reader wishes, if there is such a translation."""
    wishes, is_asked = _wishes()
    language = record_rules.language_for(wishes, original=found.language, translations=found.translations)
    others = [code for code in (found.language, *found.translations) if code != language]
    names = tuple((code, LANGUAGES.get(code, code)) for code in others)
    if language != found.language:
        translation = texts.find_translation(found.id, language, text_revision=found.text_revision)
        if translation:
            note = OUTDATED.format(original=_name(found.language)) if translation.is_stale else ""
            return Reading(language, translation.texts, note, names)
    missed = is_asked or (found.translations and found.language not in wishes)
    note = FALLBACK.format(wished=_name(wishes[0]), original=_name(found.language)) if missed and wishes else ""
    original = texts.Texts(found.title, found.strapline or "", found.summary or "", found.description or "")
    return Reading(found.language, original, "" if found.language in wishes[:1] else note, names)


def _wishes() -> tuple[list[str], bool]:
    """Return the languages that a reader wishes, the first one first, and whether the address asks for one."""
    asked = flask.request.args.get("lang", "")
    if asked in LANGUAGES:
        return [asked], True
    accepted = [code.partition("-")[0].lower() for code in flask.request.accept_languages.values()]
    return [code for code in dict.fromkeys(accepted) if code in LANGUAGES], False


def _name(code: str) -> str:
    return LANGUAGES.get(code, code)
