"""The text form of iCalendar (RFC 5545, 3.1 and 3.3.11): escapes, folding, CRLF.

Forty lines of our own instead of a library, because every sign-up writes a calendar object: the library took most of the
time of the whole mail. The tests read what is written here with a strict reader and with two libraries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_LINE = 75  # octets, without the line end
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
_NOT_IN_PARAMETERS = str.maketrans({'"': "'", "\n": " ", "\r": " "})


def text(value: str) -> str:
    """Return a TEXT value: backslash, semicolon, comma and line break escaped."""
    return value.translate(_ESCAPES)


def quoted(value: str) -> str:
    """Return a parameter's value in quotes, which it cannot hold itself."""
    return f'"{value.translate(_NOT_IN_PARAMETERS)}"'


def utc(at: datetime) -> str:
    """Return an instant as ``20270119T130000Z``."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def wall(local: datetime) -> str:
    """Return a wall time as ``20270119T150000``."""
    return f"{local:%Y%m%dT%H%M%S}"


def body(lines: Iterable[str]) -> bytes:
    """Return the lines as they are sent: folded, each with CRLF."""
    return b"".join(_folded(line.encode()) for line in lines)


def _folded(raw: bytes) -> bytes:
    """Fold after 75 octets at most, never within a character."""
    if len(raw) <= LONGEST_LINE:
        return raw + b"\r\n"
    pieces, start, room = [], 0, LONGEST_LINE
    while len(raw) - start > room:
        end = start + room
        while raw[end] & 0xC0 == 0x80:  # noqa: PLR2004 - the mark of a UTF-8 continuation byte
            end -= 1
        pieces.append(raw[start:end])
        start, room = end, LONGEST_LINE - 1  # a continuation line begins with a blank
    return b"\r\n ".join((*pieces, raw[start:])) + b"\r\n"
