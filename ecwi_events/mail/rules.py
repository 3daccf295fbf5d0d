"""When a mail may still go out, and whether it may go out twice. Pure functions of plain facts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# A link that signs people in is sent once or not at all: whoever misses it asks for a new one.
NEVER_TWICE = frozenset({"people.sign_in"})
ON_ITS_WAY = frozenset({"queued", "retry"})
LOST_ONCE = "lost_once"
LOST_TWICE = "lost_twice"


LONGEST_GREETING = 80
_ADDRESS = re.compile(r"://|www\.|@|[\w-]{2,}\.[a-z]{2,}\b", re.IGNORECASE)


def greeting(name: str) -> str:
    """Return how a mail greets: by name, unless the "name" is an advertisement that somebody typed into a form.

    Anybody can sign up any address under any name; a mail of ours must not carry a stranger's link to it.
    """
    return "Hello" if len(name) > LONGEST_GREETING or _ADDRESS.search(name) else f"Hello {name}"


def may_start(state: str, reason: str | None, kind: str) -> bool:
    """Tell whether a mail in this state may be handed to a mail server now.

    A mail that was lost after its text was handed over goes out once more, with the same Message-ID: rather twice than
    never.
    """
    if state == "unknown":
        return reason == LOST_ONCE and kind not in NEVER_TWICE
    return state in ON_ITS_WAY


def lost_reason(reason: str | None) -> str:
    """Return what to note about a mail that was lost after its text was handed over."""
    return LOST_TWICE if reason == LOST_ONCE else LOST_ONCE


def is_too_late(not_after: datetime | None, *, now: datetime) -> bool:
    """Tell whether the mail would say something that is no longer of use."""
    return not_after is not None and now >= not_after
