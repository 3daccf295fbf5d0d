"""Tokens for links: 128 bits or more, and only their hash is kept.

Two kinds. `fresh` tokens are random and shown once (signing in). `derived` tokens can be made again by us alone, so that
several mails and a calendar can repeat one personal link although the database holds nothing but its hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache

_key: list[bytes] = []  # set once per process by the application factory


def configure(secret_key: str) -> None:
    """Set the key of derived tokens for this process."""
    _key[:] = [hashlib.sha256(b"ecwi derived tokens:" + secret_key.encode()).digest()]
    key_for.cache_clear()


def fresh() -> str:
    """Return a new random token of 192 bits, safe in an address."""
    return secrets.token_urlsafe(24)


def derived(purpose: str, subject: str, version: int = 1) -> str:
    """Return the token for one purpose, one subject and one version of its link; the same each time (144 bits)."""
    if not _key:
        raise RuntimeError("tokens.configure() has not been called in this process")
    message = f"{purpose}\n{subject}\n{version}".encode()
    return base64.urlsafe_b64encode(hmac.digest(_key[0], message, "sha256")[:18]).decode()


def six_digits(purpose: str, subject: str) -> str:
    """Return the 6-digit code for one purpose and one subject: the same each time, and ours alone to make again."""
    return f"{int.from_bytes(hmac.digest(key_for(purpose), subject.encode(), 'sha256')[:8]) % 1_000_000:06}"


@cache
def key_for(purpose: str) -> bytes:
    """Return a key of 256 bits for one purpose, so that no two uses share one."""
    if not _key:
        raise RuntimeError("tokens.configure() has not been called in this process")
    return hmac.digest(_key[0], b"key for " + purpose.encode(), "sha256")


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
