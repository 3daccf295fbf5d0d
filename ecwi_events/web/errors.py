"""From a room's no to an answer: the one table of errors and HTTP status."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import flask
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ecwi_events.kernel.errors import DomainError, Invalid, NotAllowed, NotFound, Refused
from ecwi_events.web import identity, uploads
from ecwi_events.web.access import ReadsOnly

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

STATUS: dict[type[DomainError], int] = {NotFound: 404, NotAllowed: 403, Refused: 409, Invalid: 422}
RETRY_SECONDS = "5"
TOO_LARGE = 413
SENTENCES = {
    404: "We cannot find this page.",
    405: "This page cannot be used in this way.",
    429: "Too many tries. Wait 10 minutes, then try again.",
}

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, domain_error)
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(HTTPException, http_error)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, database_away)
    app.register_error_handler(StatementError, bad_value)
    app.register_error_handler(Exception, unexpected)


def page(status: int, message: str, **more: object) -> ResponseReturnValue:
    """Render the page of an error; it asks neither the database nor who is signed in.

    A browser with the cookie of a sign-in is not offered to sign in: most likely it is signed in.
    """
    template = flask.current_app.jinja_env.get_template("errors/page.html")  # without context processors
    has_cookie = "_user_id" in flask.session
    return template.render(status=status, message=message, has_cookie=has_cookie, **more), status


def domain_error(error: DomainError) -> ResponseReturnValue:
    """Answer a room's no with its own sentence."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, NotAllowed) and not isinstance(error, ReadsOnly):
        wanted = quote(flask.request.full_path.rstrip("?")) if flask.request.method == "GET" else ""
        sign_in = f"/sign-in?next={wanted}" if wanted else "/sign-in"
        return page(status, error.message, sign_in=sign_in, again="_user_id" in flask.session)
    return page(status, error.message)


def form_expired(error: CSRFError) -> ResponseReturnValue:  # noqa: ARG001 - Flask's signature
    """Say that the form is too old, without blame."""
    return page(400, "This page was open for a long time. Go back, load it again, and send the form once more.")


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer errors that come from Flask itself in our words."""
    code = error.code or 500
    if code == TOO_LARGE:
        return _too_large()
    answer = flask.make_response(page(code, _sentence(code)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _too_large() -> ResponseReturnValue:
    """Say how much may be sent, with the number of the form, in the frame of whoever is signed in, and the way back."""
    megabytes = f"{(flask.request.max_content_length or 0) // 1024**2} MB"
    is_upload = flask.request.endpoint in uploads.PAGES and identity.present() is not None
    said = f"This is too large. Send {uploads.most_words() if is_upload else megabytes} or less."
    if not is_upload:
        return page(TOO_LARGE, said)
    return flask.render_template("errors/page.html", status=TOO_LARGE, message=said, back=flask.request.path), TOO_LARGE


def _sentence(code: int) -> str:
    return SENTENCES.get(code, "We cannot do this. Go back and try again.")


def database_away(error: Exception) -> ResponseReturnValue:
    """Answer 503 while the database is locked or away; the next request tries afresh."""
    log.warning("database away: %s", type(error).__name__)
    answer = flask.make_response(
        page(503, "Sorry, something went wrong on our side. Nothing was saved. Try again in a few minutes.")
    )
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def bad_value(error: StatementError) -> ResponseReturnValue:
    """Answer a value that a column itself refused, such as a text that is too long, with its sentence."""
    return domain_error(error.orig) if isinstance(error.orig, DomainError) else unexpected(error)


def unexpected(error: Exception) -> ResponseReturnValue:
    """Answer 500 and keep the story in the log."""
    reference = secrets.token_hex(3).upper()
    log.error("unexpected error %s on %s", reference, flask.request.endpoint, exc_info=error)
    if flask.current_app.testing:
        raise error
    sentence = "Sorry, something went wrong on our side. Nothing was saved. Try again in a few minutes."
    return page(500, sentence, reference=reference)
