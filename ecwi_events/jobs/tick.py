"""The tick: every half minute, ask what has become due by time alone, then drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import service as calendars
from ecwi_events.jobs.drain import beat, drain
from ecwi_events.journal import acting
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.reminders import service as reminders

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def tick(app: Flask, settings: Settings) -> None:
    """Derive what is due by time, write it down, and drain; a second beat does no harm."""
    try:
        with acting.through("jobs"):
            derive()
    finally:  # what is written down already goes out in any case
        drain(app, settings, beating=True)
        beat()


def derive() -> None:
    """Write down what time alone has made due: reminders, and the daily export of the feed."""
    now = clock.utc_now()
    with transaction():
        calendars.export_daily(now=now)
        left = reminders.derive_due(now=now)
    while left == reminders.AT_MOST:
        with transaction():
            left = reminders.derive_due(now=now)
