"""Reading all facts of a year: a fixed number of queries, however many activities there are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.attendance.models import Evidence, Presence
from ecwi_events.kernel.dates import zone_info
from ecwi_events.kernel.db import db
from ecwi_events.overview.facts import (
    ActivityFact,
    ComponentFact,
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
from ecwi_events.overview.models import DeclaredFigure, EditionText
from ecwi_events.overview.unnamed import unnamed, unnamed_figures
from ecwi_events.people.models import Affiliation, MembershipSpell, Organisation, Person
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    Component,
    MoneyLine,
    Outcome,
    Resource,
    SessionStatus,
)
from ecwi_events.programme.rules import STRANGER
from ecwi_events.programme.rules_resources import Opened, may_open
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LASTING_BLOCKS = ("series", "publisher", "contact_email", "contact_web", "contact_address", "contact_social")
_ACTIVITY = (
    "id", "key", "slug", "kind", "status", "title", "strapline", "summary", "description", "theme", "language", "home_year",
    "display_order", "approved_on", "period_start", "period_end", "open_end", "replanned", "structure_note",
    "participants_note", "resources_heading", "records_complete", "period_wording", "structure_wording", "visibility",
)  # fmt: skip
_MONEY = ("id", "activity_id", "payer", "in_kind", "stage", "amount_minor", "currency", "rate_millionths")
_DECLARED = (
    "id", "year", "activity_id", "statistic", "label", "value", "qualifier", "basis", "additive", "source", "note",
    "as_of", "is_override",
)  # fmt: skip

_Seen = tuple[int, int | None, str | None]  # session, person, name of a visitor


def read_facts(year: int, as_of: date, *, zone: str) -> Facts:
    """Return the facts of a year.

    Args:
        year: the year of the overview.
        as_of: sessions after this day count nowhere.
        zone: the time zone in which sessions have their date.
    """
    organisations = _organisations()
    activities = unnamed(_activities(year, organisations, as_of, zone=zone))
    presences = _presences(year)
    texts, texts_before = _texts(year)
    return Facts(
        year=year,
        as_of=as_of,
        activities=tuple(activities),
        organisations=tuple(organisations.values()),
        presences=tuple(presences.values()),
        people=tuple(_people()),
        registrations=_registrations(),
        money=tuple(MoneyFact(**row) for row in _rows(MoneyLine, _MONEY, MoneyLine.id)),
        declared=unnamed_figures(_declared(year), activities),
        minutes=_minutes(presences),
        texts=texts,
        texts_before=texts_before,
    )


def _rows(table: Any, columns: Iterable[str], *order: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a mapped class
    statement = sa.select(*(getattr(table, name) for name in columns)).order_by(*order)
    return [dict(row._mapping) for row in db.session.execute(statement)]  # noqa: SLF001 - SQLAlchemy's public name


def _declared(year: int) -> list[DeclaredFact]:
    rows = _rows(DeclaredFigure, _DECLARED, DeclaredFigure.position, DeclaredFigure.id)
    return [DeclaredFact(**row) for row in rows if row["year"] <= year]


def _organisations() -> dict[int, OrganisationFact]:
    spells: dict[int, list[Spell]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(MembershipSpell.organisation_id, MembershipSpell.from_on, MembershipSpell.to_on).order_by(
            MembershipSpell.id
        )
    ):
        spells[row.organisation_id].append(Spell(row.from_on, row.to_on))
    return {
        row["id"]: OrganisationFact(**row, spells=tuple(spells[row["id"]]))
        for row in _rows(Organisation, ("id", "key", "name", "kind", "country"), Organisation.id)
    }


def _activities(year: int, organisations: dict[int, OrganisationFact], as_of: date, *, zone: str) -> list[ActivityFact]:
    roles: dict[int, list[RoleFact]] = defaultdict(list)
    for role in _parts(ActivityOrganisation, "role", "organisation_id"):
        roles[role["activity_id"]].append(RoleFact(role["role"], organisations[role["organisation_id"]]))
    components: dict[int, list[ComponentFact]] = defaultdict(list)
    for part in _parts(Component, "format", "count", "minutes_each", "destination"):
        components[part.pop("activity_id")].append(ComponentFact(**part))
    outcomes: dict[int, list[tuple[Any, str]]] = defaultdict(list)
    for outcome in _parts(Outcome, "kind", "text"):
        outcomes[outcome["activity_id"]].append((outcome["kind"], outcome["text"]))
    resources = _resources(as_of, zone)
    sessions = _sessions(zone)
    return [
        ActivityFact(
            **row,
            roles=tuple(roles[row["id"]]),
            sessions=tuple(sessions[row["id"]]),
            components=tuple(components[row["id"]]),
            outcomes=tuple(outcomes[row["id"]]),
            resources=tuple(resources[row["id"]]),
        )
        for row in _rows(Activity, _ACTIVITY, Activity.id)
        if row["home_year"] <= year or any(session.day.year == year for session in sessions[row["id"]])
    ]


def _parts(table: Any, *columns: str) -> list[dict[str, Any]]:  # noqa: ANN401 - a mapped class
    return _rows(table, ("activity_id", *columns), table.activity_id, table.position, table.id)


def _resources(as_of: date, zone: str) -> dict[int, list[tuple[str, str | None]]]:
    """Return what a stranger could open as the as-of day began: a publication can take nothing back."""
    began = datetime.combine(as_of, time(), zone_info(zone))
    found: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for row in _parts(Resource, "title", "url", "audience", "available_at"):
        opened = Opened(row["activity_id"], (), row["audience"], row["available_at"])
        if may_open(opened, STRANGER, now=began):
            found[row["activity_id"]].append((row["title"], row["url"]))
    return found


def _sessions(zone: str) -> dict[int, list[SessionFact]]:
    info = zone_info(zone)
    found: dict[int, list[SessionFact]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            ActivitySession.id, ActivitySession.activity_id, ActivitySession.title, ActivitySession.format,
            ActivitySession.duration_minutes, ActivitySession.language, ActivitySession.starts_at,
        )
        .where(ActivitySession.status != SessionStatus.CANCELLED)
        .order_by(ActivitySession.starts_at, ActivitySession.id)
    ):  # fmt: skip
        day = row.starts_at.astimezone(info).date()
        found[row.activity_id].append(
            SessionFact(row.id, row.activity_id, row.title, row.format, row.duration_minutes, row.language, day)
        )
    return found


def _presences(year: int) -> dict[_Seen, PresenceFact]:
    """Return the verdicts by session and whom they are about."""
    rows = db.session.execute(
        sa.select(Presence.id, Presence.session_id, Presence.verdict, Presence.person_id, Presence.visitor_name)
        .join(ActivitySession, ActivitySession.id == Presence.session_id)
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(_may_count(year), ActivitySession.status != SessionStatus.CANCELLED)
        .order_by(Presence.id)
    )
    return {
        (session_id, person_id, visitor): PresenceFact(presence_id, session_id, verdict, person_id)
        for presence_id, session_id, verdict, person_id, visitor in rows
    }


def _may_count(year: int) -> sa.ColumnElement[bool]:
    """Activities of a later home count by the sessions that they have in this year; a day more, for the zones."""
    begun = datetime.combine(date(year + 1, 1, 2), time(), UTC)
    return sa.or_(Activity.home_year <= year, ActivitySession.starts_at < begun)


def _people() -> list[PersonFact]:
    """Return everybody who was seen, with where they worked before."""
    seen = sa.select(Presence.person_id).where(Presence.person_id.is_not(None))
    rows = db.session.execute(
        sa.select(
            Person.id, Person.organisation_id, Person.country, Affiliation.organisation_id, Affiliation.from_on,
            Affiliation.to_on,
        )
        .outerjoin(Affiliation, Affiliation.person_id == Person.id)
        .where(Person.id.in_(seen))
        .order_by(Person.id, Affiliation.to_on, Affiliation.id)
    )  # fmt: skip
    people: dict[int, PersonFact] = {}
    for person_id, organisation_id, country, earlier_id, from_on, to_on in rows:
        person = people.get(person_id) or PersonFact(person_id, organisation_id, country)
        if to_on is not None:
            person = replace(person, before=(*person.before, (earlier_id, from_on, to_on)))
        people[person_id] = person
    return list(people.values())


def _registrations() -> dict[int, int]:
    rows = db.session.execute(
        # Who has places in three sessions of a series is one person who signed up.
        sa.select(Registration.activity_id, sa.func.count(Registration.person_id.distinct()).label("confirmed"))
        .where(Registration.place == Place.CONFIRMED)
        .group_by(Registration.activity_id)
    )
    return {row.activity_id: row.confirmed for row in rows}


def _minutes(presences: dict[_Seen, PresenceFact]) -> dict[int, int]:
    """Return how long somebody was in a session, by the id of the presence, where the evidence has times."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(
            Evidence.session_id, Evidence.person_id, Evidence.visitor_name, Evidence.joined_at, Evidence.left_at,
            ActivitySession.starts_at, ActivitySession.ends_at,
        )
        .join(ActivitySession, ActivitySession.id == Evidence.session_id)
        .where(Evidence.joined_at.is_not(None), Evidence.left_at.is_not(None))
        .order_by(Evidence.id)
    )  # fmt: skip
    for row in rows:
        visitor = None if row.person_id else row.visitor_name
        presence = presences.get((row.session_id, row.person_id, visitor))
        if presence:
            spans[presence.id].append((max(row.joined_at, row.starts_at), min(row.left_at, row.ends_at)))
    return {presence_id: together(intervals) for presence_id, intervals in spans.items()}


def together(intervals: Sequence[tuple[datetime, datetime]]) -> int:
    """Return the minutes that intervals cover, overlaps counted once."""
    seconds = 0.0
    reached: datetime | None = None
    for start, end in sorted(intervals):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            seconds += (end - begin).total_seconds()
            reached = end
    return round(seconds / 60)


def _texts(year: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of the year and of the year before; what lasts (how to reach us) is taken from earlier years."""
    lasting: dict[str, str] = {}
    by_year: dict[int, dict[str, str]] = defaultdict(dict)
    rows = db.session.execute(
        sa.select(EditionText.year, EditionText.block, EditionText.text)
        .where(EditionText.year <= year, sa.or_(EditionText.year >= year - 1, EditionText.block.in_(LASTING_BLOCKS)))
        .order_by(EditionText.year)
    )
    for row in rows:
        by_year[row.year][row.block] = row.text
        if row.block in LASTING_BLOCKS:
            lasting[row.block] = row.text
    return lasting | by_year[year], by_year[year - 1]
