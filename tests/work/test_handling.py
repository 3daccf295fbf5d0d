"""What the office does about single pieces of work, and what long work hears of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.work import handling, queries, service
from ecwi_events.work.models import Work, WorkState
from ecwi_events.work.service import CalledOff
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")


def put(key="a", **facts):
    with transaction():
        service.put("sing", 1, dedup_key=key, now=NOW, **facts)
    return db.session.scalar(sa.select(Work.id).where(Work.dedup_key == key))


def claim(**facts):
    with transaction():
        return service.claim(("sing",), now=NOW, limit=10, lease_seconds=60, **facts)


def row(work_id):
    db.session.rollback()
    return db.session.execute(sa.select(Work).where(Work.id == work_id)).scalar_one()


def cancel(work_id):
    with transaction():
        return handling.cancel(work_id, now=NOW)


def test_work_stands_in_the_queue_of_its_priority_and_is_claimed_from_there():
    for priority in (10, 50, 80):
        put(str(priority), priority=priority)
    assert [row(piece.id).priority for piece in claim(queues=["bulk"])] == [80]
    assert [row(piece.id).priority for piece in claim(queues=["urgent", "normal"])] == [10, 50]
    assert claim() == []


def test_whose_hands_it_is_in_can_be_read():
    put()
    (piece,) = claim(holder="host:7")
    assert (row(piece.id).holder, row(piece.id).claimed_at) == ("host:7", NOW)


def test_what_waits_is_handed_to_a_worker_that_calls_it_off():
    work_id = put(due_at=NOW + timedelta(days=1))
    assert cancel(work_id) is True
    (piece,) = claim()
    assert piece.is_called_off is True
    with transaction():
        assert service.call_off(piece, now=NOW) is True
    assert row(work_id).state is WorkState.CANCELLED
    assert cancel(work_id) is False


def test_what_is_in_hand_hears_of_it_at_its_checkpoint():
    work_id = put()
    (piece,) = claim()
    with transaction():
        assert service.checkpoint(piece, lease_seconds=60, done=3, total=10, text="Third verse") is True
    assert (row(work_id).progress_done, row(work_id).progress_total) == (3, 10)
    assert cancel(work_id) is True
    assert cancel(work_id) is False
    with pytest.raises(CalledOff), transaction():
        service.checkpoint(piece, lease_seconds=60, done=4, total=10)
    assert row(work_id).progress_done == 3


def test_who_lost_the_lease_is_told_so_at_the_checkpoint():
    put()
    (late,) = claim()
    with transaction():
        db.session.execute(sa.update(Work).values(lease_until_ms=0))
    claim()
    with transaction():
        assert service.checkpoint(late, lease_seconds=60, done=1, total=2) is False


def test_what_is_done_cannot_be_cancelled_or_tried_again():
    work_id = put()
    (piece,) = claim()
    with transaction():
        service.finish(piece, now=NOW)
    assert cancel(work_id) is False
    with transaction():
        assert handling.revive(work_id, now=NOW) is False


def test_given_up_work_can_be_dropped():
    work_id = put()
    (piece,) = claim()
    with transaction():
        service.give_up(piece, "no", now=NOW)
    assert cancel(work_id) is True
    assert claim()[0].is_called_off is True


def test_a_stopping_worker_gives_back_what_it_has_not_begun():
    work_id = put()
    (piece,) = claim()
    with transaction():
        assert service.put_back(piece) is True
    assert (row(work_id).state, row(work_id).attempts) == (WorkState.DUE, 0)
    assert [again.attempts for again in claim()] == [1]
    with transaction():
        assert service.put_back(piece) is False


def test_the_backlog_tells_states():
    put()
    assert queries.backlog(now=NOW).due == 1
