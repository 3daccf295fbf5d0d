"""The database: both engines' rules, and the one place that commits.

SQLite: WAL, foreign keys, ``synchronous=FULL``, ``BEGIN IMMEDIATE`` for writers, and one write mutex for the process.
PostgreSQL: time-outs, so that nothing waits for ever. Reasons: docs/decisions/0002-two-engines.md.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase

from ecwi_events.kernel import integrity, prepared
from ecwi_events.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
RESTED_SECONDS = 1.0
SQLITE_NEEDED = (3, 35)  # the first release with RETURNING
BUSY_SECONDS = 10  # so long somebody waits for SQLite's one writer
ASK_AGAIN_SECONDS = 0.001

_write_mutex = threading.Lock()
_after_commit: list[Callable[[frozenset[str]], None]] = []


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(session_options={"expire_on_commit": False})


def engine_options(url: str) -> dict[str, Any]:
    """Return the options for SQLAlchemy's engine, by the kind of database."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}, "pool_size": 20, "max_overflow": 20}
    # Standing in a line is one wait, however many stand there; a statement may take little longer in any case.
    settings = "-c lock_timeout=9000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=30000"
    return {
        "connect_args": {"options": f"{settings} -c timezone=UTC", "connect_timeout": 5},
        "pool_size": 20,
        "max_overflow": 20,
        "pool_timeout": 10,
    }


def prepare_engine(engine: sa.Engine, *, durable: bool = True) -> None:
    """Give an engine the house's rules; ``durable=False`` is for throw-away test databases only."""
    _write_in_transactions_only(engine)
    prepared.know_listeners(engine)
    if engine.dialect.name != "sqlite":
        _ask_after_a_rest(engine)
        _begin_for_writing_only(engine)
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'OFF'}",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if durable and options.get("writing"):
            _set_waiting(connection, is_on=options.get("waiting", True))
        if options.get("writing"):
            _begin_writing(connection)
        else:  # it waits for nobody and cannot fail, so it goes straight to the driver
            connection.connection.dbapi_connection.execute("BEGIN")  # type: ignore[union-attr]  # SQLite's


def _begin_writing(connection: sa.Connection) -> None:
    """Wait for the one writer of SQLite by asking every millisecond, for as long as SQLite itself would wait.

    SQLite's own way is to sleep up to a tenth of a second between two questions. A worker that writes mail after mail lets
    go for a millisecond at a time, so whoever signs up meanwhile would come too late again and again.
    """
    driver: Any = connection.connection.dbapi_connection
    until = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                return prepared.send(connection, "BEGIN IMMEDIATE")
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > until:
                    raise
            time.sleep(ASK_AGAIN_SECONDS)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _set_waiting(connection: sa.Connection, *, is_on: bool) -> None:
    """Let the commits of a connection to SQLite wait for the disk, or leave that to the next one that does."""
    if connection.info.get("waiting", True) is not is_on:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if is_on else 'NORMAL'}")
        connection.info["waiting"] = is_on


def _ask_after_a_rest(engine: sa.Engine) -> None:
    """Ask a connection that lay idle whether it is still there; one that was in use a moment ago is not asked.

    So a database that was restarted in the quiet costs nobody an error, and a busy one no extra question.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:  # noqa: ANN401 - the pool's own objects
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: object) -> None:  # noqa: ANN401
        if time.monotonic() - record.info.get("rested_since", time.monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError from error  # the pool takes a fresh one and asks nobody else


def _begin_for_writing_only(engine: sa.Engine) -> None:
    """Open a transaction for `transaction()` alone: around reads it would be two more questions to the server each time.

    Reads lose nothing by it. The server gives each statement a view of its own in a transaction too (READ COMMITTED).
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        options, driver = connection.get_execution_options(), connection.connection.dbapi_connection
        is_alone = options.get("alone") or not options.keys() & {"writing", "isolation_level"}
        driver.autocommit = is_alone  # type: ignore[union-attr]  # psycopg's


def _write_in_transactions_only(engine: sa.Engine) -> None:
    """Let nobody change rows outside of `transaction()` by SQLAlchemy's own way either."""

    @event.listens_for(engine, "before_cursor_execute")
    def on_execute(connection: sa.Connection, *said: Any) -> None:  # noqa: ANN401 - what the event hands over
        doing = said[3]  # the context of the statement
        prepared.refuse_outside(connection, writes=doing.isinsert or doing.isupdate or doing.isdelete)


def when_work_is_committed(ring: Callable[[frozenset[str]], None]) -> None:
    """Register the one doorbell of this process. It must not fail or wait.

    It is called after each commit that put work rows, with the names of their queues; with none, all may be meant.
    """
    _after_commit[:] = [ring]


def work_was_put(*queues: str) -> None:
    """Note that the open transaction put work into these queues, so that the bell rings after its commit."""
    info = db.session().info
    info["ring"] = True
    info["ring_in"] = info.get("ring_in", frozenset()) | set(queues)


@contextmanager
def transaction(*, waiting: bool = True, alone: bool = False) -> Iterator[Session]:
    """Open the one writing transaction of a door: commit on success, roll back on any error, never nest.

    Args:
        waiting: False lets a commit to SQLite not wait for the disk: it survives the death of every process, but not at once
            a power cut. Only for what may happen twice (docs/decisions/0014-notes-that-do-not-wait.md).
        alone: whether the block sends one statement to PostgreSQL and no more, which is a transaction by itself: that saves
            two more ways to the server and back.

    Raises:
        RuntimeError: a transaction is open already, or rows were changed outside of one.
        Refused: the database refused the change, and the constraint has a sentence (`ecwi_events.kernel.integrity`).
    """
    session = db.session()
    if session.info.get("in_transaction"):
        raise RuntimeError("transaction() does not nest: the door opens it, rooms flush")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError(prepared.CHANGED_OUTSIDE)
    session.rollback()  # ends the read that looking up the signed-in person began
    embedded = session.get_bind().dialect.name == "sqlite"
    session.info.update(in_transaction=True, ring=False, ring_in=frozenset())
    try:
        with _write_mutex if embedded else nullcontext():
            options = {"writing": True, "waiting": waiting, "alone": alone}
            session.info["connection"] = session.connection(execution_options=options)
            yield session
            session.commit()
    except sa.exc.IntegrityError as error:
        session.rollback()
        raise integrity.translated(error) from error
    except sa.exc.StatementError as error:
        session.rollback()
        if isinstance(error.orig, DomainError):  # a column's own promise was broken, such as its length
            raise error.orig from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.update(in_transaction=False, connection=None)
    if session.info.pop("ring", False) and _after_commit:
        _after_commit[0](session.info.pop("ring_in"))


def run(statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - rows of whatever is asked
    """Run a statement that was built once, on columns of tables, in the open transaction, past the mapper and more.

    For hot ways only (`ecwi_events.kernel.prepared` says why): the statement is kept for as long as the process lives.
    Nothing that waits in the session is flushed first; acts flush what they write.
    """
    return prepared.run(_connection(), statement, parameters)


def _connection() -> sa.Connection:
    """Return the connection of the open transaction, which knows it (asking the session each time costs a quarter more)."""
    session = db.session()
    return session.info.get("connection") or session.connection()


def insert_row(table: type[Model], **values: Any) -> int:  # noqa: ANN401 - the columns of a row
    """Insert one row and return its id; cheaper than a mapped object where nothing more is done with it."""
    statement = _insert(table, (), _connection().dialect.name)
    return int(run(statement, values).scalar_one())


def insert_unless_there(table: type[Model], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]) -> list[int]:
    """Insert rows whose unique ``key`` is not taken yet; return the ids of those that were new, in any order."""
    if not rows:
        return []
    statement = _insert(table, tuple(key), _connection().dialect.name)
    if len(rows) == 1:
        return list(run(statement, rows[0]).scalars())
    return list(db.session.execute(statement, list(rows)).scalars())


def ids_of_new(
    table: type[Model], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> dict[tuple[Any, ...], int]:
    """Do the same; return the ids of the new rows by the values of their keys."""
    if not rows:
        return {}
    statement = _insert(table, tuple(key), _connection().dialect.name)
    new: Any = run(statement, rows[0]) if len(rows) == 1 else db.session.execute(statement, list(rows))
    return {tuple(row[1:]): row[0] for row in new}


@cache
def _insert(table: type[Model], key: tuple[str, ...], dialect: str) -> sa.Insert:
    """Build the statement once; the same object finds its compiled form again at once."""
    target = sa.inspect(table).local_table
    assert isinstance(target, sa.Table)  # noqa: S101 - tells mypy what a mapped class has
    make = sqlite.insert(target) if dialect == "sqlite" else postgresql.insert(target)
    statement = make.on_conflict_do_nothing(index_elements=list(key)) if key else make
    columns: list[Any] = [target.c.id, *(target.c[name] for name in key)]
    return statement.returning(*columns)


def check_engine(engine: sa.Engine) -> str | None:
    """Return a sentence if the database cannot serve us, else None."""
    import sqlite3  # noqa: PLC0415 - only the version constant, only here

    if engine.dialect.name == "sqlite" and sqlite3.sqlite_version_info < SQLITE_NEEDED:
        return f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed."
    return None
