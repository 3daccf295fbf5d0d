"""What the children of the embedded tree load: the web server takes ``flask_app``, Celery takes ``celery_app``.

Both web server and Celery start processes of their own. Those ask for the kernel's signal too, so that the whole tree goes
when its root goes. Production runs ``worker.py`` and ``ecwi_events.app:create_app()`` and never loads this module.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal

from celery.signals import beat_embedded_init, worker_ready

from ecwi_events.cli.tree import die_with_parent
from worker import celery_app, flask_app

__all__ = ["celery_app", "flask_app"]

_loaded_by = os.getpid()

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

if parent := multiprocessing.parent_process():  # we are the web server's own child
    die_with_parent(parent.pid or 0)


@beat_embedded_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
def beat_dies_with_the_worker(**_: object) -> None:
    """Beat is a child of the worker; forget it there and it would tick for ever.

    It also ends at once when it is asked to: its library's own way, an exception wherever it happens to be, may get lost
    there, and then the worker waits for it for ever.
    """
    die_with_parent(_loaded_by)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
def tick_at_once(**_: object) -> None:
    """Send the first tick through the broker, so that a started worker proves itself without waiting for beat."""
    celery_app.send_task("ecwi.tick", expires=30, ignore_result=True)
