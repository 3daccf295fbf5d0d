"""Celery entry point: ``celery -A worker worker``, with beat as ``-B`` (embedded) or a process of its own."""

from ecwi_events.app import create_app

flask_app = create_app()
celery_app = flask_app.extensions["celery"]
