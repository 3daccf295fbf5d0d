"""A Celery target that lives by a clock which a test moves: the file ``TESTS_CLOCK`` names by how many seconds.

Only the application's clock moves, as on one machine of several whose clock is wrong; the database's clock does not.
"""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import time_machine

from ecwi_events.cli.children import celery_app, flask_app

__all__ = ["celery_app", "flask_app"]
LOOK_EVERY_SECONDS = 0.02

_file = Path(os.environ["TESTS_CLOCK"])
_present = time_machine.escape_hatch.time.time
_clock = time_machine.travel(time.time(), tick=True).start()


def _follow() -> None:
    moved_by = 0.0
    while True:
        with suppress(OSError, ValueError):
            wanted = float(_file.read_text())
            if wanted != moved_by:
                _clock.move_to(_present() + wanted)
                moved_by = wanted
        time.sleep(LOOK_EVERY_SECONDS)


def _start() -> None:
    threading.Thread(target=_follow, name="clock", daemon=True).start()


os.register_at_fork(after_in_child=_start)  # beat may be a child of the worker
_start()
