"""Activities by invitation: an edition counts them, and prints neither their titles nor their texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ecwi_events.programme.models import ActivityKind, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecwi_events.overview.facts import ActivityFact, DeclaredFact

SOURCE = "what was reported about an activity by invitation"
_NAMES = {ActivityKind.PLA: "An activity by invitation", ActivityKind.WEBINAR: "A webinar by invitation"}


def unnamed(activities: Iterable[ActivityFact]) -> list[ActivityFact]:
    """Return the activities, those by invitation without their words; numbers tell several of one year apart."""
    found: list[ActivityFact] = []
    seen: Counter[tuple[ActivityKind, int]] = Counter()
    for activity in activities:
        if activity.visibility is not Visibility.INVITED:
            found.append(activity)
            continue
        seen[activity.kind, activity.home_year] += 1
        found.append(_without_words(activity, seen[activity.kind, activity.home_year]))
    return found


def unnamed_figures(declared: Sequence[DeclaredFact], activities: Iterable[ActivityFact]) -> tuple[DeclaredFact, ...]:
    """Return the declared figures, those of activities by invitation without their groups, sources and notes."""
    hidden = {activity.id for activity in activities if activity.is_unnamed}
    return tuple(
        replace(row, label="", source=SOURCE, note=None) if row.activity_id in hidden else row for row in declared
    )


def _without_words(activity: ActivityFact, number: int) -> ActivityFact:
    name = _NAMES[activity.kind] + (f" ({number})" if number > 1 else "")
    return replace(
        activity,
        title=name,
        own_title=activity.title,
        strapline=None,
        summary=None,
        description=None,
        theme=None,
        replanned=None,
        structure_note=None,
        participants_note=None,
        resources_heading=None,
        period_wording=None,
        structure_wording=None,
        outcomes=(),
        resources=(),
        sessions=tuple(replace(session, title=name) for session in activity.sessions),
        components=tuple(replace(part, destination=None) for part in activity.components),
    )
