"""The tick: every half minute, ask what has become due by time alone, then drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.jobs.drain import beat, drain

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def tick(app: Flask, settings: Settings) -> None:
    """Derive what is due by time, write it down, and drain; a second beat does no harm."""
    drain(app, settings)
    beat()
