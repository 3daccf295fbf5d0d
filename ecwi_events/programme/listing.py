"""The public lists: what comes and what was, with filters, page by page.

The database counts the sessions of each activity; only those that a page shows are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation
from ecwi_events.programme import session_rules
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    OrganisationRole,
    Resource,
    SessionStatus,
)
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.queries import held_in, listed_for
from ecwi_events.programme.rules import STRANGER, Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ON_A_PAGE = 24
_OFF = (ActivityStatus.CANCELLED, ActivityStatus.COMPLETED)


@dataclass(frozen=True)
class Filters:
    """What somebody looks for; ``month`` is its first instant and the first one after it, in the reader's zone."""

    kind: str = ""
    theme: str = ""
    language: str = ""
    country: str = ""
    month: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Next:
    """The session of an activity that is on or comes next."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    place: str | None


@dataclass(frozen=True)
class Teaser:
    """An activity in a public list."""

    id: int
    slug: str
    kind: str
    status: str
    visibility: str
    title: str
    strapline: str | None
    summary: str | None
    theme: str | None
    language: str
    host: str | None
    country: str | None
    sessions: int
    next: Next | None
    last_end: datetime | None
    resources: int = 0
    recordings: int = 0


@dataclass(frozen=True)
class Listed:
    """One page of a list."""

    cards: tuple[Teaser, ...]
    has_more: bool


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: codes of languages and countries, and until when there are sessions."""

    languages: tuple[str, ...]
    countries: tuple[str, ...]
    until: datetime | None


def coming(
    filters: Filters | None = None,
    *,
    page: int = 1,
    on_a_page: int = ON_A_PAGE,
    viewer: Viewer = STRANGER,
    now: datetime,
) -> Listed:
    """Return the listed activities that have a session to come, the next one first, and at last those without an end."""
    held = _held(now)
    order = (sa.func.coalesce(held.c.next_at, now.replace(year=9999)), Activity.id)
    rows = _rows(held, [*_coming(held, viewer, now=now), *_chosen(filters)], order, page=page, on_a_page=on_a_page)
    return _listed(rows, on_a_page, now=now)


def over(
    filters: Filters | None = None,
    *,
    page: int = 1,
    on_a_page: int = ON_A_PAGE,
    viewer: Viewer = STRANGER,
    now: datetime,
) -> Listed:
    """Return listed activities that are over, the latest first, with the number of public resources and recordings."""
    held = _held(now)
    still_to_come = sa.and_(Activity.open_end, held.c.last_end.is_(None), Activity.status != ActivityStatus.COMPLETED)
    conditions = [
        listed_for(viewer),
        Activity.status != ActivityStatus.CANCELLED,
        sa.or_(held.c.last_end <= now, held.c.last_end.is_(None), Activity.status == ActivityStatus.COMPLETED),
        sa.not_(still_to_come),
    ]
    latest = sa.func.coalesce(Activity.period_end, Activity.period_start)
    order = (sa.nulls_last(sa.desc(latest)), Activity.id)  # said aloud: the engines would differ
    rows = _rows(held, [*conditions, *_chosen(filters)], order, page=page, on_a_page=on_a_page)
    return _listed(rows, on_a_page, now=now, with_resources=True)


def choices(*, viewer: Viewer = STRANGER, now: datetime) -> Choices:
    """Return what the filters of the programme can offer: only what there is."""
    held = _held(now)
    rows = db.session.execute(
        _with_host(
            sa.select(
                Activity.language, Activity.languages, Activity.interpretation, Organisation.country,
                sa.func.max(held.c.last_end).label("until"),
            )
        )
        .outerjoin(held, held.c.activity_id == Activity.id)
        .where(listed_for(viewer))
        .group_by(Activity.language, Activity.languages, Activity.interpretation, Organisation.country)
    ).all()  # fmt: skip
    languages = {code for row in rows for code in (row.language, *row.languages, *row.interpretation)}
    return Choices(
        tuple(languages),
        tuple({row.country for row in rows if row.country}),
        max((row.until for row in rows if row.until), default=None),
    )


def _coming(held: sa.Subquery, viewer: Viewer, *, now: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        listed_for(viewer),
        Activity.status.not_in(_OFF),
        sa.or_(held.c.last_end > now, sa.and_(Activity.open_end, held.c.last_end.is_(None))),
    ]


def _chosen(filters: Filters | None) -> list[sa.ColumnElement[bool]]:
    if filters is None:
        return []
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.kind:
        conditions.append(Activity.kind == filters.kind)
    if filters.theme:
        conditions.append(Activity.theme == filters.theme)
    if filters.country:
        conditions.append(Organisation.country == filters.country)
    if filters.language:
        conditions.append(held_in(filters.language))
    if filters.month:
        since, until = filters.month
        conditions.append(
            sa.exists().where(
                ActivitySession.activity_id == Activity.id, ActivitySession.status == SessionStatus.PLANNED,
                ActivitySession.starts_at >= since, ActivitySession.starts_at < until,
            )
        )  # fmt: skip
    return conditions


def _held(now: datetime) -> sa.Subquery:
    """What the sessions of each activity amount to, without reading them one by one."""
    to_come = sa.case((ActivitySession.ends_at > now, ActivitySession.starts_at))
    return (
        sa.select(
            ActivitySession.activity_id,
            sa.func.count().label("sessions"),
            sa.func.max(ActivitySession.ends_at).label("last_end"),
            sa.func.min(to_come).label("next_at"),
        )
        .where(ActivitySession.status == SessionStatus.PLANNED)
        .group_by(ActivitySession.activity_id)
        .subquery()
    )


def _with_host(statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    is_host = sa.and_(
        ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST
    )
    return (
        statement.select_from(Activity)
        .outerjoin(ActivityOrganisation, is_host)
        .outerjoin(Organisation, Organisation.id == ActivityOrganisation.organisation_id)
    )


def _rows(
    held: sa.Subquery, conditions: Sequence[sa.ColumnElement[bool]], order: Sequence[Any], *, page: int, on_a_page: int
) -> Sequence[sa.Row[Any]]:
    statement = sa.select(
        Activity.id, Activity.slug, Activity.kind, Activity.status, Activity.visibility, Activity.title,
        Activity.strapline, Activity.summary, Activity.theme, Activity.language, Organisation.name.label("host"),
        Organisation.country, held.c.sessions, held.c.last_end, held.c.next_at,
    )  # fmt: skip
    return db.session.execute(
        _with_host(statement)
        .outerjoin(held, held.c.activity_id == Activity.id)
        .where(*conditions)
        .order_by(*order)
        .offset((page - 1) * on_a_page)
        .limit(on_a_page + 1)
    ).all()


def _listed(rows: Sequence[sa.Row[Any]], on_a_page: int, *, now: datetime, with_resources: bool = False) -> Listed:
    shown = rows[:on_a_page]
    nexts = _nexts({row.id: row.next_at for row in shown if row.next_at})
    kinds = _resources([row.id for row in shown], now=now) if with_resources else {}
    return Listed(tuple(_teaser(row, nexts.get(row.id), kinds.get(row.id, {})) for row in shown), len(rows) > on_a_page)


def _teaser(row: sa.Row[Any], next_: Next | None, kinds: dict[ResourceKind, int]) -> Teaser:
    return Teaser(
        id=row.id,
        slug=row.slug,
        kind=row.kind.value,
        status=row.status.value,
        visibility=row.visibility.value,
        title=row.title,
        strapline=row.strapline,
        summary=row.summary,
        theme=row.theme.value if row.theme else None,
        language=row.language,
        host=row.host,
        country=row.country,
        sessions=row.sessions or 0,
        next=next_,
        last_end=row.last_end,
        resources=sum(kinds.values()),
        recordings=kinds.get(ResourceKind.RECORDING, 0),
    )


def _nexts(starts: dict[int, datetime]) -> dict[int, Next]:
    if not starts:
        return {}
    rows = db.session.execute(
        sa.select(
            ActivitySession.activity_id, ActivitySession.starts_at, ActivitySession.ends_at, ActivitySession.zone,
            ActivitySession.place,
        ).where(
            ActivitySession.activity_id.in_(list(starts)), ActivitySession.starts_at.in_(set(starts.values())),
            ActivitySession.status == SessionStatus.PLANNED,
        )
    )  # fmt: skip
    return {
        row.activity_id: Next(row.starts_at, row.ends_at, row.zone, session_rules.shown_place(row.place))
        for row in rows
        if row.starts_at == starts[row.activity_id]
    }


def _resources(activity_ids: Sequence[int], *, now: datetime) -> dict[int, dict[ResourceKind, int]]:
    """Count the resources that everybody may open, by activity and kind."""
    if not activity_ids:
        return {}
    is_open = sa.or_(Resource.available_at.is_(None), Resource.available_at <= now)
    rows = db.session.execute(
        sa.select(Resource.activity_id, Resource.kind, sa.func.count())
        .where(Resource.activity_id.in_(activity_ids), Resource.audience == Audience.EVERYONE, is_open)
        .group_by(Resource.activity_id, Resource.kind)
    )
    found: dict[int, dict[ResourceKind, int]] = {}
    for activity_id, kind, count in rows:
        found.setdefault(activity_id, {})[kind] = count
    return found
