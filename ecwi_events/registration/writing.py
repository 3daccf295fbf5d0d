"""Writing a registration row: a new one, or the one of somebody who comes back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import insert_unless_there
from ecwi_events.registration import queries, rows
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from datetime import datetime

MAILS = {
    Place.CONFIRMED: "registration.confirmed",
    Place.WAITING: "registration.waiting",
    Place.PENDING: "registration.pending",
}


@dataclass(frozen=True)
class NewRow:
    """For whom and for what a row is written."""

    activity_id: int
    session_id: int | None
    places_id: int
    person_id: int
    zone: str
    by_person_id: int | None = None
    claimed: str | None = None  # the organisation that decides, where nobody but the person says so


def put_unless_held(
    row: NewRow, earlier_id: int | None, place: Place, queue_place: int | None, *, now: datetime
) -> int | None:
    """Write the registration, or revive the withdrawn one; None if the person is registered after all."""
    got = {
        "place": place,
        "queue_place": queue_place,
        "confirmed_at": now if place is Place.CONFIRMED else None,
        "withdrawn_at": None,
        "approved_at": None,
        "offer_expires_at": None,
        "offers": 0,
        "lapsed_at": None,
        "claimed_organisation": row.claimed,
        "zone": row.zone,
        "created_at": now,
        "signed_up_by_id": row.by_person_id,
    }
    if earlier_id is not None:
        back = Registration.place.in_((Place.WITHDRAWN, Place.DECLINED))
        return earlier_id if rows.change(earlier_id, back, **got) else None
    uid = str(uuid.uuid4())
    new = {
        **got,
        "uid": uid,
        "activity_id": row.activity_id,
        "session_id": row.session_id,
        "places_id": row.places_id,
        "person_id": row.person_id,
        "link_version": 1,
        "link_hash": tokens.digest(queries.token_of(uid, 1)),
        "revision": 1,
    }
    written = insert_unless_there(Registration, [new], key=["places_id", "person_id"])
    return written[0] if written else None


def put(row: NewRow, earlier_id: int | None, place: Place, queue_place: int | None, *, now: datetime) -> int:
    """Write the registration whatever the person had; the caller holds the lock and has counted out what they had."""
    if earlier_id is not None:
        rows.change(earlier_id, place=Place.WITHDRAWN)
    written = put_unless_held(row, earlier_id, place, queue_place, now=now)
    if written is None:
        raise RuntimeError("a registration came in between although its counted row is locked")
    return written
