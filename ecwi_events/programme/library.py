"""Reads of resources: those of one activity that somebody may open, and the library of all public ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import clean_line, fold
from ecwi_events.programme import files
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    OrganisationRole,
    Resource,
)
from ecwi_events.programme.models_files import Audience
from ecwi_events.programme.queries import FOR_EVERYBODY, WANTED
from ecwi_events.programme.rules import STRANGER, Seen, Viewer, may_see
from ecwi_events.programme.rules_resources import Opened, may_open

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ecwi_events.programme.files import Kept
    from ecwi_events.programme.queries import ActivityPage

_COLUMNS = (
    Resource.id, Resource.activity_id, Resource.kind, Resource.title, Resource.url, Resource.file_id, Resource.file_name,
    Resource.language, Resource.country, Resource.theme, Resource.licence, Resource.audience, Resource.available_at,
    Resource.silent_since,
)  # fmt: skip
_OF_ACTIVITY = (
    sa.select(*_COLUMNS)
    .where(Resource.activity_id == sa.bindparam("activity"))
    .order_by(Resource.position, Resource.id)
)  # fmt: skip
_L = sa.inspect(Resource).local_table
RESOURCES_PART = (
    sa.select(*(_L.c[column.key] for column in _COLUMNS))
    .where(_L.c.activity_id == WANTED.c.id)
    .order_by(_L.c.position, _L.c.id)
)


@dataclass(frozen=True)
class ResourceView:
    """A resource in a list; ``is_file`` ones are opened by their id, the others by their address, if they have one."""

    id: int
    activity_id: int
    kind: str
    title: str
    url: str | None
    is_file: bool
    language: str | None
    country: str | None
    theme: str | None
    licence: str | None
    is_silent: bool
    activity_title: str = ""
    activity_slug: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the library; empty means all."""

    words: str = ""
    theme: str = ""
    country: str = ""
    language: str = ""
    kind: str = ""


EVERYTHING = Wanted()


def of_activity(page: ActivityPage, viewer: Callable[[], Viewer], *, now: datetime) -> list[ResourceView]:
    """Return the resources of an activity that somebody may open who may see the activity.

    Who it is is asked only if there is one that not everybody may open.
    """
    return openable(db.session.execute(_OF_ACTIVITY, {"activity": page.id}).all(), page, viewer, now=now)


def openable(
    rows: Sequence[Any], page: ActivityPage, viewer: Callable[[], Viewer], *, now: datetime
) -> list[ResourceView]:
    """Return those of an activity's resources that somebody may open, from their rows."""
    open_to_all = [may_open(_opened(row, page.host_ids), STRANGER, now=now) for row in rows]
    who = STRANGER if all(open_to_all) else viewer()
    return [_view(row) for row in rows if may_open(_opened(row, page.host_ids), who, now=now)]


def public_resources(
    wanted: Wanted = EVERYTHING,
    *,
    now: datetime,
    limit: int,
    offset: int = 0,
) -> Sequence[ResourceView]:
    """Return a page of the resources that everybody may open, those of the latest activities first."""
    statement = (
        sa.select(
            *_COLUMNS, Activity.title.label("activity_title"), Activity.slug, Activity.home_year, _THEME.label("of")
        )
        .join(Activity, Activity.id == Resource.activity_id)
        .where(*_public(now), *_conditions(wanted))
        .order_by(Activity.home_year.desc(), Activity.id.desc(), Resource.position, Resource.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        _view(row, activity_title=row.activity_title, activity_slug=row.slug, year=row.home_year, theme=row.of)
        for row in db.session.execute(statement)
    ]


def public_choices(*, now: datetime) -> dict[str, list[str]]:
    """Return what the library can be filtered by: the themes, countries, languages and kinds that are there."""
    rows = db.session.execute(
        sa.select(_THEME, Resource.country, Resource.language, Resource.kind)
        .join(Activity, Activity.id == Resource.activity_id)
        .where(*_public(now))
        .distinct()
    ).all()
    columns = zip(("theme", "country", "language", "kind"), zip(*rows, strict=True), strict=False)
    return {name: sorted({str(value) for value in values if value}) for name, values in columns}


def find_file(resource_id: int, viewer: Viewer, *, now: datetime) -> Kept | None:
    """Return the file of a resource that somebody may open, or None; hosts and the office open those of drafts too."""
    row = db.session.execute(
        sa.select(*_COLUMNS, Activity.status, Activity.visibility, Activity.link_hash)
        .join(Activity, Activity.id == Resource.activity_id)
        .where(Resource.id == resource_id)
    ).one_or_none()
    if row is None or row.file_id is None:
        return None
    host_ids = db.session.scalars(
        sa.select(ActivityOrganisation.organisation_id).where(
            ActivityOrganisation.activity_id == row.activity_id,
            ActivityOrganisation.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)),
        )
    ).all()
    seen = Seen(row.activity_id, row.status, row.visibility, row.link_hash, host_ids)
    manages = viewer.sees_all or not viewer.host_of.isdisjoint(host_ids)
    if not (manages or may_see(seen, viewer)) or not may_open(_opened(row, host_ids), viewer, now=now):
        return None
    return files.find_kept(row.file_id, row.file_name or "file")


# A resource without a theme of its own has that of its activity.
_THEME = sa.func.coalesce(Resource.theme, Activity.theme)


def _public(now: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        FOR_EVERYBODY,
        Resource.audience == Audience.EVERYONE,
        sa.or_(Resource.available_at.is_(None), Resource.available_at <= now),
    ]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        Resource.folded.contains(word, autoescape=True) for word in fold(wanted.words).split()
    ]
    columns = {"theme": _THEME, "country": Resource.country, "language": Resource.language, "kind": Resource.kind}
    for name, column in columns.items():
        if value := getattr(wanted, name):  # compared as text: it may be anything that somebody typed in an address
            conditions.append(sa.cast(column, sa.String) == clean_line(value))
    return conditions


def _opened(row: Any, host_ids: Sequence[int]) -> Opened:  # noqa: ANN401 - a row
    return Opened(row.activity_id, host_ids, row.audience, row.available_at)


def _view(row: Any, **more: Any) -> ResourceView:  # noqa: ANN401 - a row, and what a list says besides
    facts = {
        "id": row.id, "activity_id": row.activity_id, "kind": row.kind.value, "title": row.title, "url": row.url,
        "is_file": row.file_id is not None, "language": row.language, "country": row.country,
        "theme": row.theme.value if row.theme else None, "licence": row.licence, "is_silent": row.silent_since is not None,
    }  # fmt: skip
    return ResourceView(**{**facts, **more})
