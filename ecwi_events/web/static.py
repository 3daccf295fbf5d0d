"""Static files: a hash of the content in the name, compressed once, cached for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import flask

from ecwi_events.kernel.errors import NotFound

if TYPE_CHECKING:
    from flask import Flask, Response

FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Asset:
    """One file in the three forms in which it travels."""

    mime: str
    plain: bytes
    gzip: bytes
    brotli: bytes


def install(app: Flask) -> None:
    """Serve the files under ``/static/`` and give templates ``asset("app.css")``."""
    app.add_url_rule("/static/<name>", "static", serve)
    app.jinja_env.globals["asset"] = address


@cache
def assets() -> tuple[dict[str, str], dict[str, Asset]]:
    """Read all files once: from plain name to hashed name, and from hashed name to content."""
    names: dict[str, str] = {}
    files: dict[str, Asset] = {}
    for path in sorted(FOLDER.iterdir()):
        body = path.read_bytes()
        hashed = f"{path.stem}-{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
        names[path.name] = hashed
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        files[hashed] = Asset(mime, body, gzip.compress(body, 9, mtime=0), brotli.compress(body, quality=11))
    return names, files


def address(name: str) -> str:
    """Return the address of a static file; a name that does not exist is an error at once."""
    return f"/static/{assets()[0][name]}"


def serve(name: str) -> Response:
    """Answer with the smallest form that the browser takes.

    Raises:
        NotFound: there is no such file.
    """
    asset = assets()[1].get(name)
    if asset is None:
        raise NotFound("We cannot find this file.")
    coding = flask.request.accept_encodings.best_match(["br", "gzip"])
    body = {"br": asset.brotli, "gzip": asset.gzip}.get(coding or "", asset.plain)
    response = flask.Response(body, mimetype=asset.mime)
    if coding:
        response.headers["Content-Encoding"] = coding
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
