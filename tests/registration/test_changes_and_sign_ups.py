"""A sign-up that runs into a cancellation: whoever gets a place is told, whoever came too late gets none."""

import threading

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import changes, service
from ecwi_events.registration.changes import Move
from ecwi_events.registration.models import Registration
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity

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
