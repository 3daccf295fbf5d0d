"""How far attendance is settled in many sessions at once.

The same question as `queries.unsettled`, asked for a whole year: both sides are read as plain numbers and put together here,
because SQLite takes seconds to join them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from collections.abc import Mapping


def marked_and_expected(which: sa.ColumnElement[bool], sessions: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Return for each session how many of the people with a place are marked, and how many have one.

    Args:
        which: of the activities.
        sessions: the activity of each session.
    """
    of_all, of_one = _people(which)
    marked = _marked(which)
    found = {}
    for session_id, activity_id in sessions.items():
        expected = of_all[activity_id] | of_one[session_id]
        found[session_id] = (len(marked[session_id] & expected), len(expected))
    return found


def _people(which: sa.ColumnElement[bool]) -> tuple[defaultdict[int, set[int]], defaultdict[int, set[int]]]:
    """Return who has a place, by activity for those who come to all of it, and by session for the others."""
    of_all: defaultdict[int, set[int]] = defaultdict(set)
    of_one: defaultdict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        sa.select(Registration.activity_id, Registration.session_id, Registration.person_id)
        .join(Activity, Activity.id == Registration.activity_id)
        .where(which, Registration.place == Place.CONFIRMED)
    )
    for activity_id, session_id, person_id in rows:
        if session_id is None:
            of_all[activity_id].add(person_id)
        else:
            of_one[session_id].add(person_id)
    return of_all, of_one


def _marked(which: sa.ColumnElement[bool]) -> defaultdict[int, set[int]]:
    marked: defaultdict[int, set[int]] = defaultdict(set)
    rows = db.session.execute(
        sa.select(Presence.session_id, Presence.person_id)
        .join(ActivitySession, ActivitySession.id == Presence.session_id)
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(which, Presence.verdict != Verdict.UNKNOWN)
    )
    for session_id, person_id in rows:
        if person_id is not None:
            marked[session_id].add(person_id)
    return marked
