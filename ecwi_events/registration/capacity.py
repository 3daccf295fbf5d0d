"""How many places there are: raising it lets people in, lowering it needs a word where more are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import places, promotion
from ecwi_events.registration.models import Places

if TYPE_CHECKING:
    from datetime import datetime


def change_capacity(
    activity_id: int, capacity: int | None, *, session_id: int | None = None, keep_overbooked: bool = False,
    now: datetime,
) -> int:  # fmt: skip
    """Set how many places an activity or one of its sessions has (None: no limit); return how many were let in.

    Args:
        activity_id: which activity.
        capacity: the number of places.
        session_id: the session, where people sign up per session.
        keep_overbooked: keep more people than places, visibly, where more have a place already.
        now: the door's instant.

    Raises:
        Invalid: it is no number of places.
        NotFound: there is no such activity or session.
        Refused: ``overbooked``: more people have a place already, and it was not said that they keep it.
    """
    if capacity is not None and capacity < 1:
        raise Invalid({"capacity": "Enter the number of places, or leave it empty for no limit"})
    places_id = _counted_row(activity_id, session_id)
    counts = places.lock(places_id)
    if capacity is not None and counts.taken > capacity and not keep_overbooked:
        raise Refused(
            "overbooked",
            f"{counts.taken} people have a place already. Keep them and over-book, or enter a larger number.",
        )
    before = counts.capacity
    counts = places.set_capacity(places_id, capacity)
    subject, subject_id = ("session", session_id) if session_id else ("activity", activity_id)
    journal.note(
        "change_capacity", subject, subject_id, before={"capacity": before}, after={"capacity": capacity}, now=now
    )
    done = more = promotion.fill(places_id, activity_id, session_id, counts, now=now)
    while more == promotion.AT_MOST:
        done += (more := promotion.fill(places_id, activity_id, session_id, places.lock(places_id), now=now))
    return done


def _counted_row(activity_id: int, session_id: int | None) -> int:
    if session_id is not None:
        known = sa.select(ActivitySession.id).where(
            ActivitySession.id == session_id, ActivitySession.activity_id == activity_id
        )
        if db.session.scalar(known) is None:
            raise NotFound("We cannot find this session.")
        return places.open_for_session(activity_id, session_id, capacity=None)
    whole = db.session.scalar(
        sa.select(Places.id).where(Places.activity_id == activity_id, Places.session_id.is_(None))
    )
    if whole is None:
        raise NotFound("We cannot find this activity.")
    return whole
