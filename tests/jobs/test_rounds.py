"""What time alone calls for: at every tick, once an hour, once a night; one that fails does not keep the others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import rounds
from ecwi_events.jobs.handlers import HANDLERS
from ecwi_events.jobs.rounds import ROUNDS, Every, Round
from ecwi_events.jobs.tick import derive
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import signing_in
from ecwi_events.people.models_signing_in import SignInToken
from ecwi_events.programme import outcomes
from ecwi_events.programme.models import OutcomeKind
from ecwi_events.programme.models_record import RemovedOutcome
from ecwi_events.work.models import Work
from tests import make

AFTER_TWO = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.fixture
def table(post, monkeypatch):
    """A table of the test's own; says what was called, with which now."""
    called = []

    def use(*items):
        made = [replace(item, act=lambda *, now, item=item: called.append(item.name) or item.act()) for item in items]
        monkeypatch.setattr(rounds, "ROUNDS", tuple(made))
        for item in made:
            if item.every is not Every.TICK:
                monkeypatch.setitem(HANDLERS, f"round.{item.name}", rounds.do_round)
        return called

    return use


def go(post, at):
    post.clock.move_to(at)
    derive()
    return post.send()


def test_an_hourly_act_happens_once_an_hour_and_a_nightly_one_once_a_night(post, table):
    called = table(Round("h", Every.HOUR, lambda: None), Round("n", Every.NIGHT, lambda: None))
    for minute in (0, 1, 59):
        go(post, AFTER_TWO.replace(minute=minute))
    assert sorted(called) == ["h", "n"]
    go(post, AFTER_TWO.replace(hour=3))
    assert sorted(called) == ["h", "h", "n"]
    go(post, AFTER_TWO.replace(day=22, hour=1, minute=59))
    assert called.count("n") == 1
    go(post, AFTER_TWO.replace(day=22, hour=2))
    assert called.count("n") == 2


def test_an_act_that_is_full_is_called_again_until_it_is_not(post, table):
    left = [3, 3, 1]
    called = table(Round("t", Every.TICK, lambda: left.pop(0), full=3))
    go(post, AFTER_TWO)
    assert (called, left) == (["t"] * 3, [])


def test_what_was_looked_for_outside_of_any_transaction_is_done_a_few_at_a_time(post, monkeypatch):
    done = []

    def find(*, now):
        done.append(("find", bool(db.session().info.get("in_transaction")), now))
        return list(range(7))

    def act(some, *, now):
        done.append((some, db.session().info["in_transaction"], now))

    monkeypatch.setattr(rounds, "ROUNDS", (Round("t", Every.TICK, act, full=3, find=find),))
    go(post, AFTER_TWO)
    assert done == [
        ("find", False, AFTER_TWO), *(([*some], True, AFTER_TWO) for some in (range(3), range(3, 6), range(6, 7))),
    ]  # fmt: skip


def test_nothing_found_opens_no_transaction(post, monkeypatch):
    monkeypatch.setattr(rounds, "ROUNDS", (Round("t", Every.TICK, lambda _, **__: 1 // 0, find=lambda **_: []),))
    go(post, AFTER_TWO)


def test_one_that_fails_does_not_keep_the_others(post, table):
    called = table(Round("bad", Every.TICK, lambda: 1 // 0), Round("good", Every.TICK, lambda: None))
    with pytest.raises(ZeroDivisionError):
        derive()
    assert called == ["bad", "good"]


def test_a_nightly_act_that_fails_is_tried_again_like_all_work(post, table):
    table(Round("n", Every.NIGHT, lambda: 1 // 0))
    assert go(post, AFTER_TWO).failed == 1
    row = db.session.scalars(sa.select(Work)).one()
    assert (row.kind, row.state.value, row.attempts) == ("round.n", "due", 1)
    assert "ZeroDivisionError" in row.last_error


def test_names_are_there_once():
    assert len({item.name for item in ROUNDS}) == len(ROUNDS)


def test_links_that_nobody_can_use_any_more_are_forgotten_by_night(post):
    make.make_activity()
    with transaction():
        signing_in.request_sign_in("nobody@kyiv.example", browser="a browser", now=make.NOW)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInToken)) == 1
    go(post, make.NOW.replace(day=24))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignInToken)) == 0


def test_removed_outcomes_that_cannot_be_put_back_any_more_are_forgotten_by_night(post):
    activity_id = make.make_activity()
    night = AFTER_TWO.replace(day=22)
    last_second = night - outcomes.UNDO_FOR + timedelta(seconds=1)
    for at in (make.NOW, last_second):
        with transaction():
            outcome_id = outcomes.add_outcome(activity_id, OutcomeKind.ACHIEVED, f"Removed at {at}", now=at)
            outcomes.remove_outcome(activity_id, outcome_id, now=at)
    go(post, night)
    kept = db.session.scalars(sa.select(RemovedOutcome.text)).all()
    assert kept == [f"Removed at {last_second}"]
