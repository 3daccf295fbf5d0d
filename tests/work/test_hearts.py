"""Who lives, whose turn it is, and what is forgotten."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.work import hearts, queries, service
from ecwi_events.work.models import Heartbeat, Turn, Work
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")
AN_HOUR_MS = 3_600_000


def beat(name, *, at=NOW, queues="urgent bulk"):
    with transaction():
        hearts.beat(name, now=at, facts={"version": "1", "queues": queues, "started_at": NOW, "heard_at": None})


def take(holder, milliseconds=60_000):
    with transaction():
        return hearts.take_turn("tick", holder=holder, milliseconds=milliseconds)


def test_a_turn_is_taken_by_one_and_free_again_by_the_databases_clock():
    assert take("a", milliseconds=0) is True
    time.sleep(0.01)
    assert take("b") is True
    assert take("a") is False
    assert take("b") is False


def test_a_turn_that_was_taken_before_the_clock_was_put_back_keeps_nobody_waiting():
    assert take("a") is True
    with transaction():
        db.session.execute(sa.update(Turn).values(until_ms=Turn.until_ms + AN_HOUR_MS))
    assert take("b") is True
    assert take("a") is False


def test_each_worker_has_a_row_and_the_rounds_heartbeat_is_no_worker():
    beat("host:1")
    beat("host:2", queues="bulk")
    beat("host:1", at=NOW + timedelta(seconds=30))
    with transaction():
        hearts.beat("drain", now=NOW)
    seen = queries.workers()
    assert [(worker.name, worker.beat_at) for worker in seen] == [
        ("host:1", NOW + timedelta(seconds=30)),
        ("host:2", NOW),
    ]
    assert queries.queues_taken(since=NOW + timedelta(seconds=1)) == {"urgent", "bulk"}
    assert queries.queues_taken(since=NOW + timedelta(minutes=1)) == set()


def test_who_says_goodbye_is_gone():
    beat("host:1")
    with transaction():
        hearts.say_goodbye("host:1")
    assert queries.workers() == []


def test_silent_workers_and_old_finished_work_are_forgotten_but_nothing_that_is_still_to_do():
    beat("old", at=NOW - timedelta(days=2))
    beat("new")
    for key in ("done long ago", "done", "given up", "open"):
        with transaction():
            service.put("sing", 1, dedup_key=key, now=NOW - timedelta(days=40))
    with transaction():
        pieces = service.claim(("sing",), now=NOW, limit=3, lease_seconds=60)
    with transaction():
        service.finish(pieces[0], now=NOW - timedelta(days=31))
        service.finish(pieces[1], now=NOW - timedelta(days=29))
        service.give_up(pieces[2], "no", now=NOW - timedelta(days=31))
    with transaction():
        assert hearts.forget_old(now=NOW) == 1
    assert set(db.session.scalars(sa.select(Work.dedup_key))) == {"done", "given up", "open"}
    assert list(db.session.scalars(sa.select(Heartbeat.name))) == ["new"]
