"""Facts made by hand, with telling defaults."""

from dataclasses import replace
from datetime import date
from itertools import count

from ecwi_events.attendance.models import Verdict
from ecwi_events.overview.facts import (
    ActivityFact,
    DeclaredFact,
    Facts,
    MoneyFact,
    OrganisationFact,
    PersonFact,
    PresenceFact,
    RoleFact,
    SessionFact,
    Spell,
)
from ecwi_events.overview.models import Additive, Basis, Qualifier
from ecwi_events.overview.statistics import DEFINITIONS, conclude
from ecwi_events.people.models import OrganisationKind
from ecwi_events.programme.models import ActivityKind, ActivityStatus, Format, MoneyStage, OrganisationRole, Payer

_ids = count(1)
ALWAYS = (Spell(None, None),)


def body(name="A body", *, country="SI", spells=ALWAYS, kind=OrganisationKind.BODY):
    number = next(_ids)
    return OrganisationFact(number, f"key-{number}", name, kind, country, spells)


def session(day, activity_id=0):
    return SessionFact(next(_ids), activity_id, "A session", Format.ONLINE_SESSION, 90, "en", date.fromisoformat(day))


def activity(host=None, *days, co_hosts=(), contributors=(), **values):
    number = next(_ids)
    roles = [(OrganisationRole.HOST, host)] if host else []
    roles += [(OrganisationRole.CO_HOST, other) for other in co_hosts]
    roles += [(OrganisationRole.CONTRIBUTOR, other) for other in contributors]
    plain = ActivityFact(
        id=number, key=f"a-{number}", slug=f"a-{number}", kind=ActivityKind.PLA, status=ActivityStatus.RUNNING,
        title=f"Activity {number}", strapline=None, summary=None, description=None, theme=None, language="en",
        home_year=2024, display_order=0, approved_on=date(2024, 1, 15), period_start=None, period_end=None, open_end=False,
        replanned=None, structure_note=None, participants_note=None, resources_heading=None, records_complete=True,
        roles=tuple(RoleFact(role, organisation) for role, organisation in roles),
        sessions=tuple(session(day, number) for day in days),
    )  # fmt: skip
    return replace(plain, **values)


def person(organisation=None):
    return PersonFact(next(_ids), organisation.id if organisation else None, None)


def presence(at, who, verdict=Verdict.PRESENT):
    return PresenceFact(next(_ids), at.id, verdict, who.id if who else None)


def declared(statistic, value, **values):
    plain = DeclaredFact(
        id=next(_ids), year=2024, activity_id=None, statistic=statistic, label="", value=value, qualifier=Qualifier.EXACT,
        basis=Basis.UNSPECIFIED, additive=Additive.UNKNOWN, source="a report", note=None, as_of=None, is_override=False,
    )  # fmt: skip
    return replace(plain, **values)


def money(activity_id, amount, payer=Payer.MEMBERS, stage=MoneyStage.ACTUAL, **values):
    return replace(MoneyFact(next(_ids), activity_id, payer, False, stage, amount, "EUR"), **values)


def facts(*activities, year=2024, as_of=date(2025, 6, 30), **values):
    organisations = {role.organisation.id: role.organisation for row in activities for role in row.roles}
    extra = {organisation.id: organisation for organisation in values.pop("organisations", ())}
    return Facts(
        year=year,
        as_of=as_of,
        activities=tuple(activities),
        organisations=tuple((organisations | extra).values()),
        **values,
    )


def figures(some_facts):
    """The concluded figures by id."""
    concluded = {definition.id: conclude(definition, some_facts) for definition in DEFINITIONS}
    return {name: figure for name, figure in concluded.items() if figure}


def value(some_facts, name):
    """The printed value of a figure, or None."""
    figure = figures(some_facts).get(name)
    return figure.value if figure else None


def printed(some_facts, name):
    """The wording of a figure, or None."""
    figure = figures(some_facts).get(name)
    return figure.printed if figure else None
