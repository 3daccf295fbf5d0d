"""Exporting feeds: the door of the work kind ``feed.export``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import service
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim


def export_feed(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Write the programme's feed anew, whichever activity changed."""
    with transaction():
        service.export_programme_feed(now=clock.utc_now())
