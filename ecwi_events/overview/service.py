"""Acts of the overview: start a compile, tell how far it is, write its edition, publish, keep outputs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.overview import queries, rules
from ecwi_events.overview.models import CompileRun, Edition, EditionOutput, EditionState, RunState
from ecwi_events.overview.snapshot import canonical, fingerprint
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from datetime import date, datetime

COMPILE = "overview.compile"


def start_compile(year: int, as_of: date, requested_by_id: int | None, *, now: datetime) -> int:
    """Ask for an edition of a year; return the run's id, which is that of the run under way if there is one.

    Raises:
        Invalid: there can be no overview of this year, or not up to this day.
    """
    if refusal := rules.year_refusal(year):
        raise Invalid({"year": refusal})
    if refusal := rules.as_of_refusal(year, as_of, now=now):
        raise Invalid({"as_of": refusal})
    if under_way := queries.run_under_way(year):
        return under_way.id
    run = CompileRun(
        year=year, as_of=as_of, state=RunState.QUEUED, step=0, steps=1, message="Waiting for a worker",
        requested_by_id=requested_by_id, requested_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(run)
    except sa.exc.IntegrityError:  # somebody else began in the same moment: join them
        joined = queries.run_under_way(year)
        if joined is None:
            raise
        return joined.id
    work.put(COMPILE, run.id, dedup_key=f"{COMPILE}:{run.id}", now=now)
    journal.note("start_compile", "overview", year, after={"as_of": as_of}, now=now)
    return run.id


def tell_progress(run_id: int, *, step: int, steps: int, message: str) -> bool:
    """Write how far a compile is; return False if the run is over, so that the work can stop."""
    changed = db.session.execute(
        sa.update(CompileRun)
        .where(CompileRun.id == run_id, CompileRun.state.in_(queries.UNDER_WAY))
        .values(state=RunState.RUNNING, step=step, steps=steps, message=message)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count


def write_edition(run_id: int, snapshot: dict[str, Any], *, now: datetime) -> Edition:
    """Freeze a snapshot as the next edition of its year and end the run; a second call returns the first one's edition."""
    run = db.session.get(CompileRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound("There is no such compile.")
    if written := queries.edition_of_run(run_id):
        return written
    if run.state not in queries.UNDER_WAY:
        raise Refused("run_over", "This compile is over. Start a new one.")
    last = db.session.scalar(sa.select(sa.func.max(Edition.number)).where(Edition.year == run.year))
    numbered = {**snapshot, "number": (last or 0) + 1}
    edition = Edition(
        year=run.year, number=numbered["number"], state=EditionState.DRAFT, run_id=run.id, as_of=run.as_of,
        snapshot=canonical(numbered), content_hash=fingerprint(numbered), compiled_at=now,
    )  # fmt: skip
    db.session.add(edition)
    run.state, run.finished_at, run.error = RunState.DONE, now, None
    run.step, run.message = run.steps, f"Edition {edition.number} is ready"
    db.session.flush()
    return edition


def note_trouble(run_id: int, reason: str, *, final: bool, now: datetime) -> None:
    """Write why a compile did not work; ``final`` ends the run, else it is tried again."""
    values: dict[str, Any] = {"error": reason, "message": "Something went wrong; trying again"}
    if final:
        values |= {"state": RunState.FAILED, "message": "The compile did not work", "finished_at": now}
    db.session.execute(
        sa.update(CompileRun)
        .where(CompileRun.id == run_id, CompileRun.state.in_(queries.UNDER_WAY))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def publish(edition_id: int, by_person_id: int | None, *, now: datetime) -> Edition:
    """Show an edition to everybody; the one that was shown before steps back.

    Raises:
        NotFound: there is no such edition.
        Refused: it has errors, or it was published before.
    """
    edition = db.session.get(Edition, edition_id, with_for_update=True, populate_existing=True)
    if edition is None:
        raise NotFound("There is no such edition.")
    errors = [entry["message"] for entry in queries.contents(edition).get("errors", [])]
    if refusal := rules.publication_refusal(edition.state, errors):
        raise Refused(*refusal)
    db.session.execute(
        sa.update(Edition)
        .where(Edition.year == edition.year, Edition.state == EditionState.PUBLISHED)
        .values(state=EditionState.SUPERSEDED)
    )
    after = {"state": EditionState.PUBLISHED, "year": edition.year, "number": edition.number}
    journal.note("publish", "edition", edition_id, before={"state": edition.state}, after=after, now=now)
    edition.state, edition.published_at, edition.published_by_id = EditionState.PUBLISHED, now, by_person_id
    db.session.flush()
    return edition


def store_output(edition_id: int, output_format: str, body: bytes) -> None:
    """Keep a rendered output of an edition; an edition is frozen, so what is there already stays."""
    row = {
        "edition_id": edition_id, "format": output_format, "body": body,
        "content_hash": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip
    insert_unless_there(EditionOutput, [row], key=["edition_id", "format"])
