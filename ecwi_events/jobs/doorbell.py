"""The doorbell: after a commit that put work, tell the workers, if they can be reached.

Ringing never waits and never fails: a thread of its own publishes, many rings within a moment become one, and a Redis that
is away is tried again after a while. Nothing is lost by a ring that did not get through, because a tick looks at the work
table anyway.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from celery import Celery

from ecwi_events.jobs.lanes import ALL

if TYPE_CHECKING:
    from collections.abc import Collection

GATHER_SECONDS = 0.2  # rings this close together are one: a ring costs the worker as much as half a mail
REST_SECONDS = 10.0  # how long to leave a Redis alone that did not answer
# A ring or a tick that nobody heard for so long is dropped. It is much longer than one is of use, because a worker goes by
# its own clock: one that is an hour ahead of its sender's would drop everything.
RING_LIVES_SECONDS = 86_400

log = logging.getLogger(__name__)


def ring_at(celery: Celery, queue: str) -> None:
    """Publish one ring for one queue."""
    celery.send_task("ecwi.drain", queue=queue, expires=RING_LIVES_SECONDS, retry=False, ignore_result=True)


class Doorbell:
    """Rings the Celery task ``drain`` from a thread of its own."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._rung = threading.Event()
        self._queues: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, queues: Collection[str]) -> None:
        """Ask for a drain of these queues soon, of all if none is named; returns at once."""
        self._queues.update(queues or ALL)
        self._rung.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._lock:  # a fork leaves no thread behind, so look again
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._publish_forever, name="doorbell", daemon=True)
                self._thread.start()

    def _publish_forever(self) -> None:
        bell = Celery("doorbell", broker=self._broker, set_as_current=False)
        bell.conf.update(
            broker_connection_timeout=1,
            broker_transport_options={"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0},
        )
        while True:
            self._rung.wait()
            time.sleep(GATHER_SECONDS)
            self._rung.clear()
            try:
                while self._queues:
                    ring_at(bell, self._queues.pop())
            except Exception as error:  # noqa: BLE001 - whatever ails the broker must not reach a sign-up
                log.warning(
                    "doorbell: the broker does not answer (%s); the tick will find the work", type(error).__name__
                )
                time.sleep(REST_SECONDS)
