"""Forms that do something once: each carries a random word, so that a double click makes one thing and not two."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import flask

from ecwi_events.journal import sent_forms
from ecwi_events.web import identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask

SAID = "This form was sent before. It is saved, and nothing was made a second time."
NAME = "once"
NOT_CONTENT = {"csrf_token"}


def install(app: Flask) -> None:
    """Let templates put the word into forms: see templates/macros/once.html."""
    app.jinja_env.globals["word_for_once"] = lambda: secrets.token_urlsafe(16)


def once(act: Callable[[], object], *, now: datetime) -> bool:
    """Do an act, inside the caller's transaction, unless this very form did it before; return whether it was done.

    The same word with something else in the fields is another form: who goes back and changes it loses nothing.
    A form without a word is never held for one that was sent before.
    """
    asked = flask.request
    if asked.form.get(NAME):
        who = identity.present()
        parts = [str(asked.endpoint), asked.path, str(who.person_id if who else "")]
        parts += [f"{name}={text}" for name, text in asked.form.items(multi=True) if name not in NOT_CONTENT]
        parts += [f"{name}={file.filename}" for name, file in asked.files.items(multi=True)]
        if not sent_forms.is_first(parts, now=now):
            return False
    act()
    return True
