"""A compile makes exactly one edition, wherever the worker dies."""

from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import compiling
from ecwi_events.jobs.drain import drain
from ecwi_events.kernel.clock import utc_now
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.overview import printing, queries, service
from ecwi_events.overview.compiling import STEPS
from ecwi_events.overview.models import Edition, EditionOutput, RunState
from ecwi_events.work import service as work
from ecwi_events.work.models import Work, WorkState

AS_OF = date(2026, 11, 21)


class Killed(BaseException):
    """What a kill -9 looks like from inside: nothing after it runs in this worker."""


@pytest.fixture
def settings(app):
    return app.extensions["ecwi_settings"]


@pytest.fixture
def run_id(app, now):
    with transaction():
        return service.start_compile(2026, AS_OF, None, now=now)


def claim(settings):
    with transaction():
        (piece,) = work.claim([service.COMPILE], now=utc_now(), limit=5, lease_seconds=settings.lease_seconds)
    return piece


def let_the_lease_end():
    with transaction() as session:
        session.execute(sa.update(Work).values(lease_until_ms=0))


def counts():
    return tuple(db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Edition, EditionOutput))


def test_the_drain_makes_one_edition_with_its_outputs(app, settings, run_id):
    assert drain(app, settings).done == 1
    run = queries.find_run(run_id)
    assert (run.state, run.step, run.steps, run.message) == (RunState.DONE, STEPS, STEPS, "Edition 1 is ready")
    edition = queries.edition_of_run(run_id)
    assert queries.output(edition.id, "pdf").startswith(b"%PDF-")
    assert queries.output(edition.id, "json").startswith(b"{")
    assert drain(app, settings).done == 0


@pytest.mark.parametrize("dies_at", [0, 1, 7, STEPS - 3, STEPS - 2, STEPS - 1])
def test_a_worker_that_dies_at_a_step_is_replaced(app, settings, run_id, dies_at):
    def tell(step, _message):
        if step == dies_at:
            raise Killed

    with pytest.raises(Killed):
        compiling.do_compile(claim(settings), settings, tell=tell)
    assert counts() == (0, 0)
    assert queries.find_run(run_id).state is RunState.RUNNING
    assert drain(app, settings).done == 0, "the lease still holds"
    let_the_lease_end()
    assert drain(app, settings).done == 1
    assert counts() == (1, 2)
    assert queries.find_run(run_id).state is RunState.DONE


def test_a_worker_that_dies_after_the_edition_leaves_the_outputs_to_the_next(app, settings, run_id, monkeypatch):
    def die(_snapshot):
        raise Killed

    monkeypatch.setattr(printing, "render_pdf", die)
    with pytest.raises(Killed):
        compiling.do_compile(claim(settings), settings, tell=lambda *_: None)
    assert counts() == (1, 0)
    monkeypatch.undo()
    let_the_lease_end()
    assert drain(app, settings).done == 1
    assert counts() == (1, 2)


def test_a_worker_that_slept_through_its_lease_stops_and_changes_nothing(app, settings, run_id):
    slow = claim(settings)
    let_the_lease_end()
    fast = claim(settings)
    compiling.do_compile(slow, settings, tell=lambda *_: None)
    assert counts() == (0, 0)
    compiling.do_compile(fast, settings, tell=lambda *_: None)
    compiling.do_compile(slow, settings, tell=lambda *_: None)
    assert counts() == (1, 2)


def test_two_workers_that_both_write_make_one_edition(app, run_id, now):
    for _ in range(2):
        with transaction():
            edition = service.write_edition(run_id, {"errors": [], "year": 2026}, now=now)
    assert (edition.number, counts()[0]) == (1, 1)


def test_a_fault_is_tried_again_and_said_in_words_when_it_stays(app, settings, run_id, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("a figure went wrong")

    monkeypatch.setattr(compiling, "compile_snapshot", fail)
    assert drain(app, settings).failed == 1
    run = queries.find_run(run_id)
    assert (run.state, run.error) == (RunState.RUNNING, "ZeroDivisionError: a figure went wrong")
    with transaction() as session:
        session.execute(sa.update(Work).values(due_at=utc_now(), attempts=compiling.TRIES - 1))
    drain(app, settings)
    run = queries.find_run(run_id)
    assert (run.state, run.message) == (RunState.FAILED, "The compile did not work")
    assert db.session.scalar(sa.select(Work.state)) is WorkState.DEAD
    assert counts() == (0, 0)


def test_after_a_failed_compile_a_new_one_can_start(app, settings, run_id, now):
    with transaction():
        service.note_trouble(run_id, "It broke", final=True, now=now)
    with transaction():
        second = service.start_compile(2026, AS_OF, None, now=now)
    assert second != run_id
    drain(app, settings)
    assert counts()[0] == 1


def test_a_no_of_the_house_is_not_tried_again(app, settings, run_id, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise Refused("no", "This cannot be compiled.")

    monkeypatch.setattr(compiling, "compile_snapshot", refuse)
    drain(app, settings)
    assert queries.find_run(run_id).error == "This cannot be compiled."
    assert queries.find_run(run_id).state is RunState.FAILED


def test_progress_is_told_in_words_and_kept_in_the_run(app, settings, run_id):
    told = []

    def tell(step, message):
        run = queries.find_run(run_id)
        told.append((step, message))
        assert (run.step, run.message) == (step, message)

    compiling.do_compile(claim(settings), settings, tell=tell)
    assert [step for step, _ in told] == list(range(STEPS))
    assert told[0][1] == "Reading the records"
    assert told[4][1].startswith("Counting: 4 of ")


def test_a_second_compile_without_changes_has_the_same_content(app, settings, run_id, now):
    drain(app, settings)
    with transaction():
        second = service.start_compile(2026, AS_OF, None, now=now)
    drain(app, settings)
    first, last = queries.edition_of_run(run_id), queries.edition_of_run(second)
    assert (first.number, last.number) == (1, 2)
    assert first.content_hash == last.content_hash
    assert first.snapshot != last.snapshot
