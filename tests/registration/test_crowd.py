"""Nobody is oversold, stranded or lost while many people press the button at once."""

import functools
import os
import random
import threading

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.registration import service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity, sign_up
from tests.registration import crowd
from tests.registration.ground import choose, counted, make_series

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


def test_a_crowd_at_the_sessions_of_a_series(app):
    series, sessions = make_series(capacity=20)

    def choose_some(number):
        chance = random.Random(number)
        chosen = chance.sample(sessions, chance.randint(1, 3))
        return choose(series, chosen, f"p{number}")

    results = at_once(app, [functools.partial(choose_some, number) for number in range(60)])
    assert [one for one in results if isinstance(one, Exception)] == []
    db.session.rollback()
    counts = [counted(series, session) for session in sessions]
    assert sum(taken + waiting for taken, waiting, _ in counts) == sum(len(got.each) for got in results)
    assert all(taken == min(taken + waiting, 20) for taken, waiting, _ in counts)


def test_two_devices_and_two_spellings_are_one_person(app):
    activity_id = make_activity(capacity=3)
    spellings = ["Olena@Koval.example", " olena@koval.example", "OLENA@KOVAL.EXAMPLE", "olena@koval.EXAMPLE"]
    results = at_once(app, [functools.partial(sign_up, activity_id, "Olena", one) for one in spellings])
    assert len({got.registration_id for got in results}) == 1
    assert tuple(db.session.execute(sa.select(Places.taken, Places.waiting)).one()) == (1, 0)


def test_two_groups_that_share_people_do_not_wait_for_each_other(app):
    activity_id = make_activity(capacity=5)

    def group(names):
        people = [SignUp(activity_id, name, f"{name}@people.example") for name in names]
        with transaction():
            return service.sign_up_group(activity_id, people, by_person_id=None, now=NOW)

    names = ["ana", "boris", "carla", "dora", "emil", "fina"]
    results = at_once(app, [functools.partial(group, order) for order in (names, names[::-1], names[2:], names[:3])])
    assert [one for one in results if isinstance(one, Exception)] == []
    db.session.rollback()
    assert counted(activity_id) == (5, 1, 0)


@pytest.mark.soak
@pytest.mark.parametrize("activities", [1, 50])
def test_a_hundred_thousand(app, activities):
    people = int(os.environ.get("SOAK_PEOPLE", "100000"))
    ids = [make_activity(f"Activity {number}", capacity=80) for number in range(activities)]
    ledger = crowd.run(app, ids, people=people)
    assert ledger.faults == []
    assert len(ledger.signed_up) == people
    assert crowd.faults_at_rest(ids, ledger) == []
    forget_the_crowd()


def forget_the_crowd():
    """Take the rows out at once; row by row, PostgreSQL would look through all the dead ones for each."""
    db.session.remove()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
            connection.exec_driver_sql("TRUNCATE registration, email_address, mail, work, person CASCADE")
