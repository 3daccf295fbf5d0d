"""Durable work with real rows: put once, claimed by one, finished by its holder."""

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.work import handling, hearts, queries, service
from ecwi_events.work.models import Work, WorkState
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")
KINDS = ("sing", "dance")


def put(key="a", kind="sing", **facts):
    with transaction():
        return service.put(kind, 1, dedup_key=key, now=NOW, **facts)


def claim(*, now=NOW, limit=10, lease_seconds=60, kinds=KINDS):
    with transaction():
        return service.claim(kinds, now=now, limit=limit, lease_seconds=lease_seconds)


def state(key="a"):
    db.session.rollback()
    return db.session.execute(sa.select(Work.state, Work.attempts).where(Work.dedup_key == key)).one()


def test_the_same_key_is_put_once():
    assert put("a") is True
    assert put("a") is False
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Work)) == 1


def test_work_of_a_rolled_back_change_does_not_exist():
    with pytest.raises(ZeroDivisionError), transaction():
        service.put("sing", 1, dedup_key="a", now=NOW)
        raise ZeroDivisionError
    assert claim() == []


def test_what_is_claimed_is_not_claimed_again():
    put()
    assert [piece.kind for piece in claim()] == ["sing"]
    assert claim() == []


def test_a_lease_that_ran_out_frees_the_work():
    put()
    claim(lease_seconds=0)
    time.sleep(0.01)
    assert [piece.attempts for piece in claim()] == [2]


def test_a_lease_from_before_the_clock_was_put_back_frees_the_work():
    put()
    claim()
    with transaction():
        db.session.execute(sa.update(Work).values(lease_until_ms=Work.lease_until_ms + 3_600_000))
    assert [piece.attempts for piece in claim()] == [2]


def test_what_is_to_be_done_at_once_waits_for_no_clock_that_is_behind():
    put("at once")
    put("in a minute", due_at=NOW + timedelta(minutes=1))
    an_hour_behind = NOW - timedelta(hours=1)
    (piece,) = claim(now=an_hour_behind)
    assert state("at once").state is WorkState.LEASED
    with transaction():
        service.fail(piece, "no", now=an_hour_behind)
    assert claim(now=an_hour_behind) == [], "it is tried again after its wait, and not before"
    assert len(claim(now=an_hour_behind + timedelta(minutes=2))) == 1


def test_a_paused_holder_cannot_overwrite_a_later_one():
    put()
    (late,) = claim(lease_seconds=0)
    time.sleep(0.01)
    (present,) = claim()
    with transaction():
        assert service.finish(late, now=NOW) is False
        assert service.extend(late, lease_seconds=60) is False
        assert service.finish(present, now=NOW) is True
    assert state().state is WorkState.DONE


def test_priority_goes_before_age_and_unknown_kinds_stay():
    put("old", due_at=NOW - timedelta(hours=2), priority=70)
    put("urgent", due_at=NOW - timedelta(hours=1), priority=10)
    put("not yet", due_at=NOW + timedelta(hours=1), priority=1)
    put("of a newer release", kind="fly")
    keys = {row.id: row.dedup_key for row in db.session.scalars(sa.select(Work))}
    assert [keys[piece.id] for piece in claim()] == ["urgent", "old"]
    assert state("of a newer release").state is WorkState.DUE


def test_failed_work_is_tried_again_later_and_finally_laid_aside():
    put()
    now = NOW
    for attempt in range(1, 9):
        (piece,) = claim(now=now)
        with transaction():
            after = service.fail(piece, "the hall is closed", now=now)
        assert after is (WorkState.DEAD if attempt == 8 else WorkState.DUE)
        assert claim(now=now) == []
        now += timedelta(hours=8)
    assert (queries.backlog(now=now).dead, state().attempts) == (1, 8)


def test_work_that_would_come_too_late_is_laid_aside_at_once():
    put(not_after=NOW + timedelta(seconds=10))
    (piece,) = claim()
    with transaction():
        assert service.fail(piece, "no", now=NOW) is WorkState.DEAD


def test_dead_work_can_be_revived():
    put()
    (piece,) = claim()
    with transaction():
        service.give_up(piece, "no", now=NOW)
    with transaction():
        assert handling.revive(piece.id, now=NOW) is True
        assert handling.revive(piece.id, now=NOW) is False
    assert [again.attempts for again in claim()] == [1]


def test_many_claimers_take_each_piece_once(app):
    for number in range(60):
        put(f"piece {number}")
    taken, lock = [], threading.Lock()

    def take():
        with app.app_context():
            while pieces := claim(limit=4):
                with lock:
                    taken.extend(piece.id for piece in pieces)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(set(taken))) == (60, 60)


def test_the_heartbeat_is_one_row():
    for minutes in (0, 1):
        with transaction():
            hearts.beat("drain", now=NOW + timedelta(minutes=minutes))
    assert queries.last_beat("drain") == NOW + timedelta(minutes=1)
    assert queries.last_beat("other") is None
