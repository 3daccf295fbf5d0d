"""SQLite's one writer: asked for again and again, for as long as SQLite itself would wait, and no longer."""

import sqlite3
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import db as kernel_db
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Person
from tests.make import NOW

pytestmark = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)  # PostgreSQL has many writers
FULL = kernel_db.BUSY_SECONDS * 1000


@pytest.fixture
def holder(app):
    """Somebody else's connection to the same file."""
    connection = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only while somebody sleeps, by what they sleep; ``naps`` are done then, one each time."""
    clock = SimpleNamespace(seconds=0.0, slept=0, naps=[])

    def sleep(seconds):
        clock.seconds += seconds
        clock.slept += 1
        if clock.naps:
            clock.naps.pop(0)()

    monkeypatch.setattr(kernel_db, "time", SimpleNamespace(monotonic=lambda: clock.seconds, sleep=sleep))
    return clock


def busy_timeouts(engine):
    """What each connection of the pool would wait, one after the other."""
    connections = [engine.connect() for _ in range(engine.pool.checkedin())]
    waits = [connection.exec_driver_sql("PRAGMA busy_timeout").scalar() for connection in connections]
    for connection in connections:
        connection.close()
    return waits


def add(name):
    with transaction() as session:
        session.add(Person(name=name, created_at=NOW))


def names():
    found = db.session.scalars(sa.select(Person.name).order_by(Person.id)).all()
    db.session.rollback()
    return found


def nothing():
    """Sleep on."""


def test_a_free_writer_is_taken_with_one_question_at_which_sqlite_itself_does_not_sleep(holder, clock, monkeypatch):
    waits, send = [], kernel_db.prepared.send

    def look_and_send(connection, text):
        waits.append(connection.connection.dbapi_connection.execute("PRAGMA busy_timeout").fetchone()[0])
        send(connection, text)

    monkeypatch.setattr(kernel_db.prepared, "send", look_and_send)
    add("Ana")
    assert (waits, clock.slept, names()) == ([0], 0, ["Ana"])


def test_who_asks_gets_in_as_soon_as_the_writer_is_free(holder, clock):
    holder.execute("BEGIN IMMEDIATE")
    clock.naps = [nothing, nothing, lambda: holder.execute("ROLLBACK")]
    add("Ana")
    assert (clock.slept, names()) == (3, ["Ana"])


def test_what_the_holder_wrote_is_seen(holder, clock):
    insert = "INSERT INTO person (name, folded, language, created_at) VALUES ('Olena', 'olena', 'en', ?)"
    holder.execute("BEGIN IMMEDIATE")
    holder.execute(insert, [str(NOW)])
    clock.naps = [lambda: holder.execute("COMMIT")]
    with transaction() as session:
        assert session.scalars(sa.select(Person.name)).all() == ["Olena"]


def test_a_writer_that_does_not_let_go_is_waited_for_as_long_as_was_said_and_no_longer(holder, clock):
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sa.exc.OperationalError, match="locked"):
        add("Ana")
    assert kernel_db.BUSY_SECONDS < clock.seconds < kernel_db.BUSY_SECONDS + 1
    assert names() == []  # reading waits for nobody
    holder.execute("ROLLBACK")
    add("Bo")
    assert names() == ["Bo"]


@pytest.mark.parametrize("lets_go", [True, False])
def test_whatever_came_of_it_the_connection_waits_as_before(holder, clock, lets_go):
    holder.execute("BEGIN IMMEDIATE")
    clock.naps = [nothing, (lambda: holder.execute("ROLLBACK")) if lets_go else nothing]
    try:
        add("Ana")
    except sa.exc.OperationalError:
        assert not lets_go
    assert set(busy_timeouts(db.engine)) == {FULL}


def test_what_is_wrong_otherwise_is_said_at_once(holder, clock, monkeypatch):
    def broken(connection, text):
        raise sa.exc.OperationalError(text, None, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(kernel_db.prepared, "send", broken)
    with pytest.raises(sa.exc.OperationalError, match="disk"):
        add("Ana")
    monkeypatch.undo()
    assert clock.slept == 0
    assert set(busy_timeouts(db.engine)) == {FULL}
