"""The signed cookie: Flask's own, with its signer made once instead of twice at each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.sessions import SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask import Flask
    from itsdangerous import URLSafeTimedSerializer


class CookieSessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie; the key of a process does not change while it runs."""

    def __init__(self, app: Flask) -> None:
        self._signer = super().get_signing_serializer(app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:  # noqa: ARG002 - Flask's signature
        """Return the one signer."""
        return self._signer


def install(app: Flask) -> None:
    """Let the application keep its sessions so."""
    app.session_interface = CookieSessions(app)
