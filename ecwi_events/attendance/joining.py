"""Going to the meeting by one's own link: the way there, and a weak sign of having been there.

The sign alone makes nobody present (`rules.verdict`): somebody may press the button and never arrive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance.models import Evidence, Source
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.programme.session_rules import meeting_url_fault
from ecwi_events.registration import joining, rules_joining

if TYPE_CHECKING:
    from datetime import datetime

NOT_NOW = "You cannot join this session now. Look below."
NO_ADDRESS = "The host has not given us the address of the meeting yet. Try again in a minute, or write to the host."
BROKEN_ADDRESS = "The address of the meeting has a mistake. The host has to mend it: write to the host, then try again."


def join(token: str, session_id: int, *, now: datetime) -> str:
    """Return the meeting's address to somebody with a place, and note when they first went there.

    Raises:
        NotFound: the link is none of ours, or the session belongs to another activity.
        Refused: it is too early or too late, there is no place, or the address of the meeting is missing or broken.
    """
    joiner = joining.find_joiner(token)
    chance = joiner.chance_of(session_id) if joiner else None
    if joiner is None or chance is None:
        raise NotFound("We cannot find this page.")
    if not rules_joining.may_join(joiner.activity.status, chance, now=now):
        raise Refused("not_now", NOT_NOW)
    address = joiner.session_of(chance).meeting_url or ""
    if not address:
        raise Refused("no_address", NO_ADDRESS)
    if meeting_url_fault(address):  # typed before the rule was as strict as it is now
        raise Refused("broken_address", BROKEN_ADDRESS)
    _note_arrival(session_id, joiner.person_id, now=now)
    return address


def _note_arrival(session_id: int, person_id: int, *, now: datetime) -> None:
    """Keep the first time only: pressing again, after a lost connection, says nothing new."""
    known = sa.select(Evidence.id).where(
        Evidence.session_id == session_id, Evidence.person_id == person_id, Evidence.source == Source.JOINING_LINK
    )
    if db.session.scalar(known.limit(1)) is None:
        row = {
            "session_id": session_id, "person_id": person_id, "source": Source.JOINING_LINK, "joined_at": now,
            "recorded_by_id": None, "recorded_at": now,
        }  # fmt: skip
        db.session.execute(sa.insert(Evidence), [row])
