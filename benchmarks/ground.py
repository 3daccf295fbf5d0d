"""The ground of a benchmark: a durable database of each engine, with the product's schema."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import psycopg
from flask import Flask

import config
from ecwi_events.app import create_app
from ecwi_events.journal import acting
from ecwi_events.kernel.db import db, when_work_is_committed
from tests.servers import postgres


@contextmanager
def engines() -> Iterator[list[tuple[str, str, Path]]]:
    """Start a PostgreSQL that waits for the disk, and name both engines: (name, database URL, data folder)."""
    server = postgres.start(durable=True)
    try:
        with psycopg.connect(f"{server.url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        with tempfile.TemporaryDirectory(prefix="ecwi-bench-") as folder:
            here = Path(folder)
            yield [
                ("SQLite", f"sqlite:///{here / 'lite' / 'bench.sqlite'}", here / "lite"),
                ("PostgreSQL", f"{server.url}/bench", here / "pg"),
            ]
    finally:
        server.stop()


@contextmanager
def application(url: str, folder: Path, **more: str) -> Iterator[Flask]:
    """The application on this database, inside its context, with the doorbell tied up."""
    environment = {
        "ECWI_DATABASE_URL": url,
        "ECWI_DATA_DIR": str(folder),
        "ECWI_SECRET_KEY": "a key for benchmarks",
        "ECWI_RATE_LIMITS": "off",  # all visitors come from one address
        "ECWI_REDIS_URL": f"unix://{folder}/nobody.sock",
    } | more
    acting.allow_unknown()  # a benchmark calls acts without a door
    app = create_app(config.from_environment(environment))
    when_work_is_committed(lambda _queues: None)
    with app.app_context():
        flask_migrate.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()
