"""Whose mails a link or a mail really stops, and the mailbox to which all that comes back is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.mail import bouncing, complaints, stop_requests, stopping
from ecwi_events.mail.models_delivery import BounceKind
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import merging, queries

if TYPE_CHECKING:
    from datetime import datetime


def find_stop(token: str) -> Stop | None:
    """Return what a token stops, for the person that is left if two records became one.

    None if we did not make the token, or if nobody is left to whom it belongs.
    """
    found = stopping.find(token)
    if found is None:
        return None
    person_id = merging.left_person_id(found.person_id)
    return Stop(person_id, found.topic, found.activity_id) if queries.is_still_known(person_id) else None


def take_in(raw: bytes, *, now: datetime) -> BounceKind:
    """Read one message that came back, and do what follows from it; reading it again changes nothing.

    It is a wish to stop a kind of mail, a complaint, a report about a mail that did not arrive, or nothing of all that.

    Returns:
        What it was.
    """
    try:
        token = stop_requests.token_in(raw)
    except bouncing.UNREADABLE:
        token = ""
    if token:
        return _stop(raw, token, now=now)
    return complaints.take_in(raw, now=now) or bouncing.take_in(raw, now=now)


def _stop(raw: bytes, token: str, *, now: datetime) -> BounceKind:
    """Stop what the link in the same mail would stop; whoever has started it again meanwhile is left alone."""
    key = bouncing.key_of(raw)
    if known := bouncing.find_known(key):
        return known
    what = find_stop(token)
    if what is None:
        return bouncing.count(key, BounceKind.FOREIGN, now=now)
    stopping.stop(what, now=now)
    return bouncing.count(key, BounceKind.STOPPED, now=now)
