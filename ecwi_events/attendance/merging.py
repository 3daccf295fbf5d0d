"""Merging two people who are one: addresses, sign-ups, presences, evidence, roles, work before; and undoing it.

The act itself is `ecwi_events.reminders.merging`: the lowest room that sees all of it. Nothing is merged by itself: the
office looks at the preview and decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import service
from ecwi_events.attendance.models import Evidence, Presence
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db
from ecwi_events.people import ledger as ledgers
from ecwi_events.people import merging
from ecwi_events.people.ledger import row_of
from ecwi_events.people.models import MergeOf
from ecwi_events.registration import merging as sign_ups

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.people.ledger import Ledger
    from ecwi_events.registration.merging import SignUpToMove


@dataclass(frozen=True)
class Preview:
    """What a merge would move beside addresses and roles."""

    sign_ups: Sequence[SignUpToMove]
    sessions: int  # sessions in which the person who goes was seen
    sessions_of_both: int


@dataclass(frozen=True)
class Undone:
    """What came of undoing a merge; ``left_alone`` counts what has changed since."""

    kept_id: int
    merged_id: int
    left_alone: int


def preview(kept_id: int, merged_id: int, *, by_administrator: bool) -> Preview:
    """Return what merging would move; nothing is changed.

    Raises:
        NotFound: one of the two is nobody.
        Refused: they may not be merged.
    """
    merging.check_people(kept_id, merged_id, by_administrator=by_administrator)
    theirs, others = set(_sessions(kept_id)), set(_sessions(merged_id))
    return Preview(sign_ups.sign_ups_to_move(kept_id, merged_id), len(others), len(theirs & others))


def join_people(kept_id: int, merged_id: int, ledger: Ledger, *, by_administrator: bool, now: datetime) -> None:
    """Make one person of two, as far as is known here; `ecwi_events.reminders.merging` does the rest and keeps the record.

    Raises:
        NotFound: one of the two is nobody.
        Refused: they may not be merged.
    """
    merging.check_people(kept_id, merged_id, by_administrator=by_administrator)
    sign_ups.move_sign_ups(kept_id, merged_id, ledger, now=now)
    _move_presences(kept_id, merged_id, ledger, now=now)
    merging.move_person(kept_id, merged_id, ledger, now=now)


def undo_merge(merge_id: int, *, now: datetime) -> Undone:
    """Make two people of one again, as they were; what has changed since is left alone.

    Raises:
        NotFound: there is no such merge.
        Refused: it cannot be undone any more.
    """
    row = merging.begin_undo(MergeOf.PERSON, merge_id, now=now)
    kept_id, merged_id, moved = row.kept_id, row.merged_id, row.moved
    left_alone = ledgers.undo(entry for entry in moved if entry["act"] != "places")
    for entry in moved:
        if entry["act"] == "places":
            left_alone += not sign_ups.undo_places(entry, now=now)
    db.session.expire_all()
    return Undone(kept_id, merged_id, left_alone)


def _move_presences(kept_id: int, merged_id: int, ledger: Ledger, *, now: datetime) -> None:
    """Move evidence and verdicts; where both were seen in a session, one verdict follows from all evidence."""
    ledger.move(Evidence, "person_id", merged_id, kept_id)
    theirs, others = _sessions(kept_id), _sessions(merged_id)
    for session_id, presence_id in others.items():
        if session_id not in theirs:
            ledger.change(Presence, presence_id, person_id=kept_id)
            continue
        ledger.take_out(Presence, presence_id)
        before = row_of(Presence, theirs[session_id])
        service.derive(session_id, {Who(person_id=kept_id)}, now=now)
        after = row_of(Presence, theirs[session_id])
        ledger.note_change(
            Presence,
            theirs[session_id],
            {name: before[name] for name in ("verdict", "decided_at")},
            {name: after[name] for name in ("verdict", "decided_at")},
        )


def _sessions(person_id: int) -> dict[int, int]:
    """Return the presences of a person by their session."""
    rows = db.session.execute(
        sa.select(Presence.session_id, Presence.id).where(Presence.person_id == person_id).order_by(Presence.session_id)
    )
    return {row.session_id: row.id for row in rows}
