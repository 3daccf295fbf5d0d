"""New time zone data: sessions keep their wall time, their instants follow, and people are told whose clocks show another.

Runs by night and at each start of a new release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.journal import service as journal
from ecwi_events.programme import resolving
from ecwi_events.registration import changes

if TYPE_CHECKING:
    from datetime import datetime

AT_MOST = 10
REASON = "The clock rules of a country have changed. The time at the place of the session stays as it was."


def re_resolve_sessions(*, now: datetime) -> int:
    """Resolve anew what an older release of the time zone data resolved; return how many, at most `AT_MOST` at once."""
    found = resolving.outdated(now=now, at_most=AT_MOST)
    for session in found:
        if resolving.still_means_the_same(session, now=now):
            continue
        before = {"starts_at": session.starts_at}
        changes.move_session(session.id, resolving.promise_of(session), reason=REASON, by_person_id=None, now=now)
        journal.note(
            "re_resolve", "session", session.id, before=before, after={"starts_at": session.starts_at}, now=now
        )
    return len(found)
