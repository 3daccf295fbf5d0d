"""The texts of an activity in other languages: saving them, and which a reader gets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import record_rules, sessions
from ecwi_events.programme.models_record import ActivityText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.models import Activity

EDITED = "edited"


@dataclass(frozen=True)
class Texts:
    """What is said about an activity in one language."""

    title: str
    strapline: str = ""
    summary: str = ""
    description: str = ""


@dataclass(frozen=True)
class Translation:
    """The texts in another language; stale ones were made from an older original."""

    language: str
    texts: Texts
    is_stale: bool
    updated_at: datetime


@dataclass(frozen=True)
class Original:
    """The texts that are translated, and which state of them it is."""

    activity_id: int
    language: str
    texts: Texts
    text_revision: int


def get_original(activity_id: int) -> Original:
    """Return the texts of an activity as they were written.

    Raises:
        NotFound: there is no such activity.
    """
    activity = sessions.get_activity(activity_id)
    texts = Texts(activity.title, activity.strapline or "", activity.summary or "", activity.description or "")
    return Original(activity_id, activity.language, texts, activity.text_revision)


def translations_of(activity_id: int, *, text_revision: int) -> Sequence[Translation]:
    """Return the translations of an activity, by language."""
    asked = sa.select(ActivityText).where(ActivityText.activity_id == activity_id).order_by(ActivityText.language)
    return [_translation(row, text_revision) for row in db.session.scalars(asked)]


def find_translation(activity_id: int, language: str, *, text_revision: int) -> Translation | None:
    """Return the texts of an activity in a language, or None if they are not translated into it."""
    row = _find(activity_id, language)
    return _translation(row, text_revision) if row else None


def save_texts(
    activity_id: int, language: str, texts: Texts, *, of_revision: int, seen_at: datetime | None, now: datetime
) -> None:
    """Save the texts of an activity in another language.

    Args:
        activity_id: which.
        language: into which they are translated.
        texts: all of them, as they shall be.
        of_revision: the state of the original that the translator saw; an older one than today's makes them stale at once.
        seen_at: when the translation that the translator saw was saved; None if there was none.
        now: the door's instant.

    Raises:
        NotFound: there is no such activity.
        Invalid: a text cannot be taken, or the language is not ours or that of the original.
        Refused: ``edited``, somebody else saved this translation in the meantime; nothing is written.
    """
    activity = sessions.get_activity(activity_id)
    texts = _tidy(texts)
    if faults := _faults(activity, language, texts):
        raise Invalid(faults)
    row = _find(activity_id, language)
    if (row.updated_at if row else None) != seen_at:
        raise Refused(EDITED, "Somebody else saved this translation in the meantime.")
    before = _noted(row)
    if row is None:
        row = ActivityText(activity_id=activity_id, language=language)
        db.session.add(row)
    row.title, row.strapline = texts.title, texts.strapline or None
    row.summary, row.description = texts.summary or None, texts.description or None
    row.of_revision = min(of_revision, activity.text_revision)
    row.updated_at = now
    activity.translations = tuple(sorted({*activity.translations, language}))
    sessions.touch(activity, now=now)
    journal.note("save_texts", "activity", activity_id, before=before, after=_noted(row), now=now)


def remove_texts(activity_id: int, language: str, *, now: datetime) -> None:
    """Take a translation away.

    Raises:
        NotFound: there is no such activity, or no such translation.
    """
    activity, row = sessions.get_activity(activity_id), _find(activity_id, language)
    if row is None:
        raise NotFound("We cannot find this translation.")
    db.session.delete(row)
    activity.translations = tuple(code for code in activity.translations if code != language)
    sessions.touch(activity, now=now)
    journal.note("remove_texts", "activity", activity_id, before={"texts": language}, now=now)


def _find(activity_id: int, language: str) -> ActivityText | None:
    return db.session.scalar(
        sa.select(ActivityText).where(ActivityText.activity_id == activity_id, ActivityText.language == language)
    )


def _translation(row: ActivityText, text_revision: int) -> Translation:
    texts = Texts(row.title, row.strapline or "", row.summary or "", row.description or "")
    is_stale = record_rules.is_stale(row.of_revision, text_revision=text_revision)
    return Translation(row.language, texts, is_stale, row.updated_at)


def _tidy(texts: Texts) -> Texts:
    return Texts(
        clean_line(texts.title), clean_line(texts.strapline), clean_prose(texts.summary), clean_prose(texts.description)
    )


def _faults(activity: Activity, language: str, texts: Texts) -> dict[str, str]:
    if language not in LANGUAGES:
        return {"language": "Choose a language from the list"}
    if language == activity.language:
        return {"language": "The activity is written in this language. Edit the activity itself"}
    return record_rules.text_faults(asdict(texts))


def _noted(row: ActivityText | None) -> dict[str, object]:
    if row is None:
        return {}
    names = ("title", "strapline", "summary", "description", "of_revision")
    return {"texts": row.language, **{name: getattr(row, name) for name in names}}
