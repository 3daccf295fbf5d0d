"""Who may open a resource, and what an address may be. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.rules import Viewer

LONGEST_URL = 500
NEWS_FOR = timedelta(days=60)  # after a session; what is added later is for the record, and nobody is told


@dataclass(frozen=True)
class Opened:
    """A resource, as far as opening it depends on it."""

    activity_id: int
    host_ids: Sequence[int]
    audience: str
    available_at: datetime | None


def may_open(resource: Opened, viewer: Viewer, *, now: datetime) -> bool:
    """Tell whether somebody who may see the activity may open a resource of it. THE one rule.

    For everybody else it must look as if there were no such resource. Its hosts and the office see it before its day too.
    """
    if viewer.sees_all or not viewer.host_of.isdisjoint(resource.host_ids):
        return True
    if resource.available_at is not None and now < resource.available_at:
        return False
    if resource.audience == "everyone":
        return True
    if resource.audience == "members":
        return viewer.is_member
    return resource.activity_id in viewer.signed_up_for


def told_after(session_id: int | None, at: datetime, ends: Sequence[tuple[int, datetime]]) -> int | None:
    """Return the session after which a mail tells of a resource, or None if no mail does.

    That is its own session, or the last one that was over; what could be opened before that was no news then.

    Args:
        session_id: the session that it belongs to; None if nobody has said so.
        at: when it could be opened.
        ends: the sessions of its activity that were held, and their ends.
    """
    over = [(end, one) for one, end in ends if session_id in {None, one} and end < at <= end + NEWS_FOR]
    return max(over)[1] if over else None


def url_fault(url: str) -> str | None:
    """Return what is wrong with an address that people will follow, or None."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Enter a full address, like https://example.org/guide"
    if parts.scheme not in {"https", "http"} or not host or not url.isprintable() or " " in url:
        return "Enter a full address, like https://example.org/guide"
    if parts.username or parts.password:
        return "Enter the address without a name and a password"
    return None if len(url) <= LONGEST_URL else f"Use an address of {LONGEST_URL} letters or fewer"
