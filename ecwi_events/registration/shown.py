"""What the page of an activity shows and its form needs, read by one question to the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.bundles import Bundle
from ecwi_events.people.queries import NAMES_PART
from ecwi_events.programme import library, record
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import Activity, Visibility
from ecwi_events.programme.queries import IS_WANTED_BY_SLUG, WANTED
from ecwi_events.programme.rules import may_see
from ecwi_events.registration import queries, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.programme.record import SpeakerLine
    from ecwi_events.programme.rules import Viewer
    from ecwi_events.registration.rules import SignUpFacts
    from ecwi_events.registration.rules_questions import Asked

_PAGE = Bundle(
    IS_WANTED_BY_SLUG,
    WANTED,
    **programme.PAGE_PARTS,
    speakers=record.SPEAKERS_PART,
    resources=library.RESOURCES_PART,
    facts=queries.FACTS_PART,
    asked=questions.ASKED_PART,
    organisations=NAMES_PART,
)
_A = sa.inspect(Activity).local_table
_SEEN_PART = sa.select(_A.c.id, _A.c.visibility).where(_A.c.id == WANTED.c.id)
_SEEN = Bundle(IS_WANTED_BY_SLUG, WANTED, seen=_SEEN_PART)


@dataclass(frozen=True)
class Shown:
    """An activity with everything that its page shows, all of the same moment."""

    activity: ActivityPage
    facts: SignUpFacts
    speakers: tuple[SpeakerLine, ...]
    resources: Sequence[Any]  # rows for `library.openable`, which asks who reads
    asked: Sequence[Asked]
    organisations: tuple[str, ...]


def find_shown(slug: str, viewer: Callable[[], Viewer] = programme.stranger) -> Shown | None:
    """Return a published activity by its short name, or None if there is none that this viewer may see."""
    texts = _PAGE.find({"wanted": slug})
    if texts is None:
        return None
    activity = programme.page_of(texts)
    if activity.visibility != Visibility.PUBLIC and not may_see(activity.seen, viewer()):
        return None
    return Shown(
        activity,
        queries.facts_from(_PAGE.rows("facts", texts.facts), activity.id),
        record.speakers(_PAGE.rows("speakers", texts.speakers)),
        _PAGE.rows("resources", texts.resources),
        questions.asked_in(_PAGE.rows("asked", texts.asked)),
        tuple(row.name for row in _PAGE.rows("organisations", texts.organisations)),
    )


def find_id(slug: str, viewer: Callable[[], Viewer] = programme.stranger) -> int | None:
    """Return a published activity's id, or None if there is none that this viewer may see."""
    texts = _SEEN.find({"wanted": slug})
    if texts is None:
        return None
    (seen,) = _SEEN.rows("seen", texts.seen)
    if seen.visibility != Visibility.PUBLIC and programme.find_public_activity(slug, viewer) is None:
        return None
    activity_id: int = seen.id
    return activity_id
