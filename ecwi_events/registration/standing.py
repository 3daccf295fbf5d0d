"""All sessions of a series, also those that are added later: who asked for that is signed up when one is added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.registration import applicants, places, rows, rules, rules_proving, writing
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_terms import StandingSignUp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.rules import SignUpFacts


def keep(activity_id: int, person_id: int, *, zone: str, now: datetime) -> None:
    """Keep that a person wants the sessions of a series that are added later, too; asked twice, it is kept once."""
    row = {"activity_id": activity_id, "person_id": person_id, "zone": zone, "created_at": now}
    insert_unless_there(StandingSignUp, [row], key=["activity_id", "person_id"])


def give_up(activity_id: int, person_id: int) -> bool:
    """Forget that a person wants later sessions; False if they did not."""
    gone = db.session.execute(
        sa.delete(StandingSignUp).where(
            StandingSignUp.activity_id == activity_id, StandingSignUp.person_id == person_id
        )
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE has a row count


def is_kept(activity_id: int, person_id: int) -> bool:
    """Tell whether a person wants the sessions that are added later."""
    known = sa.select(StandingSignUp.id).where(
        StandingSignUp.activity_id == activity_id, StandingSignUp.person_id == person_id
    )
    return db.session.scalar(known) is not None


def open_sessions(activity_id: int, session_ids: Sequence[int], *, now: datetime) -> int:
    """Open the places of sessions that were added, and sign up who asked for all sessions, first who asked first.

    Where people sign up for the whole activity there is nothing to do: their one place is for the new sessions too.
    Returns how many sign-ups were made. Each person is told by one mail.
    """
    facts = rows.facts_of(activity_id)
    if not facts.terms.is_per_session:
        return 0
    new = sorted(
        (places.open_for_session(activity_id, session_id, capacity=facts.capacity), session_id)
        for session_id in session_ids
    )
    if rules.host_refusal(facts, now=now):
        return 0
    wanting = db.session.execute(
        sa.select(StandingSignUp.person_id, StandingSignUp.zone)
        .where(StandingSignUp.activity_id == activity_id)
        .order_by(StandingSignUp.created_at, StandingSignUp.id)
    ).all()
    made: dict[int, list[int]] = {}
    for places_id, session_id in new:
        places.lock(places_id)
        held = set(db.session.scalars(sa.select(Registration.person_id).where(Registration.places_id == places_id)))
        for row in wanting:
            if row.person_id in held:
                continue  # has signed up already, or has withdrawn from this very session
            target = writing.NewRow(activity_id, session_id, places_id, row.person_id, row.zone)
            if (registration_id := _enrol(facts, target, now=now)) is not None:
                made.setdefault(row.person_id, []).append(registration_id)
    for ids in made.values():
        rows.tell("registration.later_sessions", ids[0], now=now, within="-".join(map(str, ids)))
    return sum(map(len, made.values()))


def _enrol(facts: SignUpFacts, row: writing.NewRow, *, now: datetime) -> int | None:
    row = replace(row, claimed=applicants.claim(facts, row.person_id, None))
    if rules_proving.asks_host(facts.terms, claims=row.claimed is not None):
        return writing.put_unless_held(row, None, Place.PENDING, places.draw_number(row.places_id), now=now)
    granted = places.take(row.places_id)
    place = Place.CONFIRMED if granted.is_place else Place.WAITING
    return writing.put_unless_held(row, None, place, None if granted.is_place else granted.queue_place, now=now)
