"""Beat, by a clock that nobody can set.

Celery's own beat goes by the time of day: put that back by an hour, and it is silent for an hour.
"""

from __future__ import annotations

import time
from typing import Any

from celery.beat import Scheduler
from celery.schedules import schedstate


class SteadyScheduler(Scheduler):  # type: ignore[misc]  # Celery is untyped
    """Sends each entry every so many seconds from its start on.

    It remembers nothing of the last run of its process: a tick too many or too few does no harm.
    """

    def is_due(self, entry: Any) -> schedstate:  # noqa: ANN401 - Celery's entry
        """Say yes, because it is asked only when the time that `_when` gave has come; and when to ask again."""
        return schedstate(is_due=True, next=entry.schedule.seconds)

    def _when(self, entry: Any, next_time_to_run: float, mktime: object = None) -> float:  # noqa: ANN401, ARG002
        return time.monotonic() + float(self.adjust(next_time_to_run) or 0)
