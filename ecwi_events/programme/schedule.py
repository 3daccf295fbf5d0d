"""Reads for whoever plans sessions: the lines that follow from them, and what the same hosts do at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme import wording
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    Component,
    ComponentKind,
    Format,
    OrganisationRole,
    SessionStatus,
)
from ecwi_events.programme.series import Meeting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

MOST_OTHERS = 200
_HOSTING = (OrganisationRole.HOST, OrganisationRole.CO_HOST)
_OFF = (ActivityStatus.CANCELLED, ActivityStatus.POSTPONED)


@dataclass(frozen=True)
class ComponentView:
    """A component as it is kept."""

    kind: ComponentKind
    count: int | None
    minutes_each: int | None
    destination: str | None
    is_planned_only: bool

    @property
    def part(self) -> wording.Part:
        """What the wording needs of it."""
        return wording.Part(self.kind, self.count, self.minutes_each, self.destination)


@dataclass(frozen=True)
class Plan:
    """What the lines of an activity are made of, and the own wordings that stand instead of them."""

    activity_id: int
    status: ActivityStatus
    period_start: date | None
    period_end: date | None
    open_end: bool
    period_wording: str | None
    structure_wording: str | None
    structure_note: str | None
    participants_note: str | None
    cities: tuple[str, ...]
    revision: int
    records_complete: bool
    components: tuple[ComponentView, ...]
    sessions: tuple[tuple[Format, int], ...]  # of those that take place: format and minutes

    @property
    def takes_period(self) -> bool:
        """Tell whether the period is typed, because no sessions say it."""
        return not (self.records_complete and self.sessions)

    @property
    def made_period(self) -> str:
        """The line of the period as it is made, whatever wording stands instead of it."""
        return wording.period_line(self.status, self.period_start, self.period_end, open_end=self.open_end)

    @property
    def made_structure(self) -> str:
        """The line of the structure as it is made."""
        parts = wording.parts_of([component.part for component in self.components], self.sessions)
        return wording.structure_line(parts, self.structure_note)

    @property
    def faults(self) -> list[str]:
        """What does not fit together, as sentences: own wordings and components against the sessions."""
        parts = wording.parts_of([component.part for component in self.components], self.sessions)
        said = wording.component_faults([component.part for component in self.components], self.sessions)
        own = wording.structure_faults(self.structure_wording or "", parts)
        period = wording.own_period_faults(self.period_wording or "", self.period_start, self.period_end)
        fault = wording.period_fault(self.status, self.period_start, self.period_end, open_end=self.open_end)
        return [*([fault] if fault else []), *period, *said, *own]


def find_plan(activity_id: int) -> Plan | None:
    """Return what the lines of an activity are made of, or None if there is no such activity."""
    row = db.session.execute(
        sa.select(
            Activity.status, Activity.period_start, Activity.period_end, Activity.open_end, Activity.period_wording,
            Activity.structure_wording, Activity.structure_note, Activity.participants_note, Activity.shown_zones,
            Activity.revision, Activity.records_complete,
        ).where(Activity.id == activity_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    facts = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    cities = tuple(filter(None, (facts.pop("shown_zones") or "").split(",")))
    sessions = _held(activity_id)
    return Plan(activity_id, **facts, cities=cities, components=_components(activity_id), sessions=sessions)


def meetings_of_same_host(
    activity_id: int | None, organisation_ids: Sequence[int], *, since: datetime, until: datetime
) -> list[Meeting]:
    """Return the sessions of other activities of these hosts within a span of time, the first ones of very many."""
    mine = sa.select(ActivityOrganisation.activity_id).where(
        ActivityOrganisation.organisation_id.in_(organisation_ids), ActivityOrganisation.role.in_(_HOSTING)
    )
    rows = db.session.execute(
        sa.select(
            ActivitySession.title, ActivitySession.starts_at, ActivitySession.ends_at, ActivitySession.zone,
            Activity.title.label("activity"),
        )
        .join(Activity, Activity.id == ActivitySession.activity_id)
        .where(
            ActivitySession.starts_at < until, ActivitySession.ends_at > since,
            ActivitySession.status == SessionStatus.PLANNED,
            ActivitySession.activity_id.in_(mine), ActivitySession.activity_id != (activity_id or 0),
            Activity.status.not_in(_OFF),
        )
        .order_by(ActivitySession.starts_at)
        .limit(MOST_OTHERS)
    ).all()  # fmt: skip
    return [Meeting(row.title, row.starts_at, row.ends_at, row.zone, row.activity) for row in rows]


def _components(activity_id: int) -> tuple[ComponentView, ...]:
    rows = db.session.execute(
        sa.select(
            Component.format, Component.count, Component.minutes_each, Component.destination, Component.is_planned_only
        )
        .where(Component.activity_id == activity_id)
        .order_by(Component.position, Component.id)
    )
    return tuple(ComponentView(*row) for row in rows)


def _held(activity_id: int) -> tuple[tuple[Format, int], ...]:
    rows = db.session.execute(
        sa.select(ActivitySession.format, ActivitySession.duration_minutes)
        .where(ActivitySession.activity_id == activity_id, ActivitySession.status == SessionStatus.PLANNED)
        .order_by(ActivitySession.starts_at)
    )
    return tuple((row.format, row.duration_minutes) for row in rows)
