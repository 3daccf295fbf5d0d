"""The office translates the texts of an activity: the original on one side, the translation on the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import texts
from ecwi_events.web import record_words
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.texts import Original, Translation

blueprint = flask.Blueprint(
    "office_texts", __name__, url_prefix="/office/activities/<int(max=2147483647):activity_id>/texts"
)

FIELDS = ("title", "strapline", "summary", "description", "of_revision", "seen_at")


@blueprint.get("")
def index(activity_id: int) -> ResponseReturnValue:
    """List the languages there are, and those that can be added."""
    original = texts.get_original(activity_id)
    found = texts.translations_of(activity_id, text_revision=original.text_revision)
    if (wished := flask.request.args.get("language", "")) in LANGUAGES:
        return flask.redirect(flask.url_for("office_texts.edit", activity_id=activity_id, language=wished), 303)
    known = {original.language, *(one.language for one in found)}
    return flask.render_template(
        "office/texts.html",
        nav="office",
        activity={"id": activity_id, "title": original.texts.title},
        original=original,
        translations=found,
        names=LANGUAGES,
        more=[(code, name) for code, name in record_words.by_name(LANGUAGES) if code not in known],
    )


@blueprint.get("/<language>")
def edit(activity_id: int, language: str) -> ResponseReturnValue:
    """Show the original and its translation."""
    original, found = _texts(activity_id, language)
    return _page(original, found, language, _form_of(original, found))


@blueprint.post("/<language>")
def save(activity_id: int, language: str) -> ResponseReturnValue:
    """Save a translation, or show what is wrong with it."""
    original, found = _texts(activity_id, language)
    form = typed(*FIELDS)
    new = texts.Texts(*(form.value(name) for name in FIELDS[:4]))
    try:
        with transaction():
            texts.save_texts(
                activity_id, language, new, of_revision=_number(form.value("of_revision")),
                seen_at=_instant(form.value("seen_at")), now=clock.utc_now(),
            )  # fmt: skip
    except Invalid as invalid:
        return _page(original, found, language, form.wrong(invalid)), 422
    except Refused as refused:
        mine = Form({**form.values, "seen_at": _form_of(original, found).value("seen_at")})
        return _page(original, found, language, mine, more=refused.message), 409
    flask.flash("The translation is saved.")
    return flask.redirect(flask.url_for("office_texts.index", activity_id=activity_id), 303)


@blueprint.post("/<language>/remove")
def remove(activity_id: int, language: str) -> ResponseReturnValue:
    """Take a translation away."""
    with transaction():
        texts.remove_texts(activity_id, language, now=clock.utc_now())
    flask.flash("The translation is taken away.")
    return flask.redirect(flask.url_for("office_texts.index", activity_id=activity_id), 303)


def _texts(activity_id: int, language: str) -> tuple[Original, Translation | None]:
    original = texts.get_original(activity_id)
    if language not in LANGUAGES or language == original.language:
        raise NotFound("We cannot find this page.")
    return original, texts.find_translation(activity_id, language, text_revision=original.text_revision)


def _form_of(original: Original, found: Translation | None) -> Form:
    values = {"of_revision": str(original.text_revision), "seen_at": ""}
    if found:
        values |= {**vars(found.texts), "seen_at": found.updated_at.isoformat()}
    return Form(values)


def _page(original: Original, found: Translation | None, language: str, form: Form, more: str = "") -> str:
    return flask.render_template(
        "office/texts_edit.html",
        nav="office",
        activity={"id": original.activity_id, "title": original.texts.title},
        original=original,
        translation=found,
        language=language,
        names=LANGUAGES,
        labels=record_words.LABELS,
        form=form,
        more=more,
    )


def _number(typed_number: str) -> int:
    is_number = typed_number.isascii() and typed_number.isdigit() and len(typed_number) < len("2147483647")
    return int(typed_number) if is_number else 0


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)  # never equal to what is stored
