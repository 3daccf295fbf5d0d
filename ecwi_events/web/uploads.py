"""Files that come in by forms and go out again.

Only pages in `PAGES` take bodies larger than an ordinary form, and only from those who may use them. Files go out as
attachments only, under a policy of their own that lets nothing in them run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import files
from ecwi_events.kernel.files import MEGABYTE
from ecwi_events.programme import files as programme_files
from ecwi_events.web import access, identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask, Response

    from config import Settings
    from ecwi_events.programme.files import Kept, Sent

PAGES = frozenset({"office_money.add", "office_money.save", "host_resources.add", "host_resources.save"})
FORM_BYTES = MEGABYTE  # for the other fields of such a form
POLICY = "default-src 'none'; sandbox"


def install(app: Flask, settings: Settings) -> None:
    """Let the pages above take larger bodies; must come before whatever reads forms, such as the check of tokens."""
    app.extensions["ecwi_upload_bytes"] = settings.upload_megabytes * MEGABYTE
    app.before_request(allow_larger)


def allow_larger() -> None:
    """Allow as much as the setting says, to those who may come in; others have the limit of an ordinary form."""
    endpoint = flask.request.endpoint or ""
    if endpoint in PAGES and not access.refused(access.ACCESS[endpoint], identity.present(), flask.request.method):
        flask.request.max_content_length = most_bytes() + FORM_BYTES


def most_bytes() -> int:
    """Return how large a file may be."""
    return int(flask.current_app.extensions["ecwi_upload_bytes"])


def most_words() -> str:
    """Return what pages say about it."""
    return f"{most_bytes() // MEGABYTE} MB"


@contextmanager
def received(field: str) -> Iterator[Sent | None]:
    """Give the checked file of a field, or None if none was chosen; what the block does not keep is taken away again.

    Raises:
        Invalid: the file is not taken.
        Refused: there is no room for it.
    """
    chosen = flask.request.files.get(field)
    if chosen is None or not chosen.filename:
        yield None
        return
    sent = programme_files.receive(chosen.stream, chosen.filename, most_bytes=most_bytes())
    try:
        yield sent
    finally:
        files.discard(sent.draft)


def small(field: str, *, most_bytes: int) -> bytes | None:
    """Return what is in a file that is read at once and not kept, such as a table, or None if none was chosen.

    Of a larger one it returns one byte more than allowed, so that whoever reads it can say so.
    """
    chosen = flask.request.files.get(field)
    if chosen is None or not chosen.filename:
        return None
    try:
        return chosen.stream.read(most_bytes + 1)
    finally:
        chosen.close()  # a larger one lies in a file of the system


def answer(kept: Kept) -> Response:
    """Send a file out, as an attachment under its own name."""
    response = flask.send_file(
        kept.path,
        mimetype=kept.media_type,
        as_attachment=True,
        download_name=kept.name,
        etag=kept.digest[:32],
        last_modified=0,
    )
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response
