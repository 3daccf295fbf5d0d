"""Sign-ups when two people become one: one place per activity stays, and a place that is freed goes to the first in line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.ledger import row_of
from ecwi_events.programme.models import Activity
from ecwi_events.registration import places, promotion
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_terms import StandingSignUp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.people.ledger import Ledger

SEATS = (Place.CONFIRMED, Place.OFFERED)
_WORTH = {
    Place.CONFIRMED: 0, Place.OFFERED: 1, Place.WAITING: 2, Place.PENDING: 3, Place.WITHDRAWN: 4, Place.DECLINED: 4,
}  # fmt: skip
_INSTANTS = ("confirmed_at", "withdrawn_at", "approved_at", "offer_expires_at", "lapsed_at")
_STATE = ("place", "queue_place", "offers", "claimed_organisation", *_INSTANTS)


@dataclass(frozen=True)
class SignUpToMove:
    """A sign-up of the person who goes, and what becomes of it."""

    activity_id: int
    title: str
    place: Place
    is_double: bool  # both have signed up
    takes_over: bool  # the other's place is the better one, and is kept
    frees_place: bool


def sign_ups_to_move(kept_id: int, merged_id: int) -> Sequence[SignUpToMove]:
    """Return what would become of the sign-ups of somebody who is merged into somebody else."""
    theirs = {row.places_id: row.place for row in _of(kept_id)}
    rows = db.session.execute(
        sa.select(
            Registration.activity_id,
            Registration.places_id,
            Activity.title,
            Registration.place,
            Registration.queue_place,
        )
        .join(Activity, Activity.id == Registration.activity_id)
        .where(Registration.person_id == merged_id)
        .order_by(Registration.id)
    ).all()
    found = []
    for row in rows:
        other = theirs.get(row.places_id)
        frees = other in SEATS and row.place in SEATS
        better = other is not None and _WORTH[row.place] < _WORTH[other]
        found.append(SignUpToMove(row.activity_id, row.title, row.place, other is not None, better, frees))
    return found


def move_sign_ups(kept_id: int, merged_id: int, ledger: Ledger, *, now: datetime) -> None:
    """Move sign-ups; where both have signed up, the better place stays and the other one is given back."""
    theirs = {row.places_id: row.id for row in _of(kept_id)}
    for row in _of(merged_id):
        if row.places_id in theirs:
            _join(theirs[row.places_id], row.id, ledger, now=now)
        else:
            ledger.change(Registration, row.id, person_id=kept_id)
    _move_standing(kept_id, merged_id, ledger)


def joined(ledger: Ledger) -> list[tuple[int, int]]:
    """Return which sign-ups were one already: the one that is kept, and the one that was given up."""
    return [(entry["kept"], entry["merged"]) for entry in ledger.entries if entry["act"] == "places"]


def undo_places(entry: Mapping[str, Any], *, now: datetime) -> bool:
    """Give back both places as they were; who finds no free place comes first in line. False if somebody moved since."""
    kept_id, merged_id = entry["kept"], entry["merged"]
    places_id = row_of(Registration, kept_id)["places_id"]
    counts = places.lock(places_id)
    kept, merged = row_of(Registration, kept_id), row_of(Registration, merged_id)
    if (kept["place"], merged["place"]) != (Place(entry["kept_after"]), Place.WITHDRAWN):
        return False
    was, other = _read(entry["kept_before"]), _read(entry["merged_before"])
    seats = _seats(was["place"], other["place"]) - _seats(kept["place"])
    if seats > 0 and not counts.has_room:
        other |= {"place": Place.WAITING, "queue_place": _head_of_line(places_id), "confirmed_at": None}
        seats = 0
    waiting = _waits(was["place"], other["place"]) - _waits(kept["place"])
    _set(kept_id, was)
    _set(merged_id, other)
    counts = places.adjust(places_id, taken=seats, waiting=waiting)
    promotion.fill(places_id, kept["activity_id"], kept["session_id"], counts, now=now)
    return True


def _join(kept_id: int, merged_id: int, ledger: Ledger, *, now: datetime) -> None:
    """Keep one sign-up of two for the same activity: the row of the person who stays, with the better place of both."""
    activity_id, session_id, places_id = (
        row_of(Registration, kept_id)[name] for name in ("activity_id", "session_id", "places_id")
    )
    places.lock(places_id)
    kept, merged = row_of(Registration, kept_id), row_of(Registration, merged_id)
    if _WORTH[merged["place"]] == _WORTH[Place.WITHDRAWN]:
        return  # the other row says nothing more: it stays with the stub
    best = merged if _rank(merged) < _rank(kept) else kept
    given_up = {"place": Place.WITHDRAWN, "queue_place": merged["queue_place"], "offer_expires_at": None}
    _set(merged_id, {**given_up, "withdrawn_at": now})
    if best is merged:
        _set(kept_id, {name: merged[name] for name in _STATE})
    seats = _seats(best["place"]) - _seats(kept["place"], merged["place"])
    waiting = _waits(best["place"]) - _waits(kept["place"], merged["place"])
    counts = places.adjust(places_id, taken=seats, waiting=waiting)
    ledger.entries.append(
        {
            "act": "places", "kept": kept_id, "merged": merged_id, "kept_before": _written(kept),
            "merged_before": _written(merged), "kept_after": best["place"].value,
        }
    )  # fmt: skip
    promotion.fill(places_id, activity_id, session_id, counts, now=now)


def _of(person_id: int) -> Sequence[Registration]:
    """Return the sign-ups of a person in the order of their counted rows, in which everybody takes the locks."""
    rows = sa.select(Registration).where(Registration.person_id == person_id).order_by(Registration.places_id)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def _move_standing(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Who of the two wanted all sessions of a series, wants them still."""
    found = sa.select(StandingSignUp.id, StandingSignUp.person_id, StandingSignUp.activity_id).where(
        StandingSignUp.person_id.in_((kept_id, merged_id))
    )
    rows = db.session.execute(found.order_by(StandingSignUp.id)).all()
    theirs = {row.activity_id for row in rows if row.person_id == kept_id}
    for row in rows:
        if row.person_id == merged_id and row.activity_id not in theirs:
            ledger.change(StandingSignUp, row.id, person_id=kept_id)


def _rank(row: Mapping[str, Any]) -> tuple[int, int]:
    return _WORTH[row["place"]], row["queue_place"] or 0 if row["place"] is Place.WAITING else 0


def _seats(*held: Place) -> int:
    return sum(place in SEATS for place in held)


def _waits(*held: Place) -> int:
    return sum(place is Place.WAITING for place in held)


def _head_of_line(places_id: int) -> int:
    first = db.session.scalar(
        sa.select(sa.func.min(Registration.queue_place)).where(
            Registration.places_id == places_id, Registration.place == Place.WAITING
        )
    )
    return (first or 0) - 1


def _set(registration_id: int, values: Mapping[str, Any]) -> None:
    """Write the state of a sign-up; a new revision lets mails that are under way notice."""
    db.session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id)
        .values(**values, revision=Registration.revision + 1)
        .execution_options(synchronize_session=False)
    )


def _written(row: Mapping[str, Any]) -> dict[str, object]:
    instants = {name: row[name].isoformat() if row[name] else None for name in _INSTANTS}
    plain = {name: row[name] for name in ("queue_place", "offers", "claimed_organisation")}
    return {"place": row["place"].value, **plain, **instants}


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    instants = {
        name: datetime.fromisoformat(values[name]) if values.get(name) else None  # older records have fewer
        for name in _INSTANTS
    }
    kept = {"queue_place": values["queue_place"], "offers": values.get("offers", 0)}
    kept["claimed_organisation"] = values.get("claimed_organisation")
    return {"place": Place(values["place"]), **kept, **instants}
