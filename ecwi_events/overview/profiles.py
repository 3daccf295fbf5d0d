"""One page for each PLA: title, period, paragraphs, fact box, outcomes, resources, as finished wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecwi_events.kernel import countries, numbers
from ecwi_events.overview.statistics.people import counted_participants, declared_participants, total
from ecwi_events.programme import wording
from ecwi_events.programme.models import ActivityStatus, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ecwi_events.overview.facts import ActivityFact, DeclaredFact, Facts
    from ecwi_events.overview.statistics import Value

RESOURCES = "Resources developed"
_NOT_BEGUN = frozenset({ActivityStatus.APPROVED, ActivityStatus.PLANNED})


def profiles(facts: Facts, activities: Sequence[ActivityFact]) -> list[dict[str, Any]]:
    """Return the pages of these activities, numbered in their order."""
    return [_profile(facts, activity, number) for number, activity in enumerate(activities, 1)]


def paragraphs(text: str | None) -> list[str]:
    """Return the paragraphs of a text; single line breaks are blanks."""
    return [" ".join(part.split()) for part in (text or "").split("\n\n") if part.strip()]


def status_to_date(facts: Facts, activity: ActivityFact) -> ActivityStatus:
    """Return the status as the pages say it: what is still called planned and has begun is running."""
    begun = activity.status in _NOT_BEGUN and bool(facts.held_to_date(activity))
    return ActivityStatus.RUNNING if begun else activity.status


def period_of(activity: ActivityFact) -> tuple[date | None, date | None]:
    """Return the period: the one that was given, else from the first session to the last."""
    if activity.period_start or not activity.sessions:
        return activity.period_start, activity.period_end
    return activity.sessions[0].day, None if activity.open_end else activity.sessions[-1].day


def _profile(facts: Facts, activity: ActivityFact, number: int) -> dict[str, Any]:
    start, end = period_of(activity)
    achieved = [text for kind, text in activity.outcomes if kind is OutcomeKind.ACHIEVED]
    planned = [text for kind, text in activity.outcomes if kind is OutcomeKind.PLANNED]
    return {
        "activity_id": activity.id,
        "number": number,
        "title": activity.title,
        "strapline": activity.strapline,
        "theme": activity.theme.value if activity.theme else None,
        "status": status_to_date(facts, activity).value,
        "period": activity.period_wording
        or wording.period_line(status_to_date(facts, activity), start, end, open_end=activity.open_end),
        "replanned": activity.replanned,
        "paragraphs": paragraphs(activity.description or activity.summary),
        "facts": _fact_box(facts, activity),
        "outcomes_heading": "Learning outcomes" if achieved or not planned else "Planned outcomes",
        "outcomes": achieved or planned,
        "resources_heading": activity.resources_heading or RESOURCES,
        "resources": [{"title": title, "url": url} for title, url in activity.resources],
    }


def _fact_box(facts: Facts, activity: ActivityFact) -> list[dict[str, Any]]:
    box = _participants(facts, activity)
    host, co_hosts = activity.host, activity.co_hosts
    if host:
        box.append(_fact("Host", wording.host_line(host.name, host.country, has_co_hosts=bool(co_hosts))))
    if co_hosts:
        line = wording.co_hosts_line([(body.name, body.country) for body in co_hosts])
        box.append(_fact("Co-hosts" if len(co_hosts) > 1 else "Co-host", line))
    if host and host.country:
        box.append(_fact("Country", countries.label(host.country)))
    if structure := structure_of(activity):
        box.append(_fact("Structure", structure, "override" if activity.structure_wording else "recorded"))
    return box


def structure_of(activity: ActivityFact) -> str:
    """Return the structure line: an own wording, else from the sessions and components."""
    if activity.structure_wording:
        return activity.structure_wording
    return wording.structure_line(parts_of(activity), activity.structure_note)


def parts_of(activity: ActivityFact) -> list[wording.Part]:
    """Return what an activity is made of: its sessions, and the components that have none."""
    components = [
        wording.Part(part.format, part.count, part.minutes_each, part.destination) for part in activity.components
    ]
    return wording.parts_of(components, [(session.format, session.minutes) for session in activity.sessions])


def _fact(label: str, value: str, kind: str = "recorded", source: str | None = None) -> dict[str, Any]:
    return {"label": label, "value": value, "kind": kind, "source": source}


def _participants(facts: Facts, activity: ActivityFact) -> list[dict[str, Any]]:
    sessions = facts.held_to_date(activity)
    counted = counted_participants(facts, activity, sessions)
    rows = declared_participants(facts, activity)
    status = status_to_date(facts, activity)
    if counted and (counted.complete or not rows) and not activity.participants_note:
        line = wording.participants_line(_counted_people(facts, activity, counted), status)
        attended = len(facts.present(sessions))
        return [
            _fact("Participants", line, "computed"),
            _fact("Attendances", numbers.figure(attended), "computed"),
        ]
    line = wording.participants_line(_declared_people(rows, activity.participants_note), status)
    return [_fact("Participants", line, "declared" if rows else "recorded", rows[0].source if rows else None)]


def _counted_people(facts: Facts, activity: ActivityFact, counted: Value) -> wording.People:
    _, end = period_of(activity)
    goes_on = any(session.day > facts.as_of for session in activity.sessions) or (end is not None and end > facts.as_of)
    return wording.People(
        number=int(counted.value or 0),
        qualifier="exact" if counted.complete else "at_least",
        until=facts.as_of if goes_on else None,
    )


def _declared_people(rows: Sequence[DeclaredFact], note: str | None) -> wording.People:
    if not rows:
        return wording.People(note=note)
    if any(row.label for row in rows):
        return wording.People(breakdown=tuple((row.label, row.value) for row in rows), note=note)
    value = total(rows)
    return wording.People(
        int(value.value or 0), qualifier=value.qualifier, basis=value.basis or "unspecified", note=note
    )
