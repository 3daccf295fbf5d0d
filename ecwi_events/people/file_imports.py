"""A file of organisations between its preview and its confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people.exchange import Plan, Verdict
from ecwi_events.people.models import OrganisationImport
from ecwi_events.people.spreadsheets import Table, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def keep_file(name: str, content: bytes, *, by_person_id: int, now: datetime) -> int:
    """Read a file and keep its rows for the preview; earlier files of this person that were not taken over go.

    Raises:
        Refused: the file cannot be read, or it has no names.
    """
    table = read_table(content)
    Plan(Table(table.columns, ()))
    mine = (OrganisationImport.by_person_id == by_person_id, OrganisationImport.closed_at.is_(None))
    db.session.execute(sa.update(OrganisationImport).where(*mine).values(rows=[], closed_at=now))
    rows: list[dict[str, object]] = [{"line": line, "cells": cells} for line, cells in table.rows]
    kept = OrganisationImport(file_name=name[:200] or "file", rows=rows, by_person_id=by_person_id, created_at=now)
    db.session.add(kept)
    db.session.flush()
    return kept.id


def plan_of(import_id: int, choices: Mapping[int, str] | None, *, by_person_id: int) -> tuple[str, Plan]:
    """Return the name of a file and what it would do now.

    Raises:
        NotFound: there is no such file of this person, or it is taken over already.
    """
    kept = _get(import_id, by_person_id)
    return kept.file_name, Plan(_table(kept), choices)


def take_over(import_id: int, choices: Mapping[int, str], *, by_person_id: int, now: datetime) -> dict[str, int]:
    """Write all that a file says, and return how many rows did what.

    Raises:
        NotFound: there is no such file of this person, or it is taken over already.
        Refused: a row is refused or still unclear; nothing is written then.
    """
    kept = _get(import_id, by_person_id)
    plan = Plan(_table(kept), choices)
    if plan.count(Verdict.UNCLEAR):
        raise Refused("unclear_rows", "Some rows are not clear yet. Say what each of them is.")
    done = plan.take_over(now=now)
    kept.rows, kept.closed_at = [], now
    db.session.flush()
    after: dict[str, object] = {
        "kind": "organisations",
        "rows": len(plan.rows),
        "new": done["new"],
        "changed": done["changed"],
    }
    journal.note("import_organisations", "import", import_id, after=after, now=now)
    return done


def _get(import_id: int, by_person_id: int) -> OrganisationImport:
    kept = db.session.scalar(
        sa.select(OrganisationImport)
        .where(
            OrganisationImport.id == import_id,
            OrganisationImport.by_person_id == by_person_id,
            OrganisationImport.closed_at.is_(None),
        )
        .with_for_update()
    )
    if kept is None:
        raise NotFound("We cannot find this file. Choose it again.")
    return kept


def _table(kept: OrganisationImport) -> Table:
    rows = [(int(str(row["line"])), _cells(row["cells"])) for row in kept.rows]
    return Table(tuple({column for _, cells in rows for column in cells} | {"name"}), rows)


def _cells(cells: object) -> dict[str, str]:
    assert isinstance(cells, dict)  # noqa: S101 - as keep_file has written it
    return {str(name): str(value) for name, value in cells.items()}
