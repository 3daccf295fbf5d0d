"""The drain: which queues, what the office called off, a worker that is asked to stop, kinds of a newer release."""

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import mailing
from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.handlers import HANDLERS
from ecwi_events.jobs.heart import HEART
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.overview import queries as overview
from ecwi_events.overview import service as compiling
from ecwi_events.overview.models import CompileRun, RunState
from ecwi_events.work import handling, service
from ecwi_events.work.models import Work
from ecwi_events.work.rules import TRIES
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


def left_behind(post, mail_state, *, attempts=1):
    """The mail and the work as a worker that died in the middle has left them."""
    with transaction():
        db.session.execute(sa.update(Mail).values(state=mail_state, attempts=1))
        values = {"state": "leased", "lease_token": "of the dead", "attempts": attempts}
        db.session.execute(sa.update(Work).where(Work.kind == "mail.send").values(values))
        db.session.execute(sa.update(Work).where(Work.kind == "mail.send").values(lease_until_ms=0))
    return db.session.scalar(sa.select(Work.id).where(Work.kind == "mail.send"))


def test_a_mail_that_a_dead_worker_left_on_its_way_is_unknown_when_the_office_drops_it(post, receiver):
    make.sign_up(make_webinar(), "Olena Koval")
    number = left_behind(post, "sending")
    with transaction():
        handling.cancel(number, now=make.NOW)
    post.send()
    assert (post.states(), post.work_states(), receiver.taken) == ([("unknown", "cancelled")], ["cancelled"], [])


@pytest.mark.parametrize(
    ("left", "becomes"), [("queued", ("failed", "given_up")), ("sending", ("unknown", "given_up"))]
)
def test_a_mail_that_ends_its_worker_each_time_is_given_up_until_it_is_tried_again(post, receiver, left, becomes):
    make.sign_up(make_webinar(), "Olena Koval")
    number = left_behind(post, left, attempts=TRIES)
    post.send()
    assert (post.states(), post.work_states(), receiver.taken) == ([becomes], ["dead"], [])
    assert db.session.scalar(sa.select(Work.last_error).where(Work.id == number)).startswith(
        "tried 8 times: the worker"
    )
    with transaction():
        handling.revive(number, now=make.NOW)
    post.send()
    assert (post.states()[0][0], post.work_states(), len(receiver.taken)) == ("sent", ["done"], 1)


def test_a_mail_whose_words_have_a_fault_does_not_wait_for_ever(post, receiver, monkeypatch):
    make.sign_up(make_webinar(), "Olena Koval")
    with transaction():
        db.session.execute(sa.update(Work).where(Work.kind == "mail.send").values(attempts=TRIES - 1))
    with monkeypatch.context() as patch:
        patch.setattr(mailing, "letter_of", lambda *_, **__: 1 / 0)
        post.send()
    assert (post.states(), post.work_states()) == ([("failed", "given_up")], ["dead"])
    assert post.rows()[0].last_error == "ZeroDivisionError: division by zero"


def test_a_compile_whose_worker_ends_each_time_is_over(post):
    with transaction():
        run_id = compiling.start_compile(2026, make.NOW.date(), None, now=make.NOW)
        db.session.execute(sa.update(Work).values(attempts=TRIES))
    drain(post.app, post.settings)
    run = db.session.get(CompileRun, run_id, populate_existing=True)
    assert run.state is RunState.FAILED and run.error.startswith("tried 8 times")


def test_what_ends_its_worker_each_time_takes_no_other_with_it(post, monkeypatch):
    """Seven others are claimed with it; it ends every worker that begins it."""

    class TheWorkerEnds(BaseException):
        pass

    done = []

    def say(_app, piece, _settings):
        if piece.reference == 3:
            raise TheWorkerEnds
        done.append(piece.reference)

    monkeypatch.setitem(HANDLERS, "test.say", say)
    for number in range(8):
        put(number)
    for _ in range(TRIES):
        with pytest.raises(TheWorkerEnds):
            drain(post.app, post.settings)
        post.let_leases_end()
    drain(post.app, post.settings)
    assert sorted(done) == [0, 1, 2, 4, 5, 6, 7]
    assert states() == {number: "dead" if number == 3 else "done" for number in range(8)}
