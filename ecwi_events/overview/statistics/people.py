"""Counts of people: participants of one activity, participations, different people, attendances, contact hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.overview.models import Additive, Basis
from ecwi_events.overview.statistics.definition import (
    COMPUTED,
    DECLARED,
    MIXED,
    Definition,
    Input,
    Value,
    declared_input,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ecwi_events.overview.facts import ActivityFact, DeclaredFact, Facts, PresenceFact, SessionFact

PARTICIPANTS = "participants"
_SMALL = "A sum over all activities; no breakdown is published below five people."
_BASES = frozenset({Basis.PEOPLE, Basis.ATTENDANCES, Basis.UNSPECIFIED})  # a sign-up is no participation


def records_are_complete(facts: Facts, activities: Iterable[ActivityFact]) -> bool:
    """Tell whether people were recorded one by one: in all these activities, in each session held up to the as-of date."""
    return all(
        activity.records_complete and all(facts.seen([session]) for session in facts.held(activity))
        for activity in activities
    )


def presence_inputs(presences: Iterable[PresenceFact]) -> tuple[Input, ...]:
    """Return presences as the records behind a figure."""
    return tuple(Input("presence", presence.id) for presence in presences)


def counted_participants(facts: Facts, activity: ActivityFact, sessions: Sequence[SessionFact]) -> Value | None:
    """Return the different people present in these sessions, or None if nobody was recorded in any of them."""
    if not facts.seen(sessions):
        return None
    identified = [presence for presence in facts.present(sessions) if presence.person_id]
    complete = activity.records_complete and all(facts.seen([session]) for session in sessions)
    people = {presence.person_id for presence in identified}
    return Value(COMPUTED, len(people), presence_inputs(identified), complete=complete, basis="people")


def declared_participants(facts: Facts, activity: ActivityFact, *, year: int | None = None) -> list[DeclaredFact]:
    """Return the declared rows of the participants: those of the latest edition up to this year, or of a year alone."""
    rows = facts.figures(PARTICIPANTS, activity_id=activity.id)
    latest = max((row.year for row in rows if year is None or row.year == year), default=None)
    return [row for row in rows if row.year == latest]


def total(rows: Sequence[DeclaredFact]) -> Value:
    """Return declared groups as one number: their sum if they may be summed, else the largest of them and "at least"."""
    one = len(rows) == 1
    summed = all(row.additive is Additive.YES for row in rows)
    value = sum(row.value for row in rows) if one or summed else max(row.value for row in rows)
    first = rows[0]
    return Value(
        kind=DECLARED,
        value=value,
        inputs=tuple(declared_input(row) for row in rows),
        qualifier=first.qualifier.value if one else "exact" if summed else "at_least",
        source=first.source,
        note=first.note,
        as_of=first.as_of,
        basis=first.basis.value,
    )


def _participants_in_year(facts: Facts, activity: ActivityFact) -> Value | None:
    counted = counted_participants(facts, activity, facts.held(activity))
    if counted and counted.complete:
        return counted
    rows = [row for row in declared_participants(facts, activity, year=facts.year) if row.basis in _BASES]
    return total(rows) if rows else counted


def participations(facts: Facts, activities: Sequence[ActivityFact]) -> Value | None:
    """Return the sum of participants over activities, each from its records or else as it was declared."""
    values = [_participants_in_year(facts, activity) for activity in activities]
    known = [value for value in values if value]
    if not known:
        return None
    kinds = {value.kind for value in known}
    exact = len(known) == len(values) and all(value.qualifier == "exact" and value.complete for value in known)
    bases = {value.basis for value in known}
    inputs = tuple(entry for value in known for entry in value.inputs)
    summed = sum(int(value.value or 0) for value in known)
    kind = kinds.pop() if len(kinds) == 1 else MIXED
    return Value(
        kind=kind,
        value=summed,
        inputs=inputs,
        complete=exact or kind != COMPUTED,
        qualifier="exact" if exact else "at_least",
        basis=str(bases.pop()) if len(bases) == 1 else "unspecified",
        source=None if kind == COMPUTED else "the sources of the declared participants, named with each PLA",
        note=None if exact else "Groups that may share people are counted once; what nobody reported is left out.",
    )


def _over(find: Callable[[Facts], list[ActivityFact]]) -> Callable[[Facts], list[SessionFact]]:
    return lambda facts: [session for activity in find(facts) for session in facts.held(activity)]


def _pla_activities(facts: Facts) -> list[ActivityFact]:
    return facts.active


def _webinar_activities(facts: Facts) -> list[ActivityFact]:
    return [webinar for webinar in facts.webinars if facts.was_active(webinar)]


def _everything(facts: Facts) -> list[ActivityFact]:
    return [*_pla_activities(facts), *_webinar_activities(facts)]


def _attendances(find: Callable[[Facts], list[ActivityFact]]) -> Callable[[Facts], Value | None]:
    def count(facts: Facts) -> Value | None:
        sessions = _over(find)(facts)
        if not facts.seen(sessions):
            return None
        present = facts.present(sessions)
        complete = records_are_complete(facts, find(facts))
        return Value(COMPUTED, len(present), presence_inputs(present), complete=complete, basis="attendances")

    return count


def _unique_people(facts: Facts) -> Value | None:
    sessions = _over(_everything)(facts)
    if not facts.seen(sessions):
        return None
    people = sorted({presence.person_id for presence in facts.present(sessions) if presence.person_id})
    complete = records_are_complete(facts, _everything(facts))
    inputs = tuple(Input("person", person_id) for person_id in people)
    return Value(COMPUTED, len(people), inputs, complete=complete, basis="people")


def _sessions_held(facts: Facts) -> Value | None:
    planned = [pla for pla in [*facts.supported, *facts.active] if pla.sessions]
    if not planned:
        return None
    held = _over(_pla_activities)(facts)
    return Value(
        COMPUTED, len(held), _session_inputs(held), complete=all(pla.sessions for pla in facts.active)
    )  # fmt: skip


def _webinars_held(facts: Facts) -> Value | None:
    if not any(webinar.sessions for webinar in facts.webinars):
        return None
    held = _over(_webinar_activities)(facts)
    return Value(COMPUTED, len(held), _session_inputs(held))


def _session_inputs(sessions: Sequence[SessionFact]) -> tuple[Input, ...]:
    return tuple(Input("session", session.id, f"{session.title} ({session.day.isoformat()})") for session in sessions)


def _contact_hours(facts: Facts) -> Value | None:
    present = facts.present(_over(_pla_activities)(facts))
    timed = [presence for presence in present if presence.id in facts.minutes]
    if not timed:
        return None
    hours = round(sum(facts.minutes[presence.id] for presence in timed) / 6) / 10
    return Value(COMPUTED, hours, presence_inputs(timed), complete=len(timed) == len(present))


def _webinar_participations(facts: Facts) -> Value | None:
    return participations(facts, _webinar_activities(facts))


DEFINITIONS = (
    Definition(
        "participations", "participations", "Participations in PLAs in {year}", "participations",
        "The participants of each PLA active in the year, summed. Somebody who took part in two PLAs is counted twice, so "
        "this is no number of people.",
        lambda facts: participations(facts, facts.active),
        privacy=_SMALL,
    ),
    Definition(
        "unique_people", "people", "Different people in PLAs and webinars in {year}", "people",
        "Different people, known by their address, who were present in at least one session of a PLA or a webinar held "
        "in the year.",
        _unique_people,
        privacy=_SMALL,
        label_of_one="person",
    ),
    Definition(
        "attendances", "attendances", "Attendances of PLA sessions in {year}", "attendances",
        "Everybody who was present, counted once in each session held in the year: people that we know and visitors.",
        _attendances(_pla_activities),
        privacy=_SMALL,
    ),
    Definition(
        "sessions_held", "sessions", "Sessions of PLAs held in {year}", "sessions",
        "Sessions of PLAs with their date in the year, up to the as-of date, that were not cancelled.",
        _sessions_held,
    ),
    Definition(
        "contact_hours", "contact hours", "Contact hours in PLAs in {year}", "hours",
        "The minutes that everybody present spent in the sessions, within their times, as hours. Only what was recorded by "
        "the minute is summed.",
        _contact_hours,
        privacy=_SMALL,
    ),
)  # fmt: skip

WEBINARS = (
    Definition(
        "webinars_held", "webinars", "Webinars held in {year}", "webinars",
        "Sessions of webinars with their date in the year, up to the as-of date, that were not cancelled. They enter no "
        "count of PLAs.",
        _webinars_held,
    ),
    Definition(
        "webinar_participations", "webinar participations", "Participations in webinars in {year}", "participations",
        "The participants of each webinar or series of webinars in the year, summed. Somebody who took part in two is "
        "counted twice.",
        _webinar_participations,
        privacy=_SMALL,
    ),
    Definition(
        "webinar_attendances", "webinar attendances", "Attendances of webinars in {year}", "attendances",
        "Everybody who was present, counted once in each webinar held in the year.",
        _attendances(_webinar_activities),
        privacy=_SMALL,
    ),
)  # fmt: skip
