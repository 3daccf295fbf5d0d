"""Taking activities over from a file: known by their key, so that a second import changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import slug
from ecwi_events.people.importing import Tally
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivityOrganisation,
    ActivityStatus,
    Component,
    ComponentKind,
    OrganisationRole,
    Outcome,
    OutcomeKind,
    Resource,
    StatusChange,
    Theme,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class ComponentRecord:
    """A component as a file tells it; no ``count`` means: again and again."""

    format: ComponentKind
    count: int | None = None
    minutes_each: int | None = None
    destination: str | None = None
    is_planned_only: bool = False


@dataclass(frozen=True)
class ActivityRecord:
    """An activity as a file tells it; organisations are named by their keys."""

    key: str
    kind: ActivityKind
    status: ActivityStatus
    title: str
    home_year: int
    display_order: int
    strapline: str | None = None
    description: str | None = None
    theme: Theme | None = None
    language: str = "en"
    target_region: str | None = None
    approved_on: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    open_end: bool = False
    replanned: str | None = None
    structure_note: str | None = None
    participants_note: str | None = None
    resources_heading: str | None = None
    records_complete: bool = False
    roles: tuple[tuple[OrganisationRole, str], ...] = ()
    components: tuple[ComponentRecord, ...] = ()
    outcomes: tuple[tuple[OutcomeKind, str], ...] = ()
    resources: tuple[tuple[str, str | None], ...] = ()


_PARTS = frozenset({"key", "roles", "components", "outcomes", "resources"})
_COLUMNS = tuple(field.name for field in fields(ActivityRecord) if field.name not in _PARTS)
_COMPONENT = tuple(field.name for field in fields(ComponentRecord))


def take_over_activities(
    records: Sequence[ActivityRecord], organisations: Mapping[str, int], *, reason: str, now: datetime
) -> tuple[dict[str, int], Tally]:
    """Make or update activities by their key, with their parts; return their ids by key, and what was done.

    Args:
        records: what the file tells.
        organisations: ids by key.
        reason: is written beside each change of status.
        now: the door's instant.
    """
    keys = [record.key for record in records]
    known = {row.key: row for row in db.session.scalars(sa.select(Activity).where(Activity.key.in_(keys)))}
    tally = Tally()
    for record in records:
        found = known.get(record.key)
        activity = found or _new(record, now=now)
        known[record.key] = activity
        changed = _set_columns(activity, record, is_new=found is None, reason=reason, now=now)
        changed |= _put_parts(activity.id, record, organisations)
        if found is not None and changed:
            activity.revision += 1
            activity.updated_at = now
            db.session.flush()
        tally.add(is_new=found is None, has_changed=changed)
    return {key: row.id for key, row in known.items()}, tally


def _new(record: ActivityRecord, *, now: datetime) -> Activity:
    values = {name: getattr(record, name) for name in _COLUMNS}
    activity = Activity(key=record.key, slug=_free_slug(record.title), created_at=now, updated_at=now, **values)
    db.session.add(activity)
    db.session.flush()
    return activity


def _set_columns(activity: Activity, record: ActivityRecord, *, is_new: bool, reason: str, now: datetime) -> bool:
    different = {name for name in _COLUMNS if getattr(activity, name) != getattr(record, name)}
    for name in different:
        setattr(activity, name, getattr(record, name))
    if is_new or "status" in different:
        db.session.add(
            StatusChange(
                activity_id=activity.id, status=record.status, by_person_id=None, reason=reason, changed_at=now
            )
        )
    db.session.flush()
    return bool(different)


def _put_parts(activity_id: int, record: ActivityRecord, organisations: Mapping[str, int]) -> bool:
    roles = [{"role": role, "organisation_id": organisations[key]} for role, key in record.roles]
    components = [{name: getattr(component, name) for name in _COMPONENT} for component in record.components]
    outcomes = [{"kind": kind, "text": text} for kind, text in record.outcomes]
    resources = [{"title": title, "url": url} for title, url in record.resources]
    changed = _put(ActivityOrganisation, activity_id, roles)
    changed |= _put(Component, activity_id, components)
    changed |= _put(Outcome, activity_id, outcomes)
    changed |= _put(Resource, activity_id, resources)
    return changed


def _put(
    table: type[ActivityOrganisation | Component | Outcome | Resource], activity_id: int, wanted: list[dict[str, Any]]
) -> bool:
    """Make an activity's rows of a table the wanted ones, in their order; tell whether anything had to change."""
    there = db.session.scalars(
        sa.select(table).where(table.activity_id == activity_id).order_by(table.position, table.id)
    ).all()
    if [
        {name: getattr(row, name) for name in values} for row, values in zip(there, wanted, strict=False)
    ] == wanted and (len(there) == len(wanted)):
        return False
    for row in there:
        db.session.delete(row)
    db.session.flush()
    for position, values in enumerate(wanted, 1):
        db.session.add(table(activity_id=activity_id, position=position, **values))
    db.session.flush()
    return True


def _free_slug(title: str) -> str:
    wanted = slug(title)
    taken = set(db.session.scalars(sa.select(Activity.slug).where(Activity.slug.startswith(wanted, autoescape=True))))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)
