"""Nobody is oversold, stranded or lost while many people press the button at once."""

import threading

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.registration import service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity, sign_up
from tests.registration import crowd

pytestmark = pytest.mark.crowd


def test_a_crowd_at_one_activity(app):
    activity_id = make_activity(capacity=80)
    ledger = crowd.run(app, [activity_id], people=600)
    assert ledger.faults == []
    assert len(ledger.signed_up) == 600
    assert crowd.faults_at_rest([activity_id], ledger) == []


def test_a_crowd_at_ten_activities(app):
    activity_ids = [make_activity(f"Activity {number}", capacity=10) for number in range(10)]
    ledger = crowd.run(app, activity_ids, people=300)
    assert ledger.faults == []
    assert crowd.faults_at_rest(activity_ids, ledger) == []


def at_once(app, calls):
    """Run the calls in threads that start together; return what each gave or raised."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        with app.app_context():
            barrier.wait()
            try:
                results[number] = call()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_people_at_the_last_place(app):
    activity_id = make_activity(capacity=3)
    sign_up(activity_id), sign_up(activity_id)
    results = at_once(app, [lambda: sign_up(activity_id), lambda: sign_up(activity_id)])
    assert sorted(got.place for got in results) == [Place.CONFIRMED, Place.WAITING]


def test_a_double_click_is_one_sign_up(app):
    activity_id = make_activity(capacity=3)

    def click():
        with transaction():
            return service.sign_up(SignUp(activity_id, "Olena Koval", "olena@koval.example"), now=NOW)

    results = at_once(app, [click] * 6)
    assert {got.registration_id for got in results} == {results[0].registration_id}
    assert sorted(got.is_repeat for got in results) == [False] + [True] * 5
    counted = db.session.execute(sa.select(Places.taken, Places.waiting)).one()
    assert tuple(counted) == (1, 0)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 1
