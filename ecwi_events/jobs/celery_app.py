"""Celery, configured to be a doorbell and a muscle and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Celery, Task
from celery.signals import worker_process_init

from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.tick import tick
from ecwi_events.kernel.db import db

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

SOFT_LIMIT_SECONDS = 600


def make_celery(app: Flask, settings: Settings) -> Celery:
    """Return the Celery application with its two tasks, ``ecwi.drain`` and ``ecwi.tick``."""

    class ContextTask(Task):  # type: ignore[misc]  # Celery is untyped
        """Runs inside an application context, which also gives the database session back at its end."""

        def __call__(self, *args: Any, **kwargs: Any) -> object:  # noqa: ANN401 - Celery's signature
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("ecwi", broker=settings.redis.celery, task_cls=ContextTask, set_as_current=False)
    celery.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,
        task_soft_time_limit=SOFT_LIMIT_SECONDS,
        task_time_limit=SOFT_LIMIT_SECONDS + 60,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=1000,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 5, "socket_keepalive": True, "health_check_interval": 10},
        beat_schedule={
            "tick": {
                "task": "ecwi.tick",
                "schedule": settings.tick_seconds,
                "options": {"expires": settings.tick_seconds},
            }
        },
        beat_schedule_filename=str(settings.data_dir / "run" / "beat-schedule"),
        timezone="UTC",
    )

    @celery.task(name="ecwi.drain")  # type: ignore[untyped-decorator]  # Celery is untyped
    def drain_task() -> None:
        drain(app, settings, beating=True)

    @celery.task(name="ecwi.tick")  # type: ignore[untyped-decorator]  # Celery is untyped
    def tick_task() -> None:
        tick(app, settings)

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def after_fork(**_: object) -> None:
        with app.app_context():
            db.engine.dispose(close=False)

    return celery
