"""What one worker process knows of itself, and the thread that tells it to the database.

The row of a worker says that its process lives and reaches the database (``beat_at``), and when it last got a task through
the broker (``heard_at``): a worker can be alive and hear nothing.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from ecwi_events.jobs.lanes import Lanes
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.work import hearts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from flask import Flask


class Heart:
    """This process."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.stopping = threading.Event()  # who drains ends after the piece in hand
        self.heard_at: datetime | None = None
        self._queues: tuple[str, ...] = ()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """Host and process: what people need to find it."""
        return f"{socket.gethostname()[:100]}:{os.getpid()}"

    def share_out(self, queues: Collection[str], threads: int) -> None:
        """Note which queues this worker takes, with how many threads."""
        self._queues = tuple(sorted(queues))
        self.lanes.share_out(queues, threads)

    def hear(self) -> None:
        """Note that a task came through the broker."""
        self.heard_at = clock.utc_now()

    def start(self, app: Flask, *, seconds: float) -> None:
        """Show every so many seconds that this worker lives, until it stops."""
        if self._thread is None or not self._thread.is_alive():
            started_at = clock.utc_now()
            self._thread = threading.Thread(
                target=self._beat_until_it_stops, args=(app, seconds, started_at), name="heart", daemon=True
            )
            self._thread.start()

    def _beat_until_it_stops(self, app: Flask, seconds: float, started_at: datetime) -> None:
        while True:
            with suppress(SQLAlchemyError), app.app_context():  # the database is away: others say so
                self.beat(started_at)
            if self.stopping.wait(seconds):
                return

    def beat(self, started_at: datetime) -> None:
        """Show once that this worker lives."""
        facts = {
            "version": version("ecwi-events"),
            "queues": " ".join(self._queues),
            "started_at": started_at,
            "heard_at": self.heard_at,
        }
        with transaction():
            hearts.beat(self.name, now=clock.utc_now(), facts=facts)

    def stop(self, app: Flask) -> None:
        """Leave the list of workers: this one was asked to stop, nobody needs to look for it."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(5)
        with suppress(SQLAlchemyError), app.app_context():
            with transaction():
                hearts.say_goodbye(self.name)
            db.engine.dispose()


HEART = Heart()
