"""The text form of iCalendar, by the `icalendar` library: its escapes, its quoting, its folding.

Only the lines are made here; which lines an object has is said in `events` and `timezones`. Most lines of an object are
the same for everybody who signs up, and the library takes its time for each, so what it made is remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import icalendar.parser
from icalendar import vDatetime, vText

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REMEMBERED = 4096
_line: Any = icalendar.parser.Contentline  # the library says nothing of its types
_moment: Any = vDatetime


@lru_cache(REMEMBERED)
def text(value: str) -> str:
    """Return a TEXT value: backslash, semicolon, comma and line break escaped."""
    return bytes(vText(value).to_ical()).decode()


def quoted(value: str) -> str:
    """Return a parameter's value in quotes, which it cannot hold itself."""
    return str(icalendar.parser.dquote(value.replace("\n", " ").replace("\r", " "), always_quote=True))


@lru_cache(REMEMBERED)
def utc(at: datetime) -> str:
    """Return an instant as ``20270119T130000Z``."""
    return bytes(_moment(at).to_ical()).decode()


def wall(local: datetime) -> str:
    """Return a wall time as ``20270119T150000``."""
    return bytes(_moment(local.replace(tzinfo=None)).to_ical()).decode()


def body(lines: Iterable[str]) -> bytes:
    """Return the lines as they are sent: folded after 75 octets at most, each with CRLF."""
    return b"".join(map(_folded, lines))


@lru_cache(REMEMBERED)
def _folded(line: str) -> bytes:
    return bytes(_line(line).to_ical()) + b"\r\n"
