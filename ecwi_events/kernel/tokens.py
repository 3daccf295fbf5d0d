"""Tokens for links: 128 bits or more, and only their hash is kept.

Two kinds. `fresh` tokens are random and shown once (signing in). `derived` tokens can be made again by us alone, so that
several mails and a calendar can repeat one personal link although the database holds nothing but its hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_key: list[bytes] = []  # set once per process by the application factory


def configure(secret_key: str) -> None:
    """Set the key of derived tokens for this process."""
    _key[:] = [hashlib.sha256(b"ecwi derived tokens:" + secret_key.encode()).digest()]


def fresh() -> str:
    """Return a new random token of 192 bits, safe in an address."""
    return secrets.token_urlsafe(24)


def derived(purpose: str, subject: str, version: int = 1) -> str:
    """Return the token for one purpose, one subject and one version of its link; the same each time (144 bits)."""
    if not _key:
        raise RuntimeError("tokens.configure() has not been called in this process")
    message = f"{purpose}\n{subject}\n{version}".encode()
    return base64.urlsafe_b64encode(hmac.digest(_key[0], message, "sha256")[:18]).decode()


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
