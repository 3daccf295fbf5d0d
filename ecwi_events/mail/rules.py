"""When a mail may still go out, and whether it may go out twice. Pure functions of plain facts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# A link that signs people in is sent once or not at all: whoever misses it asks for a new one.
NEVER_TWICE = frozenset({"people.sign_in"})
NEVER_AGAIN = frozenset({"people.sign_in", "people.prove_address", "people.account_changed", "registration.prove"})
ON_ITS_WAY = frozenset({"queued", "retry"})
GIVEN_UP = "given_up"
LOST_ONCE = "lost_once"
LOST_TWICE = "lost_twice"


LONGEST_GREETING = 80
_ADDRESS = re.compile(r"://|www\.|@|[\w-]{2,}\.[a-z]{2,}\b", re.IGNORECASE)


def greeting(name: str) -> str:
    """Return how a mail greets: by name, unless the "name" is an advertisement that somebody typed into a form.

    Anybody can sign up any address under any name; a mail of ours must not carry a stranger's link to it.
    """
    return "Hello" if len(name) > LONGEST_GREETING or _ADDRESS.search(name) else f"Hello {name}"


# Every way that a mail can go. A report that comes back about a sent mail is a bounce, not a state.
MOVES: dict[str, frozenset[str]] = {
    "queued": frozenset({"sending", "retry", "failed", "skipped"}),
    "retry": frozenset({"sending", "retry", "failed", "skipped"}),
    "sending": frozenset({"sent", "retry", "failed", "unknown"}),
    "unknown": frozenset({"sending", "unknown", "failed", "skipped"}),
    "sent": frozenset(),
    "failed": frozenset(),
    "skipped": frozenset(),
}
HARD, SOFT, OURS = "hard", "soft", "ours"
SOFT_AT_MOST = 5  # mails that come back within the days below, before we leave an address alone for a while
SOFT_WITHIN = timedelta(days=14)
REST_AFTER_SOFT = timedelta(days=7)
KEEP_BOUNCES = timedelta(days=180)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_CODE = re.compile(r"\s*([245]\d\d)\b")
# RFC 3463: no such mailbox, no such domain, bad syntax, moved away, no mail host; a disabled one; a dead domain.
_GONE = re.compile(r"5\.(1\.([0-69]|10)|2\.1|7\.13)$")
_GONE_CODES = frozenset({"550", "551", "553"})


def may_move(state: str, to: str) -> bool:
    """Tell whether a mail in one state may come into another."""
    return to in MOVES[state]


NO_ADDRESS = "erased"  # stands where the address of an erased person was


def may_send_again(state: str, kind: str) -> bool:
    """Tell whether the office may send a mail once more: not what is on its way, and no link that is good once."""
    return kind not in NEVER_AGAIN and state in {"sent", "failed", "unknown", "skipped"}


def status_of(answer: str) -> str:
    """Return the status of an answer as in "550 5.1.1 no such person": the longer code, else the short one, else ""."""
    if found := _STATUS.search(answer):
        return ".".join(found.groups())
    return found[1] if (found := _CODE.match(answer)) else ""


def hardness(status: str, *, about_recipient: bool = True) -> str:
    """Say what a refusal is about: an address that is gone, trouble that may pass, or us and what we sent.

    Args:
        status: as `status_of` returns it.
        about_recipient: whether the refusal came when the recipient was named; a short code at the text is about the text.
    """
    if _GONE.match(status) or (about_recipient and status in _GONE_CODES):
        return HARD
    return SOFT if status.startswith(("4", "5.2.")) or status == "552" else OURS


def may_start(state: str, reason: str | None, kind: str) -> bool:
    """Tell whether a mail in this state may be handed to a mail server now.

    A mail that was lost after its text was handed over goes out once more, with the same Message-ID: rather twice than
    never.
    """
    if state == "unknown":
        return reason in {LOST_ONCE, GIVEN_UP} and kind not in NEVER_TWICE
    if state == "failed":  # nobody works on it any more, unless the office had it tried again
        return reason == GIVEN_UP
    return state in ON_ITS_WAY


def lost_reason(reason: str | None) -> str:
    """Return what to note about a mail that was lost after its text was handed over."""
    return LOST_TWICE if reason == LOST_ONCE else LOST_ONCE


def is_too_late(not_after: datetime | None, *, now: datetime) -> bool:
    """Tell whether the mail would say something that is no longer of use."""
    return not_after is not None and now >= not_after
