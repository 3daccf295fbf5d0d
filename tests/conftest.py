"""What tests stand on: real servers, one application per engine, and an emptied database after each test.

PostgreSQL and Valkey are started once per run, before the xdist workers, and shared; each worker has a database of its own.
Every test that asks for ``app`` runs twice: on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import os
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import psycopg
import pytest
import sqlalchemy as sa

import config
from ecwi_events.app import create_app
from ecwi_events.journal import acting
from ecwi_events.kernel.db import db
from ecwi_events.tables import SCHEMA
from tests.servers import postgres, valkey

POSTGRES_VARIABLE = "ECWI_TESTS_POSTGRES"
VALKEY_VARIABLE = "ECWI_TESTS_VALKEY"
_running: list = []

acting.allow_unknown()  # tests call acts directly, without a door
zoneinfo.reset_tzpath(to=())  # tests without an application also ask the locked tzdata package, not the machine


def pytest_configure(config):
    """Start the shared servers in the controlling process only."""
    if hasattr(config, "workerinput"):
        return
    if POSTGRES_VARIABLE not in os.environ:
        server = postgres.start()
        _running.append(server)
        os.environ[POSTGRES_VARIABLE] = server.url
    if VALKEY_VARIABLE not in os.environ:
        server = valkey.start()
        _running.append(server)
        os.environ[VALKEY_VARIABLE] = server.url


def pytest_collection_modifyitems(items):
    """Give tests of processes and pages a second try, said aloud in the summary: docs/decisions/0012-second-try.md."""
    for item in items:
        real = any(item.get_closest_marker(name) for name in ("browser", "servers"))
        if real or item.nodeid.startswith(("tests/browser", "tests/web")):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_unconfigure(config):
    """Stop what we started."""
    while _running:
        _running.pop().stop()


@pytest.fixture(scope="session")
def worker_name(request) -> str:
    """The name of this xdist worker, ``main`` without xdist."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def make_settings(tmp_path_factory):
    """Return a function that makes settings in a fresh data folder; keyword arguments are variables without ECWI_."""

    def make(**variables: str) -> config.Settings:
        folder = tmp_path_factory.mktemp("data")
        environment = {
            "ECWI_DATA_DIR": str(folder),
            "ECWI_SECRET_KEY": "a key for tests only",
            "ECWI_BASE_URL": "http://events.test",
            "ECWI_REDIS_URL": os.environ[VALKEY_VARIABLE],
            "ECWI_RATE_LIMITS": "off",  # all tests come from one address
            "ECWI_SECOND_FACTOR": "optional",
        }
        environment |= {f"ECWI_{name}": value for name, value in variables.items()}
        return config.from_environment(environment)

    return make


@pytest.fixture(scope="session")
def make_database(worker_name):
    """Return a function that makes an empty PostgreSQL database of the given name and returns its address."""

    def make(name: str) -> str:
        server = os.environ[POSTGRES_VARIABLE]
        full = f"ecwi_{name}_{worker_name}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{full}"')
        return f"{server}/{full}"

    return make


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_app(request, make_settings, make_database):
    """The application on one engine, its schema made by the migrations."""
    variables = {} if request.param == "sqlite" else {"DATABASE_URL": make_database("tests")}
    app = create_app(make_settings(**variables), durable=False)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        flask_migrate.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(engine_app):
    """The application with an empty database, inside an application context."""
    with engine_app.app_context():
        yield engine_app
        db.session.rollback()
        empty_tables()


# Written once and sent as they are: this runs after each of some thousand tests.
EMPTY = [f'DELETE FROM "{table.name}"' for table in reversed(SCHEMA.sorted_tables)]  # noqa: S608 - our own names


def empty_tables() -> None:
    """Take all rows out, children first."""
    with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
        empty_the_journal(connection)
        if connection.dialect.name == "postgresql":
            # The time limit of the product's statements is none for what a long run has left behind.
            connection.exec_driver_sql("; ".join(["SET LOCAL statement_timeout = 0", *EMPTY]))
            return
        cursor = connection.connection.cursor()
        for statement in EMPTY:
            cursor.execute(statement)


def empty_the_journal(connection: sa.Connection) -> None:
    """Take the journal's entries out, with its guards set aside: the product itself has no way to do this."""
    if connection.scalar(sa.text("SELECT 1 FROM journal_entry LIMIT 1")) is None:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE journal_entry DISABLE TRIGGER USER")
        connection.exec_driver_sql("DELETE FROM journal_entry")
        connection.exec_driver_sql("ALTER TABLE journal_entry ENABLE TRIGGER USER")
        return
    question = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal_entry'"
    guards = connection.execute(sa.text(question)).all()
    for guard in guards:
        connection.exec_driver_sql(f"DROP TRIGGER {guard.name}")
    connection.exec_driver_sql("DELETE FROM journal_entry")
    for guard in guards:
        connection.exec_driver_sql(guard.sql)


@pytest.fixture
def client(app):
    """A browser without JavaScript; a request that leaves the session dirty fails."""
    client = app.test_client()
    plain_open = client.open

    def open_and_look(*args, **kwargs):
        answer = plain_open(*args, **kwargs)
        session = db.session()
        assert not (session.new or session.dirty or session.deleted), "the view left rows that nobody committed"
        return answer

    client.open = open_and_look
    return client


@pytest.fixture
def asked(app):
    """The SELECT statements that were sent to the database since the test began, or since ``asked.clear()``."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT"):
            statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def now() -> datetime:
    """The instant at which the examples happen."""
    return datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def examples() -> Path:
    """The folder of example files."""
    return config.PROJECT / "examples"
