"""What every answer carries, errors and redirects included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_compress import Compress
from flask_wtf import CSRFProtect

if TYPE_CHECKING:
    from flask import Flask, Response

    from config import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

csrf = CSRFProtect()


def install(app: Flask, settings: Settings) -> None:
    """Add CSRF protection, compression and the security headers."""
    csrf.init_app(app)
    app.config.update(
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,  # nothing is made from Host, so any may come unless set
        WTF_CSRF_SSL_STRICT=False,  # it asks for a Referer, which pages with a token in the address never send
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIMETYPES=["text/html", "application/json"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=6,
        COMPRESS_STREAMS=False,
    )
    Compress(app)

    @app.after_request
    def add(response: Response) -> Response:
        fields = response.headers
        fields.setdefault("Content-Security-Policy", POLICY)
        fields["X-Content-Type-Options"] = "nosniff"
        fields["Referrer-Policy"] = "no-referrer" if _carries_a_token() else "same-origin"
        fields["Cross-Origin-Opener-Policy"] = "same-origin"
        fields["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        fields.setdefault("Cache-Control", "no-store")
        if settings.is_https:
            fields["Strict-Transport-Security"] = "max-age=31536000"
        return response


def _carries_a_token() -> bool:
    return bool(flask.request.view_args and "token" in flask.request.view_args)
