"""Compiling an edition: the door of the work kind ``overview.compile``.

Progress is written in short transactions of its own, each of which also prolongs the lease. The facts are read in one steady
view of the database, the figures are computed without it, and the edition is written together with the end of the run. So
a worker that is killed at any point leaves nothing half done, and whoever takes the work over makes the one edition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import DomainError
from ecwi_events.overview import printing, queries, service
from ecwi_events.overview.compiling import STEPS, compile_snapshot
from ecwi_events.overview.models import RunState
from ecwi_events.overview.reading import read_facts
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from config import Settings
    from ecwi_events.overview.facts import Facts
    from ecwi_events.overview.models import CompileRun, Edition
    from ecwi_events.work.service import Claim

    Tell = Callable[[int, str], None]

TRIES = 3  # a compile that fails as often as this is over; the office reads why, and may start another


class HandedOver(Exception):  # noqa: N818 - nothing went wrong: somebody else is doing it
    """The lease has passed to somebody else, or the run is over."""


def compile_edition(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Do one compile."""
    do_compile(piece, settings, tell=lambda _step, _message: None)


def do_compile(piece: Claim, settings: Settings, *, tell: Tell) -> None:
    """Make the edition that a run asks for, once, and its outputs.

    Args:
        piece: the work in our hands; its reference is the run.
        settings: the time zone of the office, the length of a lease.
        tell: is told each step too.
    """
    try:
        _compile(piece, settings, tell)
    except HandedOver:
        return
    except work.CalledOff:
        raise
    except Exception as error:
        if not _is_over_after(piece, error):
            raise


def _compile(piece: Claim, settings: Settings, tell: Tell) -> None:
    run = queries.find_run(piece.reference)
    if run is None or run.state is RunState.FAILED:
        return
    edition = queries.edition_of_run(run.id) or _make_edition(run, piece, settings, tell)
    _store_outputs(edition)


def _make_edition(run: CompileRun, piece: Claim, settings: Settings, tell: Tell) -> Edition:
    run_id, year, as_of = run.id, run.year, run.as_of

    def step(number: int, message: str) -> None:
        with transaction():
            ours = work.checkpoint(piece, lease_seconds=settings.lease_seconds, done=number, total=STEPS, text=message)
            if not (ours and service.tell_progress(run_id, step=number, steps=STEPS, message=message)):
                raise HandedOver
        tell(number, message)

    step(0, "Reading the records")
    facts = _in_a_steady_view(lambda: read_facts(year, as_of, zone=settings.office_time_zone))
    snapshot = compile_snapshot(facts, step)
    step(STEPS - 1, "Writing the edition")
    with transaction():
        return service.write_edition(run_id, snapshot, now=clock.utc_now())


def _in_a_steady_view(read: Callable[[], Facts]) -> Facts:
    """Read in one transaction that sees one moment, so that figures agree with each other while people sign up."""
    session = db.session()
    session.rollback()
    try:
        if session.get_bind().dialect.name == "postgresql":  # SQLite's readers see one moment anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return read()
    finally:
        session.rollback()


def _store_outputs(edition: Edition) -> None:
    """Render what downloads need; done again if a worker died between the edition and its outputs."""
    edition_id, snapshot = edition.id, queries.contents(edition)
    db.session.rollback()  # rendering takes a while, and nothing is read meanwhile
    bodies = {"json": canonical(public(snapshot)).encode(), "pdf": printing.render_pdf(snapshot)}
    with transaction():
        for output_format, body in bodies.items():
            service.store_output(edition_id, output_format, body)


def _is_over_after(piece: Claim, error: Exception) -> bool:
    """Write why it went wrong; end the run if the house says no or if it was tried often enough, and tell whether so."""
    is_no = isinstance(error, DomainError)
    final = is_no or piece.attempts >= TRIES
    now = clock.utc_now()
    reason = str(error) if is_no else f"{type(error).__name__}: {error}"
    with transaction():
        service.note_trouble(piece.reference, reason, final=final, now=now)
        if final:
            work.give_up(piece, reason, now=now)
    return final
