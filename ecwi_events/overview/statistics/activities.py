"""Counts of PLAs and webinars."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ecwi_events.overview.statistics.definition import COMPUTED, Definition, Input, Value
from ecwi_events.programme.models import ActivityKind, ActivityStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecwi_events.overview.facts import ActivityFact, Facts, OrganisationFact


def approval_day(activity: ActivityFact) -> date:
    """Return the day on which memberships of hosts are looked up: approval, else the beginning, else the year's end."""
    fallback = activity.period_start or (activity.sessions[0].day if activity.sessions else None)
    return activity.approved_on or fallback or date(activity.home_year, 12, 31)


def as_inputs(activities: Iterable[ActivityFact]) -> tuple[Input, ...]:
    """Return activities as the records behind a figure."""
    return tuple(Input("activity", activity.id, activity.title) for activity in activities)


def organisations_as_inputs(organisations: Iterable[OrganisationFact]) -> tuple[Input, ...]:
    """Return organisations as the records behind a figure, by name."""
    unique = {organisation.id: organisation for organisation in organisations}
    ordered = sorted(unique.values(), key=lambda organisation: (organisation.name.casefold(), organisation.id))
    return tuple(Input("organisation", organisation.id, organisation.name) for organisation in ordered)


def _counted(activities: list[ActivityFact], *, complete: bool = True) -> Value:
    return Value(COMPUTED, len(activities), as_inputs(activities), complete=complete)


def knows_plas(facts: Facts) -> bool:
    """Tell whether a count of none would be true: before the first PLA on record, and before the year begins, it is not."""
    began = facts.as_of.year >= facts.year and any(row.kind is ActivityKind.PLA for row in facts.activities)
    return bool(facts.supported or facts.active) or began


def _supported(facts: Facts) -> Value | None:
    return _counted(facts.supported) if knows_plas(facts) else None


def _active(facts: Facts) -> Value | None:
    return _counted(facts.active) if knows_plas(facts) else None


def _postponed(facts: Facts) -> Value | None:
    if not facts.supported:
        return None
    return _counted([pla for pla in facts.supported if pla.status is ActivityStatus.POSTPONED])


def _finished(facts: Facts) -> Value | None:
    return _counted([pla for pla in facts.plas if _ended_within(pla, facts)]) if knows_plas(facts) else None


def _ended_within(activity: ActivityFact, facts: Facts) -> bool:
    end = activity.period_end or (activity.sessions[-1].day if activity.sessions else None)
    done = activity.status is ActivityStatus.COMPLETED
    return done and end is not None and end.year == facts.year and end <= facts.as_of


def _continued(facts: Facts) -> Value | None:
    earlier = [pla for pla in facts.plas if pla.home_year < facts.year]
    return _counted([pla for pla in earlier if facts.was_active(pla)]) if earlier else None


def _organized_by_members(facts: Facts) -> Value | None:
    if not facts.supported:
        return None
    hosted = [pla for pla in facts.supported if pla.host and pla.host.is_member(approval_day(pla))]
    return _counted(hosted, complete=all(pla.host for pla in facts.supported))


def _host_countries(facts: Facts) -> Value | None:
    hosts = [pla.host for pla in facts.supported if pla.host]
    if not hosts:
        return None
    seats = {host.country for host in hosts if host.country}
    complete = all(pla.host and pla.host.country for pla in facts.supported)
    return Value(COMPUTED, len(seats), organisations_as_inputs(hosts), complete=complete)


DEFINITIONS = (
    Definition(
        "plas_supported", "PLAs", "PLAs supported in {year}", "PLAs",
        "PLAs whose home is this year's edition, from their approval on. Postponed ones count, drafts and cancelled ones "
        "do not.",
        _supported,
        label_of_one="PLA",
    ),
    Definition(
        "plas_active", "PLAs that took place", "PLAs active in {year}", "PLAs",
        "PLAs of any home year with a session held in the year. Where no sessions are on record, the printed period must "
        "meet the year; a period without end does so after its home year only if something was declared for the year. "
        "Postponed ones never count.",
        _active,
    ),
    Definition(
        "plas_finished", "PLAs finished", "PLAs finished in {year}", "PLAs",
        "PLAs that are completed and whose last month lies in the year.",
        _finished,
    ),
    Definition(
        "plas_continued", "PLAs continued", "PLAs continued from earlier years in {year}", "PLAs",
        "PLAs active in the year whose home is an earlier year's edition. They are not counted again among those "
        "supported.",
        _continued,
    ),
    Definition(
        "plas_postponed", "PLAs postponed", "PLAs of {year} that are postponed", "PLAs",
        "PLAs whose home is this year's edition and which stand as postponed.",
        _postponed,
    ),
    Definition(
        "plas_organized_by_members", "PLAs organized by Members", "PLAs of {year} organized by Members", "PLAs",
        "PLAs supported whose lead host was a Member on the day of approval. The Secretariat is no Member; co-hosts make "
        "no difference.",
        _organized_by_members,
    ),
    Definition(
        "host_countries", "host countries", "Countries of lead hosts in {year}", "countries",
        "Different countries in which the lead hosts of the PLAs supported have their seat.",
        _host_countries,
    ),
)  # fmt: skip
