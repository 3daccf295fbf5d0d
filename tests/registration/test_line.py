"""Who comes first to the counted row has it first, on PostgreSQL too, where a row alone keeps no line."""

import threading

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.turns import InTurn
from ecwi_events.registration import places, service
from ecwi_events.registration.models import Places, Registration
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity, sign_up

IN_LINE = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
)
on_postgresql = pytest.mark.parametrize("engine_app", ["postgresql"], indirect=True)  # SQLite has one writer at a time


def wait_until_in_line(number, thread):
    with db.engine.connect() as connection:
        while thread.is_alive() and connection.scalar(sa.text(IN_LINE)) < number:
            connection.rollback()
        assert thread.is_alive(), "it waited for nobody"


def places_of(activity_id):
    found = db.session.scalar(sa.select(Places.id).where(Places.activity_id == activity_id))
    db.session.rollback()
    return found


@on_postgresql
def test_numbers_in_the_line_are_in_the_order_in_which_people_came(app):
    activity_id = make_activity(capacity=1)
    sign_up(activity_id, "First", "first@line.example")
    places_id, told = places_of(activity_id), {}

    def come(number):
        with app.app_context(), transaction():
            new = SignUp(activity_id, f"Person {number}", f"p{number}@line.example")
            told[number] = service.sign_up(new, now=NOW).number_in_line

    threads = [threading.Thread(target=come, args=(number,)) for number in range(1, 7)]
    with transaction():
        places.lock(places_id)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_until_in_line(number, thread)
    for thread in threads:
        thread.join(timeout=30)
    assert told == {number: number for number in range(1, 7)}


@on_postgresql
def test_who_changes_all_rows_stands_in_the_same_line(app):
    activity_id = make_activity()
    places_id = places_of(activity_id)

    def close():
        with app.app_context(), transaction():
            places.halt(activity_id, is_halted=True)

    thread = threading.Thread(target=close)
    with transaction():
        places.take(places_id)
        thread.start()
        wait_until_in_line(1, thread)
        places.take(places_id)  # it is our turn until we are done, so this waits for nobody
    thread.join(timeout=30)
    row = db.session.execute(sa.select(Places.taken, Places.is_halted).where(Places.id == places_id)).one()
    assert tuple(row) == (2, True)


def test_who_is_alone_has_the_turn_at_once_for_as_many_rows_as_are_asked_for(app):
    ids = sorted(places_of(make_activity(f"Activity {number}")) for number in range(3))
    with transaction() as session:
        rows = sa.select(Places.id).order_by(Places.id).subquery()
        assert session.scalars(sa.select(InTurn(rows.c.id))).all() == ids
        assert session.scalar(sa.select(InTurn(sa.literal(ids[0])))) == ids[0]


def test_a_row_that_is_not_there_is_nobodys(app):
    with pytest.raises(sa.exc.NoResultFound), transaction():
        places.lock(987)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0
