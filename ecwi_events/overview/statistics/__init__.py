"""The registry of all statistics, in the order of the annex."""

from __future__ import annotations

from ecwi_events.overview.statistics import activities, cumulative, members, money, people
from ecwi_events.overview.statistics.definition import Definition, Figure, Value, conclude

DEFINITIONS_VERSION = 1

_ALL = {
    definition.id: definition
    for group in (
        activities.DEFINITIONS, members.DEFINITIONS, people.DEFINITIONS, money.DEFINITIONS, cumulative.DEFINITIONS,
        people.WEBINARS,
    )
    for definition in group
}  # fmt: skip
_ORDER = (
    "plas_supported", "plas_active", "plas_finished", "plas_continued", "plas_postponed", "plas_organized_by_members",
    "members_involved", "organising_members", "participating_members", "countries_of_members_involved",
    "host_countries", "participations", "unique_people", "attendances", "sessions_held", "contact_hours", "investment",
    "funding_shares", "in_kind", "cumulative_plas", "cumulative_professionals", "window_years", "network_members",
    "network_countries", "webinars_held", "webinar_participations", "webinar_attendances",
)  # fmt: skip

DEFINITIONS: tuple[Definition, ...] = tuple(_ALL[name] for name in _ORDER)
DECLARABLE = frozenset(_ALL) | {
    cumulative.OPENING_PLAS, cumulative.OPENING_PEOPLE, cumulative.OPENING_FIRST_YEAR,
}  # fmt: skip
MONEY = frozenset(definition.id for definition in DEFINITIONS if definition.is_money)
WEBINAR_FIGURES = tuple(definition.id for definition in people.WEBINARS)

__all__ = [
    "DECLARABLE", "DEFINITIONS", "DEFINITIONS_VERSION", "MONEY", "WEBINAR_FIGURES", "Definition", "Figure", "Value",
    "conclude",
]  # fmt: skip
