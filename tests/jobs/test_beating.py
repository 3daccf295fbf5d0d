"""Beat goes on whatever happens to the time of day."""

from datetime import UTC, datetime, timedelta

import time_machine
from celery import Celery

from ecwi_events.jobs.beating import SteadyScheduler

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Noting(SteadyScheduler):
    """Notes what would be sent."""

    def apply_entry(self, entry, producer=None):
        self.sent = [*getattr(self, "sent", []), entry.name]


def test_a_clock_that_is_put_back_or_on_by_an_hour_neither_silences_nor_hurries_it(monkeypatch):
    celery = Celery("test", broker="memory://", set_as_current=False)
    celery.conf.beat_schedule = {"tick": {"task": "tick", "schedule": 30}}
    steady = [1000.0]
    monkeypatch.setattr("ecwi_events.jobs.beating.time.monotonic", lambda: steady[0])
    beat = Noting(app=celery, lazy=True)
    with time_machine.travel(START, tick=False) as clock:
        beat.setup_schedule()
        assert beat.tick() > 25
        for move in (timedelta(hours=-1), timedelta(hours=1), timedelta(0)):
            clock.shift(move)
            before = list(getattr(beat, "sent", []))
            assert beat.tick() > 0
            steady[0] += 30
            clock.shift(30)
            assert beat.tick() == 0
            assert beat.sent == [*before, "tick"]
