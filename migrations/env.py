"""Alembic's entry: runs the migrations on the application's own engine, on SQLite and on PostgreSQL."""

from __future__ import annotations

from alembic import context
from flask import current_app

from ecwi_events.tables import SCHEMA

LOCK_TIMEOUT = "SET lock_timeout = '5s'"  # a migration waits for no one for long: sign-ups go on


def run() -> None:
    """Run all missing migrations, each in a transaction of its own."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writing=True) as connection:
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


run()
