"""Telling everybody who signed up what has changed: the door of the work kind ``registration.tell_all``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.registration import telling
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim


def tell_all(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Put the mails in batches, each in a transaction of its own; whoever takes over goes on where this one ended."""
    done, told = 0, telling.BATCH
    while told == telling.BATCH:
        with transaction():
            if not work.checkpoint(piece, lease_seconds=settings.lease_seconds, done=done, total=done):
                return  # we were so slow that somebody else holds this work now
            told = telling.tell_some(piece.reference, now=clock.utc_now())
        done += told
