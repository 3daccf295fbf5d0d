"""A sign-up that runs into a cancellation: whoever gets a place is told, whoever came too late gets none."""

import threading
from datetime import datetime

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.programme.models import ActivitySession, ActivityStatus
from ecwi_events.programme.sessions import Promise
from ecwi_events.registration import changes, service
from ecwi_events.registration.changes import Move
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_announcements import Announcement
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity, sign_up

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def wait_until_it_waits(thread):
    """Until the other transaction stands before the counted row (SQLite lets it begin only after ours)."""
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as connection:
        while thread.is_alive() and not connection.scalar(sa.text(WAITING)):
            connection.rollback()


@pytest.mark.parametrize(
    ("to", "codes"),
    [
        (ActivityStatus.CANCELLED, {"halted", "cancelled"}),
        (ActivityStatus.POSTPONED, {"halted", "postponed"}),
        (ActivityStatus.DRAFT, {"halted", "not_planned"}),
    ],
)
def test_a_sign_up_that_waits_for_the_row_comes_too_late(app, to, codes):
    activity_id, got = make_activity(), []

    def sign_up():
        with app.app_context():
            try:
                with transaction():
                    got.append(service.sign_up(SignUp(activity_id, "Olena Koval", "olena@kyiv.example"), now=NOW))
            except Refused as refused:
                got.append(refused.code)

    other = threading.Thread(target=sign_up)
    with transaction():
        changes.move_activity(activity_id, Move(to, None, reason="The trainer is ill"), now=NOW)
        other.start()
        wait_until_it_waits(other)
    other.join(timeout=30)
    assert len(got) == 1 and got[0] in codes
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0


def test_a_move_that_waited_for_another_measures_from_where_that_left_it(app):
    activity_id = make_activity()
    sign_up(activity_id)
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    db.session.rollback()

    def move(day):
        promise = Promise(datetime(2027, 1, day, 14, 0), "Europe/Amsterdam", 90)  # noqa: DTZ001 - a wall time
        return changes.move_session(session_id, promise, reason=None, by_person_id=None, now=NOW)

    def move_again():
        with app.app_context(), transaction():
            move(21)

    other = threading.Thread(target=move_again)
    with transaction():
        move(20)
        other.start()
        wait_until_it_waits(other)
    other.join(timeout=30)
    news = db.session.scalars(sa.select(Announcement).where(Announcement.superseded_at.is_(None))).all()
    session = db.session.get(ActivitySession, session_id)
    assert [row.was_starts_at.day for row in news] == [19], "what people know"
    assert (session.starts_at.day, session.schedule_revision) == (21, 3)
