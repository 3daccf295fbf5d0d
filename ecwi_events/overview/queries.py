"""Reads of compiles and editions, named by their question."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import defer

from ecwi_events.attendance.models import Presence
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound
from ecwi_events.overview.models import CompileRun, Edition, EditionOutput, EditionState, RunState
from ecwi_events.people.models import Organisation, Person
from ecwi_events.programme.models import ActivitySession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Looked = tuple[str | None, str | None, str]  # name, organisation, session

AT_ONCE = 5000  # a statement takes about 32,000 values on SQLite
UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)


def find_run(run_id: int) -> CompileRun | None:
    """Return a compile with its progress, or None."""
    return db.session.get(CompileRun, run_id, populate_existing=True)


def run_under_way(year: int) -> CompileRun | None:
    """Return the compile of the year that is queued or running, or None."""
    return db.session.scalar(sa.select(CompileRun).where(CompileRun.year == year, CompileRun.state.in_(UNDER_WAY)))


def last_run(year: int) -> CompileRun | None:
    """Return the newest compile of the year, whatever became of it, or None."""
    return db.session.scalar(
        sa.select(CompileRun).where(CompileRun.year == year).order_by(CompileRun.id.desc()).limit(1)
    )


def editions(year: int) -> Sequence[Edition]:
    """Return the editions of the year, newest first; the snapshots are not loaded."""
    return db.session.scalars(
        sa.select(Edition).options(defer(Edition.snapshot)).where(Edition.year == year).order_by(Edition.number.desc())
    ).all()


def latest_edition(year: int) -> Edition | None:
    """Return the newest edition of the year, published or not, or None."""
    return db.session.scalar(
        sa.select(Edition).where(Edition.year == year).order_by(Edition.number.desc()).limit(1)
    )  # fmt: skip


def published_edition(year: int) -> Edition | None:
    """Return the edition of the year that everybody sees, or None."""
    return db.session.scalar(sa.select(Edition).where(Edition.year == year, Edition.state == EditionState.PUBLISHED))


def published_years() -> Sequence[int]:
    """Return the years that have a published edition, newest first."""
    return db.session.scalars(
        sa.select(Edition.year).where(Edition.state == EditionState.PUBLISHED).order_by(Edition.year.desc())
    ).all()


def edition_of_run(run_id: int) -> Edition | None:
    """Return the edition that a compile made, or None."""
    return db.session.scalar(sa.select(Edition).where(Edition.run_id == run_id))


def get_edition(edition_id: int) -> Edition:
    """Return an edition.

    Raises:
        NotFound: there is none with this id.
    """
    edition = db.session.get(Edition, edition_id)
    if edition is None:
        raise NotFound("There is no such edition.")
    return edition


def contents(edition: Edition) -> dict[str, Any]:
    """Return the snapshot of an edition as plain data."""
    snapshot: dict[str, Any] = json.loads(edition.snapshot)
    return snapshot


def output(edition_id: int, output_format: str) -> bytes | None:
    """Return the stored bytes of an edition in a format (``pdf``, ``json``), or None if none were stored."""
    return db.session.scalar(
        sa.select(EditionOutput.body).where(
            EditionOutput.edition_id == edition_id, EditionOutput.format == output_format
        )
    )


@dataclass(frozen=True)
class Record:
    """One record behind a figure; ``name`` and ``organisation`` are given for people, and looked up now."""

    kind: str
    id: int
    label: str
    name: str | None = None
    organisation: str | None = None


def records_behind(edition_id: int, figure_id: str) -> list[Record]:
    """Return the records that a figure of an edition was counted from, in the order of the snapshot; for the office only.

    Raises:
        NotFound: there is no such edition, or it has no such figure.
    """
    for figure in contents(get_edition(edition_id))["figures"]:
        if figure["id"] == figure_id:
            return _with_people(figure["inputs"])
    raise NotFound("This edition has no such figure.")


def _with_people(inputs: list[dict[str, Any]]) -> list[Record]:
    found = {"person": _looked_up(inputs, "person", _people), "presence": _looked_up(inputs, "presence", _presences)}
    records = []
    for entry in inputs:
        name, organisation, label = found.get(entry["kind"], {}).get(entry["id"], (None, None, ""))
        if entry["kind"] in found and name is None:
            name = "No longer in the records"
        records.append(Record(entry["kind"], entry["id"], entry.get("label") or label, name, organisation))
    return records


def _looked_up(
    inputs: list[dict[str, Any]], kind: str, look_up: Callable[[list[int]], dict[int, Looked]]
) -> dict[int, Looked]:
    ids = [entry["id"] for entry in inputs if entry["kind"] == kind]
    found: dict[int, Looked] = {}
    for start in range(0, len(ids), AT_ONCE):
        found |= look_up(ids[start : start + AT_ONCE])
    return found


def _people(ids: list[int]) -> dict[int, Looked]:
    rows = db.session.execute(
        sa.select(Person.id, Person.name, sa.func.coalesce(Organisation.name, Person.organisation_text).label("body"))
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id.in_(ids))
    )
    return {row.id: (row.name, row.body, "") for row in rows}


def _presences(ids: list[int]) -> dict[int, Looked]:
    rows = db.session.execute(
        sa.select(
            Presence.id,
            sa.func.coalesce(Person.name, Presence.visitor_name).label("name"),
            sa.func.coalesce(Organisation.name, Person.organisation_text).label("body"),
            ActivitySession.title,
            ActivitySession.starts_local,
        )
        .join(ActivitySession, ActivitySession.id == Presence.session_id)
        .outerjoin(Person, Person.id == Presence.person_id)
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .where(Presence.id.in_(ids))
    )
    return {row.id: (row.name, row.body, f"{row.title} ({row.starts_local.date().isoformat()})") for row in rows}
