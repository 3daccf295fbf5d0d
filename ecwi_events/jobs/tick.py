"""The tick: every half minute, ask what has become due by time alone, then drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.jobs.drain import beat, drain
from ecwi_events.jobs.rounds import go_round
from ecwi_events.journal import acting
from ecwi_events.kernel import clock

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def tick(app: Flask, settings: Settings) -> None:
    """Derive what is due by time, write it down, and drain; a second beat does no harm."""
    try:
        derive()
    finally:  # what is written down already goes out in any case
        drain(app, settings, beating=True)
        beat()


def derive() -> None:
    """Write down what time alone has made due, as `ecwi_events.jobs.rounds` lists it."""
    with acting.through("jobs"):
        go_round(now=clock.utc_now())
