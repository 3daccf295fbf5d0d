"""Reading the completeness board: a fixed number of queries, however many activities and sessions there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.attendance import settled
from ecwi_events.kernel.dates import zone_info
from ecwi_events.kernel.db import db
from ecwi_events.overview import board_visits, completeness
from ecwi_events.overview.completeness import ActivityState, Gap, HeldSession, Owner
from ecwi_events.overview.models import DeclaredFigure
from ecwi_events.overview.models_asking import Answer, Question, SentIn, SentKind
from ecwi_events.overview.sent_in import Accepted, Item, Waiting, accepted_of_year, sent_in, waiting_of_year
from ecwi_events.overview.statistics.people import PARTICIPANTS
from ecwi_events.people.models import Organisation, Role, RoleGrant
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    Component,
    MoneyLine,
    MoneyStage,
    OrganisationRole,
    Outcome,
    Resource,
    SessionStatus,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

_COUNTED = ("achieved", "planned", "resources", "money", "sent_outcomes", "sent_links")
NOT_PRINTED = (ActivityStatus.DRAFT, ActivityStatus.CANCELLED)


@dataclass(frozen=True)
class Note:
    """What a host wrote to the office."""

    text: str | None
    outcomes: int
    resources: int
    at: datetime
    items: tuple[Item, ...] = ()  # what became a record at once, in former releases, and is still there


@dataclass(frozen=True)
class Line:
    """One activity with what it lacks."""

    state: ActivityState
    gaps: tuple[Gap, ...]
    notes: tuple[Note, ...] = ()
    waiting: tuple[Waiting, ...] = ()  # what came in and nobody has looked at
    accepted: tuple[Accepted, ...] = ()  # what came in, was accepted, and can be taken out again
    sendable: frozenset[str] = frozenset()  # what its host may add through the link

    @property
    def owed_by_host(self) -> list[Gap]:
        """What the host owes."""
        return [gap for gap in self.gaps if gap.owner is Owner.HOST]


@dataclass(frozen=True)
class HostLines:
    """All activities of one host organisation; ``id`` is None for those without a host."""

    id: int | None
    name: str | None
    people: int
    asked_at: datetime | None
    lines: tuple[Line, ...]

    @property
    def owes(self) -> bool:
        """Tell whether the host owes anything, so that it can be asked."""
        return any(line.owed_by_host for line in self.lines)


def board(year: int, *, zone: str, now: datetime, host_id: int | None = None) -> list[HostLines]:
    """Return what the activities of a year lack for its overview, by host; with a ``host_id`` those of this host alone.

    After those whose home is the year come those of other years that have sessions in it, with what its figures need.

    Args:
        year: of the overview.
        zone: in which sessions have their date.
        now: the door's instant.
        host_id: of one organisation.
    """
    states = _states(year, zone=zone, now=now, host_id=host_id)
    states += board_visits.states(year, zone=zone, now=now, host_id=host_id)
    today = now.astimezone(zone_info(zone)).date()
    notes, wait, taken = _notes(year), waiting_of_year(year), accepted_of_year(year)
    by_host: dict[tuple[int | None, str | None], list[Line]] = defaultdict(list)
    for state in states:
        gaps, sendable = completeness.gaps(state, today=today), completeness.sendable(state, today=today)
        came = (wait.get(state.id, ()), taken.get(state.id, ()))
        line = Line(state, tuple(gaps), tuple(notes[state.id]), *came, sendable)
        by_host[state.host_id, state.host].append(line)
    asked, people = _asked(year), _host_people()
    found = [
        HostLines(key[0], key[1], people[key[0]], asked.get(key[0] or 0), tuple(lines))
        for key, lines in by_host.items()
    ]
    return sorted(found, key=lambda host: (host.name is not None, (host.name or "").casefold()))


def _states(year: int, *, zone: str, now: datetime, host_id: int | None) -> list[ActivityState]:
    rows = _activities(year, host_id)
    sessions = _sessions(year, host_id)
    over = {row.id: row.activity_id for rows_of in sessions.values() for row in rows_of if row.ends_at <= now}
    marked = settled.marked_and_expected(Activity.home_year == year, over)
    tallies, info = _tallies(year), zone_info(zone)
    return [_state(row, sessions[row.id], marked, tallies, info=info) for row in rows]


def _state(
    row: Any,  # noqa: ANN401 - a row of an activity
    sessions: Sequence[Any],
    marked: dict[int, tuple[int, int]],
    tallies: Counter[tuple[str, int]],
    *,
    info: Any,  # noqa: ANN401 - a time zone
) -> ActivityState:
    ends = [session.ends_at.astimezone(info).date() for session in sessions]
    count = {name: tallies[name, row.id] for name in _COUNTED}
    return ActivityState(
        id=row.id,
        title=row.title,
        kind=row.kind,
        status=row.status,
        host_id=row.host_id,
        host=row.host,
        known_since=row.approved_on or row.created_at.date(),
        last_day=max(ends, default=None) or _end_of(row.period_end),
        has_period=row.period_start is not None,
        has_sessions=bool(sessions),
        has_structure=bool(tallies["components", row.id] or row.structure_note or row.structure_wording),
        is_recorded=row.records_complete,
        has_number=bool(tallies["declared", row.id] or row.participants_note),
        is_answered=row.is_answered,
        strapline=row.strapline,
        text=row.description or row.summary,
        replanned=row.replanned,
        says_no_resources=row.no_resources_at is not None,
        held=tuple(
            HeldSession(session.ends_at.astimezone(info).date(), *marked[session.id])
            for session in sessions
            if session.id in marked
        ),
        **count,
    )


def _end_of(month: date | None) -> date | None:
    """Return the last day on which a period that ends in this month can be going on."""
    return month.replace(day=28) if month else None


def _activities(year: int, host_id: int | None) -> Sequence[Any]:
    host = sa.and_(ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST)
    statement = (
        sa.select(
            Activity.id, Activity.title, Activity.kind, Activity.status, Activity.approved_on, Activity.created_at,
            Activity.period_start, Activity.period_end, Activity.strapline, Activity.summary, Activity.description,
            Activity.structure_note, Activity.structure_wording, Activity.participants_note, Activity.records_complete,
            Activity.replanned, Activity.no_resources_at, Organisation.id.label("host_id"), Organisation.name.label("host"),
            sa.exists().where(Answer.activity_id == Activity.id).label("is_answered"),
        )
        .outerjoin(ActivityOrganisation, host)
        .outerjoin(Organisation, Organisation.id == ActivityOrganisation.organisation_id)
        .where(Activity.home_year == year, Activity.status.not_in(NOT_PRINTED))
        .order_by(Activity.display_order, Activity.id)
    )  # fmt: skip
    return db.session.execute(statement if host_id is None else statement.where(Organisation.id == host_id)).all()


def _sessions(year: int, host_id: int | None) -> defaultdict[int, list[Any]]:
    statement = (
        sa.select(ActivitySession.id, ActivitySession.activity_id, ActivitySession.ends_at)
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(
            Activity.home_year == year,
            Activity.status.not_in(NOT_PRINTED),
            ActivitySession.status == SessionStatus.PLANNED,
        )
    )
    if host_id is not None:
        statement = statement.join(ActivityOrganisation, ActivityOrganisation.activity_id == Activity.id).where(
            ActivityOrganisation.organisation_id == host_id, ActivityOrganisation.role == OrganisationRole.HOST
        )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(statement):
        found[row.activity_id].append(row)
    return found


def _tallies(year: int) -> Counter[tuple[str, int]]:
    """Count what hangs on each activity, all kinds in one query."""
    of_year = sa.select(Activity.id).where(Activity.home_year == year).scalar_subquery()

    def tally(name: str | sa.ColumnElement[str], table: Any, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:  # noqa: ANN401
        label = sa.literal(name) if isinstance(name, str) else name
        return (
            sa.select(label.label("name"), table.activity_id.label("activity_id"), sa.func.count().label("number"))
            .where(table.activity_id.in_(of_year), *conditions)
            .group_by(label, table.activity_id)
        )

    statement = sa.union_all(
        tally(sa.cast(Outcome.kind, sa.String), Outcome),
        tally("resources", Resource),
        tally("money", MoneyLine, MoneyLine.stage == MoneyStage.ACTUAL),
        tally("components", Component),
        tally("sent_outcomes", SentIn, SentIn.looked_at.is_(None), SentIn.kind == SentKind.OUTCOME),
        tally("sent_links", SentIn, SentIn.looked_at.is_(None), SentIn.kind != SentKind.OUTCOME),
        tally("declared", DeclaredFigure, DeclaredFigure.statistic == PARTICIPANTS),
    )
    return Counter({(row.name, row.activity_id): row.number for row in db.session.execute(statement)})


def _notes(year: int) -> defaultdict[int, list[Note]]:
    found: defaultdict[int, list[Note]] = defaultdict(list)
    items = sent_in(year)
    for row in db.session.execute(
        sa.select(Answer.activity_id, Answer.note, Answer.outcomes, Answer.resources, Answer.answered_at)
        .join(Question, Question.id == Answer.question_id)
        .where(Question.year == year)
        .order_by(Answer.id.desc())
    ):
        found[row.activity_id].append(Note(*row[1:], items.get((row.activity_id, row.answered_at), ())))
    return found


def _asked(year: int) -> dict[int, datetime]:
    """Return when each organisation was asked last about a year."""
    rows = db.session.execute(
        sa.select(Question.organisation_id, Question.asked_at).where(Question.year == year).order_by(Question.id)
    )
    return {row.organisation_id: row.asked_at for row in rows}


def _host_people() -> Counter[int | None]:
    rows = db.session.execute(
        sa.select(RoleGrant.organisation_id, sa.func.count(RoleGrant.person_id.distinct()))
        .where(RoleGrant.role == Role.HOST)
        .group_by(RoleGrant.organisation_id)
    )
    return Counter({row[0]: row[1] for row in rows})
