"""The Celery door. Tasks carry no business state: a ring or a tick drains what the work table says is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.jobs.celery_app import make_celery

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def install(app: Flask, settings: Settings) -> None:
    """Give the application its Celery, under ``app.extensions["celery"]``."""
    app.extensions["celery"] = make_celery(app, settings)
