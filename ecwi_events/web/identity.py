"""Who is asking: Flask-Login on top of server-side session records.

The cookie carries a random token; the row behind it says who it is and whether it still holds. What views get is an
`Identity` of plain facts, so that nothing of it depends on an open database session. Rights that wait for a second factor
are not in it at all: a page that forgets to ask for one shows nothing.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import flask
from flask_login import LoginManager, UserMixin, current_user, login_user
from sqlalchemy.exc import SQLAlchemyError

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.people import browser_sessions, queries, rules

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

    from config import Settings
    from ecwi_events.people.queries import Identity

COOKIE_KEY = "signed_in"
CONFIRM = "/second-factor"  # the page where people confirm who they are

log = logging.getLogger(__name__)


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login is untyped
    """What Flask-Login wants to hold: our identity and the token of this browser."""

    def __init__(self, identity: Identity, token: str) -> None:
        self.identity = identity
        self.token = token

    def get_id(self) -> str:
        """Give Flask-Login the token to keep in the cookie."""
        return self.token


class Keeper(LoginManager):  # type: ignore[misc]  # Flask-Login is untyped
    """Flask-Login without its "remember me" cookie, which we do not set."""

    def _update_remember_cookie(self, response: flask.Response) -> flask.Response:
        """Leave the session alone: looking for the cookie would add ``Vary: Cookie`` to every public answer."""
        return response


def install(app: Flask) -> None:
    """Let Flask-Login find people by the token in their cookie."""
    app.permanent_session_lifetime = rules.SIGNED_IN_FOR
    manager = Keeper()
    manager.init_app(app, add_context_processor=False)  # templates get `identity`, from below
    manager.session_protection = None  # the server-side record is the protection

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is untyped
    def load(token: str) -> Visitor | None:
        identity = queries.find_identity(token, now=clock.utc_now())
        return Visitor(held_back(identity), token) if identity else None

    app.context_processor(lambda: {"identity": present()})
    app.after_request(note_use)


def present() -> Identity | None:
    """Return who is signed in, or None. Costs nothing for browsers that never signed in."""
    if "_user_id" not in flask.session:
        return None
    return current_user.identity if current_user.is_authenticated else None


def browser_token() -> str | None:
    """Return the token of this browser's session if it still holds, so that it can be ended."""
    return current_user.get_id() if "_user_id" in flask.session and current_user.is_authenticated else None


def held_back(who: Identity) -> Identity:
    """Return somebody without the rights that wait: for the second factor, or after half an hour away from the office."""
    settings: Settings = flask.current_app.extensions["ecwi_settings"]
    waits = not who.is_strong and rules.needs_second_factor(
        works_in_office=who.reads_office,
        is_host=who.is_host,
        required=settings.second_factor_required,
        hosts_too=settings.hosts_need_second_factor,
    )
    if waits or (who.reads_office and who.is_rested):
        return replace(who, roles=frozenset(), host_of=frozenset(), is_held_back=True)
    return who


def remember(browser: str, *, now: datetime) -> Identity | None:
    """Put the token of a browser's session into its cookie, and return who that is."""
    who = queries.find_identity(browser, now=now)
    if who is None:
        return None
    flask.session.permanent = True  # the record on the server decides when it ends
    login_user(Visitor(held_back(who), browser))
    return who


def renew(*, strong: bool = False, now: datetime) -> None:
    """Give this browser a new session id, because what it may do has changed; needs an open transaction.

    Args:
        strong: the second factor was given just now.
        now: the door's instant.
    """
    who = present()
    if who:
        browser = browser_sessions.renew(who.browser_id, strong=strong, now=now)
        remember(browser, now=now)


def confirm_page(*, back: str) -> str:
    """Return the path of the page where somebody confirms who they are and then goes on to ``back``."""
    return f"{CONFIRM}?{urlencode({'next': back})}"


def step_up() -> ResponseReturnValue | None:
    """Return the way to the second factor if this person's rights wait for it, else None. For the check of access."""
    who = present()
    if who is None or not who.is_held_back:
        return None
    wanted = flask.request.full_path.rstrip("?") if flask.request.method == "GET" else "/"
    return flask.redirect(confirm_page(back=wanted), 303)


def require_fresh(*, back: str) -> ResponseReturnValue | None:
    """Return the way to confirming who one is, or None if that was done within ten minutes.

    For acts that could take an account away from its owner, like changing an address::

        if answer := identity.require_fresh(back="/me/addresses"):
            return answer

    Args:
        back: the own path to go on to afterwards, a page and not an act.
    """
    who = present()
    if who and who.is_fresh:
        return None
    return flask.redirect(confirm_page(back=back), 303)


def note_use(response: Response) -> Response:
    """Write down, every five minutes at most, that this browser is in use; a database that is away spoils no answer."""
    visitor = flask.g.get("_login_user")
    if not isinstance(visitor, Visitor) or visitor.identity.last_seen_at is None:
        return response
    now = clock.utc_now()
    if now - visitor.identity.last_seen_at >= rules.SEEN_EVERY:
        try:
            with transaction():
                browser_sessions.note_use(visitor.identity.browser_id, now=now)
        except SQLAlchemyError as error:
            log.warning("last use not written: %s", type(error).__name__)
    return response
