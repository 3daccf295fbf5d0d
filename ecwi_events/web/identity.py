"""Who is asking: Flask-Login on top of server-side session records.

The cookie carries a random token; the row behind it says who it is and whether it still holds. What views get is an
`Identity` of plain facts, so that nothing of it depends on an open database session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_login import LoginManager, UserMixin, current_user

from ecwi_events.kernel import clock
from ecwi_events.people import queries, rules

if TYPE_CHECKING:
    from flask import Flask

    from ecwi_events.people.queries import Identity

COOKIE_KEY = "signed_in"


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
    manager = Keeper(app)
    manager.session_protection = None  # the server-side record is the protection

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is untyped
    def load(token: str) -> Visitor | None:
        identity = queries.find_identity(token, now=clock.utc_now())
        return Visitor(identity, token) if identity else None

    app.context_processor(lambda: {"identity": present()})


def present() -> Identity | None:
    """Return who is signed in, or None. Costs nothing for browsers that never signed in."""
    if "_user_id" not in flask.session:
        return None
    return current_user.identity if current_user.is_authenticated else None


def browser_token() -> str | None:
    """Return the token of this browser's session if it still holds, so that it can be ended."""
    return current_user.get_id() if "_user_id" in flask.session and current_user.is_authenticated else None
