"""The people of one activity as hosts and the office look for them: by state, by session, by words."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import fold
from ecwi_events.registration import answers, queries
from ecwi_events.registration.models import Place
from ecwi_events.registration.rows import HELD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.registration.queries import Participant
    from ecwi_events.registration.rules_questions import Asked

# What can be filtered for, in the order of the page; one who gave up and one who was declined are looked for together.
STATES: Mapping[str, frozenset[Place]] = {
    "place": frozenset({Place.CONFIRMED}),
    "offered": frozenset({Place.OFFERED}),
    "line": frozenset({Place.WAITING}),
    "pending": frozenset({Place.PENDING}),
    "gone": frozenset({Place.WITHDRAWN, Place.DECLINED}),
}
OPEN = "open"  # has still to answer what another person could not answer for them


@dataclass(frozen=True)
class Listed:
    """One sign-up in the list, with its number in line and what is asked and not answered."""

    who: Participant
    number: int | None
    left_open: Sequence[str] = ()  # the questions that this person has still to answer


@dataclass(frozen=True)
class PeopleList:
    """What was found, and how many there are in each state whatever was looked for."""

    found: Sequence[Listed]
    counts: Mapping[str, int]
    people: int


def people_list(activity_id: int, *, session_id: int | None = None, state: str = "", words: str = "") -> PeopleList:
    """Return the sign-ups of an activity; numbers in line are those of the whole line, whatever is filtered."""
    left_open = answers.all_left_open(activity_id)
    everybody = _numbered(queries.participants(activity_id, session_id), left_open)
    counts = Counter(name for one in everybody for name in (*STATES, OPEN) if _is_in(one, name))
    wanted = fold(words).split()
    found = [
        one
        for one in everybody
        if (state not in {*STATES, OPEN} or _is_in(one, state))
        and all(word in fold(f"{one.who.name} {one.who.organisation or ''} {one.who.address or ''}") for word in wanted)
    ]
    return PeopleList(found, counts, len({one.who.person_id for one in everybody}))


def _is_in(one: Listed, state: str) -> bool:
    return bool(one.left_open) if state == OPEN else one.who.place in STATES[state]


def _numbered(rows: Sequence[Participant], left_open: Mapping[int, Sequence[Asked]]) -> list[Listed]:
    """Number who waits: the rows come in the order of the line."""
    reached: dict[int | None, int] = defaultdict(int)
    found = []
    for row in rows:
        if row.place is Place.WAITING:
            reached[row.session_id] += 1
        number = reached[row.session_id] if row.place is Place.WAITING else None
        asks = [one.wording for one in left_open.get(row.person_id, ())] if row.place in HELD else []
        found.append(Listed(row, number, asks))
    return found
