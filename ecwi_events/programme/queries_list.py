"""The office's list of activities: one statement for the rows and one for their number, however many they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation
from ecwi_events.programme import record_rules, whole
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivityOrganisation,
    ActivityStatus,
    OrganisationRole,
    Theme,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_HIDDEN = (ActivityStatus.DRAFT, ActivityStatus.APPROVED)
_HOSTS = sa.and_(ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; what is not given asks nothing."""

    year: int | None = None
    kind: ActivityKind | None = None
    status: ActivityStatus | None = None
    host_id: int | None = None
    theme: Theme | None = None
    is_incomplete: bool = False

    @property
    def is_filtered(self) -> bool:
        """Tell whether more than a year is asked for."""
        return self != Wanted(year=self.year)


@dataclass(frozen=True)
class Listed:
    """An activity in the office's list; ``missing`` names what its record lacks."""

    id: int
    title: str
    kind: str
    status: str
    visibility: str
    host: str | None
    home_year: int
    sessions: int
    missing: tuple[str, ...]


def activities(wanted: Wanted, *, limit: int, offset: int = 0) -> Sequence[Listed]:
    """Return the activities that fit: drafts first, then by year (the latest first) and by their manual order."""
    rows = db.session.execute(
        _narrowed(
            sa.select(
                Activity.id, Activity.title, Activity.kind, Activity.status, Activity.visibility, Activity.theme,
                Activity.home_year, Activity.records_complete, Organisation.name.label("host"),
                whole.SESSIONS.label("sessions"), whole.COMPONENTS.label("components"),
                whole.HAS_TEXT.label("has_text"),
            ),
            wanted,
        )
        .order_by(Activity.status.not_in(_HIDDEN), Activity.home_year.desc(), Activity.display_order, Activity.id)
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip
    return [_listed(row) for row in rows]


def number_of(wanted: Wanted) -> int:
    """Return how many activities fit."""
    return db.session.scalar(_narrowed(sa.select(sa.func.count(Activity.id)), wanted)) or 0


def hosts() -> Sequence[tuple[int, str]]:
    """Return id and name of every organisation that hosts an activity, by name."""
    rows = db.session.execute(
        sa.select(Organisation.id, Organisation.name)
        .join(ActivityOrganisation, ActivityOrganisation.organisation_id == Organisation.id)
        .where(ActivityOrganisation.role == OrganisationRole.HOST)
        .distinct()
        .order_by(Organisation.name)
    )
    return [(row.id, row.name) for row in rows]


def titles_of(activity_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of some activities, by their ids."""
    rows = db.session.execute(sa.select(Activity.id, Activity.title).where(Activity.id.in_(activity_ids))).all()
    return {row.id: row.title for row in rows}


def _narrowed(statement: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    asked = [
        Activity.home_year == wanted.year if wanted.year else None,
        Activity.kind == wanted.kind if wanted.kind else None,
        Activity.status == wanted.status if wanted.status else None,
        ActivityOrganisation.organisation_id == wanted.host_id if wanted.host_id else None,
        Activity.theme == wanted.theme if wanted.theme else None,
        whole.INCOMPLETE if wanted.is_incomplete else None,
    ]
    return (
        statement.select_from(Activity)
        .outerjoin(ActivityOrganisation, _HOSTS)
        .outerjoin(Organisation, Organisation.id == ActivityOrganisation.organisation_id)
        .where(*(condition for condition in asked if condition is not None))
    )


def _listed(row: sa.Row[Any]) -> Listed:
    facts = record_rules.RecordFacts(
        has_title=bool(row.title),
        has_host=row.host is not None,
        sessions=row.sessions,
        components=row.components,
        is_recorded=row.records_complete,
        has_theme=row.theme is not None,
        has_text=bool(row.has_text),
    )
    return Listed(
        id=row.id,
        title=row.title,
        kind=row.kind.value,
        status=row.status.value,
        visibility=row.visibility.value,
        host=row.host,
        home_year=row.home_year,
        sessions=row.sessions,
        missing=tuple(lack.value for lack in record_rules.missing_in_record(facts)),
    )
