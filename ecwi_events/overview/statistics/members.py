"""Which Members were involved, and from which countries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ecwi_events.overview.statistics.activities import approval_day, organisations_as_inputs
from ecwi_events.overview.statistics.definition import COMPUTED, Definition, Value
from ecwi_events.overview.statistics.people import records_are_complete
from ecwi_events.programme.models import OrganisationRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecwi_events.overview.facts import Facts, OrganisationFact

_HOSTING = frozenset({OrganisationRole.HOST, OrganisationRole.CO_HOST})
_INVOLVING = _HOSTING | {OrganisationRole.CONTRIBUTOR}


def with_role(facts: Facts, roles: frozenset[OrganisationRole]) -> list[OrganisationFact]:
    """Return the Members with one of these roles in a PLA supported; the membership held on the day of approval."""
    return [
        role.organisation
        for pla in facts.supported
        for role in pla.roles
        if role.role in roles and role.organisation.is_member(approval_day(pla))
    ]


def taking_part(facts: Facts) -> list[OrganisationFact]:
    """Return the Members of which somebody was present in a PLA; the membership held on that day."""
    found = []
    for pla in facts.active:
        for session in facts.held(pla):
            employers = (facts.employer(presence.person_id, session.day) for presence in facts.present([session]))
            found += [employer for employer in employers if employer and employer.is_member(session.day)]
    return found


def involved(facts: Facts) -> list[OrganisationFact]:
    """Return the Members involved in a PLA, by a role in it or by somebody who was there."""
    return [*with_role(facts, _INVOLVING), *taking_part(facts)]


def _members(find: Callable[[Facts], list[OrganisationFact]]) -> Callable[[Facts], Value | None]:
    def count(facts: Facts) -> Value | None:
        if not facts.supported and not facts.active:
            return None
        inputs = organisations_as_inputs(find(facts))
        return Value(COMPUTED, len(inputs), inputs, complete=_complete(facts))

    return count


def _organising(facts: Facts) -> list[OrganisationFact]:
    return with_role(facts, _HOSTING)


def _organising_count(facts: Facts) -> Value | None:
    if not facts.supported:
        return None
    inputs = organisations_as_inputs(_organising(facts))
    return Value(COMPUTED, len(inputs), inputs, complete=all(pla.host for pla in facts.supported))


def _participating_count(facts: Facts) -> Value | None:
    if not facts.seen(session for pla in facts.active for session in facts.held(pla)):
        return None
    return _members(taking_part)(facts)


def _countries_count(facts: Facts) -> Value | None:
    if not facts.supported and not facts.active:
        return None
    members = involved(facts)
    seats = {member.country for member in members if member.country}
    complete = _complete(facts) and all(member.country for member in members)
    return Value(COMPUTED, len(seats), organisations_as_inputs(members), complete=complete)


def _complete(facts: Facts) -> bool:
    return records_are_complete(facts, [*facts.supported, *facts.active]) and all(pla.host for pla in facts.supported)


def _network(facts: Facts) -> list[OrganisationFact]:
    day = min(facts.as_of, date(facts.year, 12, 31))
    return [organisation for organisation in facts.organisations if organisation.is_member(day)]


def _network_count(facts: Facts) -> Value | None:
    return _of_network(facts, len)


def _network_countries(facts: Facts) -> Value | None:
    return _of_network(facts, lambda members: len({member.country for member in members if member.country}))


def _of_network(facts: Facts, size: Callable[[list[OrganisationFact]], int]) -> Value | None:
    members = _network(facts)
    # A list of Members never proves that nobody is missing from it.
    return Value(COMPUTED, size(members), organisations_as_inputs(members), complete=False) if members else None


DEFINITIONS = (
    Definition(
        "members_involved", "ISSA Members involved", "ISSA Members involved in PLAs of {year}", "Members",
        "Different Members that are host, co-host or contributor of a PLA supported, or of which at least one person was "
        "present in a PLA in the year. The membership must hold on that day. A sign-up alone does not count, nor does the "
        "Secretariat; affiliate Members do.",
        _members(involved),
        label_of_one="ISSA Member involved",
    ),
    Definition(
        "organising_members", "organising Members", "Members that organized PLAs of {year}", "Members",
        "Different Members that are host or co-host of a PLA supported.",
        _organising_count,
    ),
    Definition(
        "participating_members", "participating Members", "Members that took part in PLAs in {year}", "Members",
        "Different Members of which at least one person was present in a PLA in the year. They may be organising Members "
        "too, so the two do not add up.",
        _participating_count,
    ),
    Definition(
        "countries_of_members_involved", "countries", "Countries of the Members involved in {year}", "countries",
        "Different countries in which the Members involved have their seat: not venues, and not the countries of people.",
        _countries_count,
        label_of_one="country",
    ),
    Definition(
        "network_members", "organizations", "Member organizations of the network in {year}", "organizations",
        "Organizations with a membership on 31 December, or on the as-of date if that is earlier.",
        _network_count,
    ),
    Definition(
        "network_countries", "countries of the network", "Countries of the network in {year}", "countries",
        "Different countries in which these organizations have their seat.",
        _network_countries,
    ),
)  # fmt: skip
