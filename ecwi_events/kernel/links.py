"""Absolute addresses, from the configured base URL alone and never from a request's Host."""

from __future__ import annotations

from urllib.parse import urlsplit

_base: list[str] = []  # set once per process by the application factory


def configure(base_url: str) -> None:
    """Set the site's base URL for this process, without a slash at its end."""
    _base[:] = [base_url]


def absolute(path: str) -> str:
    """Return the full address of a path of this site; the path starts with one slash."""
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"not a path of this site: {path!r}")
    return _base[0] + path


def host() -> str:
    """Return the site's host name: the right-hand side of calendar UIDs and Message-IDs."""
    return urlsplit(_base[0]).hostname or "localhost"


def origin() -> str:
    """Return scheme, host and port of the site, as browsers name the place that a passkey belongs to."""
    parts = urlsplit(_base[0])
    return f"{parts.scheme}://{parts.netloc}"
