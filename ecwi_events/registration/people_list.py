"""The people of one activity as hosts and the office look for them: by state, by session, by words."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import fold
from ecwi_events.registration import queries
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.registration.queries import Participant

# What can be filtered for, in the order of the page; one who gave up and one who was declined are looked for together.
STATES: Mapping[str, frozenset[Place]] = {
    "place": frozenset({Place.CONFIRMED}),
    "offered": frozenset({Place.OFFERED}),
    "line": frozenset({Place.WAITING}),
    "pending": frozenset({Place.PENDING}),
    "gone": frozenset({Place.WITHDRAWN, Place.DECLINED}),
}


@dataclass(frozen=True)
class Listed:
    """One sign-up in the list, with its number in line."""

    who: Participant
    number: int | None


@dataclass(frozen=True)
class PeopleList:
    """What was found, and how many there are in each state whatever was looked for."""

    found: Sequence[Listed]
    counts: Mapping[str, int]
    people: int


def people_list(activity_id: int, *, session_id: int | None = None, state: str = "", words: str = "") -> PeopleList:
    """Return the sign-ups of an activity; numbers in line are those of the whole line, whatever is filtered."""
    everybody = _numbered(queries.participants(activity_id, session_id))
    counts = Counter(name for one in everybody for name, places in STATES.items() if one.who.place in places)
    wanted = fold(words).split()
    found = [
        one
        for one in everybody
        if (state not in STATES or one.who.place in STATES[state])
        and all(word in fold(f"{one.who.name} {one.who.organisation or ''} {one.who.address or ''}") for word in wanted)
    ]
    return PeopleList(found, counts, len({one.who.person_id for one in everybody}))


def _numbered(rows: Sequence[Participant]) -> list[Listed]:
    """Number who waits: the rows come in the order of the line."""
    reached: dict[int | None, int] = defaultdict(int)
    found = []
    for row in rows:
        if row.place is Place.WAITING:
            reached[row.session_id] += 1
        found.append(Listed(row, reached[row.session_id] if row.place is Place.WAITING else None))
    return found
