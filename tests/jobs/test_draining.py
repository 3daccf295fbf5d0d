"""The drain: which queues, what the office called off, a worker that is asked to stop, kinds of a newer release."""

import pytest
import sqlalchemy as sa

from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.handlers import HANDLERS
from ecwi_events.jobs.heart import HEART
from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview import queries as overview
from ecwi_events.overview import service as compiling
from ecwi_events.overview.models import CompileRun, RunState
from ecwi_events.work import handling, service
from ecwi_events.work.models import Work
from tests import make
from tests.mail.showing import make_webinar


@pytest.fixture
def doing(monkeypatch):
    """A kind of work that calls what the test says."""
    said = []
    monkeypatch.setitem(HANDLERS, "test.say", lambda _app, piece, _settings: said.append(piece.reference))
    return said


def put(number, kind="test.say", **facts):
    with transaction():
        service.put(kind, number, dedup_key=f"{kind}:{number}", now=make.NOW, **facts)


def states():
    db.session.rollback()
    return dict(db.session.execute(sa.select(Work.reference, Work.state)).all())


def test_a_drain_of_one_queue_leaves_the_others_alone(post, doing):
    for number, priority in enumerate((80, 50, 10)):
        put(number, priority=priority)
    drain(post.app, post.settings, queues=["urgent"])
    assert doing == [2]
    drain(post.app, post.settings)
    assert doing == [2, 1, 0]


def test_work_of_a_newer_release_is_left_alone_by_this_worker(post, doing):
    put(1, kind="of.tomorrow")
    put(2)
    assert drain(post.app, post.settings).done == 1
    assert (states()[1], doing) == ("due", [2])
    row = db.session.execute(sa.select(Work.attempts, Work.last_error).where(Work.reference == 1)).one()
    assert tuple(row) == (0, None)


def test_a_worker_that_is_asked_to_stop_ends_after_the_piece_in_hand(post, monkeypatch):
    done = []
    monkeypatch.setitem(
        HANDLERS, "test.say", lambda _app, piece, _settings: (done.append(piece.reference), HEART.stopping.set())
    )
    for number in range(5):
        put(number)
    try:
        drain(post.app, post.settings)
        assert drain(post.app, post.settings).done == 0
    finally:
        HEART.stopping.clear()
    assert len(done) == 1
    assert sorted(states().values()) == ["done", *["due"] * 4]
    assert set(db.session.scalars(sa.select(Work.attempts))) == {0, 1}


def test_a_mail_that_the_office_cancels_is_skipped_and_says_so(post):
    make.sign_up(make_webinar(), "Olena Koval")
    number = db.session.scalar(sa.select(Work.id).where(Work.kind == "mail.send"))
    with transaction():
        handling.cancel(number, now=make.NOW)
    post.send()
    assert (post.states(), post.work_states(), post.raw()) == ([("skipped", "cancelled")], ["cancelled"], [])


def test_a_compile_that_the_office_cancels_in_the_middle_stops_at_the_next_step(post, monkeypatch):
    with transaction():
        run_id = compiling.start_compile(2026, make.NOW.date(), None, now=make.NOW)
    number = db.session.scalar(sa.select(Work.id).where(Work.kind == "overview.compile"))
    tell, steps = compiling.tell_progress, []

    def tell_and_cancel(run, **facts):
        steps.append(facts["step"])
        if len(steps) == 2:
            handling.cancel(number, now=make.NOW)
        return tell(run, **facts)

    monkeypatch.setattr(compiling, "tell_progress", tell_and_cancel)
    drain(post.app, post.settings)
    run = db.session.get(CompileRun, run_id, populate_existing=True)
    assert (run.state, run.error, len(steps)) == (RunState.FAILED, "The office cancelled it.", 2)
    assert overview.edition_of_run(run_id) is None


def test_a_mail_that_was_given_up_goes_out_when_the_office_has_it_tried_again(post, receiver):
    make.sign_up(make_webinar(), "Olena Koval")
    with transaction():
        db.session.execute(sa.update(Work).where(Work.kind == "mail.send").values(attempts=7))
    receiver.data_answers.append("451 later")
    post.send()
    assert (post.states(), post.work_states()) == ([("failed", "given_up")], ["dead"])
    number = db.session.scalar(sa.select(Work.id).where(Work.kind == "mail.send"))
    with transaction():
        handling.revive(number, now=make.NOW)
    post.send()
    assert (post.states()[0][0], post.work_states(), len(receiver.taken)) == ("sent", ["done"], 1)
