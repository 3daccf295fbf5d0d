"""Alembic's entry: runs the migrations on the application's own engine, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from alembic import context
from flask import current_app

from ecwi_events.tables import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

LOCK_TIMEOUT = "SET lock_timeout = '5s'"  # a migration waits for no one for long: sign-ups go on


def run() -> None:
    """Run all missing migrations, each in a transaction of its own."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writing=True) as connection, _tables_may_be_copied(connection):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(LOCK_TIMEOUT)
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SCHEMA,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextlib.contextmanager
def _tables_may_be_copied(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite copy tables to which others point: it looks at foreign keys before and after, and not in between."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection  # what follows is not heard inside a transaction
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"a migration has left rows that point nowhere: {broken[:5]}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


run()
