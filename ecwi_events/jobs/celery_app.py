"""Celery, configured to be a doorbell and a muscle and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Celery, Task
from celery.signals import (
    celeryd_after_setup,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from kombu.entity import Queue

from ecwi_events.jobs.doorbell import RING_LIVES_SECONDS, ring_at
from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.heart import HEART
from ecwi_events.jobs.lanes import ALL
from ecwi_events.jobs.tick import queues_to_wake, tick
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
            HEART.hear()
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
        task_queues=[Queue(name) for name in ALL],  # type: ignore[no-untyped-call]  # Celery is untyped
        task_default_queue=ALL[0],
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
                "options": {"expires": RING_LIVES_SECONDS},
            }
        },
        beat_scheduler="ecwi_events.jobs.beating:SteadyScheduler",
        timezone="UTC",
    )
    _add_tasks(celery, app, settings)
    _listen(app, settings)
    return celery


def _add_tasks(celery: Celery, app: Flask, settings: Settings) -> None:
    @celery.task(name="ecwi.drain", bind=True)  # type: ignore[untyped-decorator]  # Celery is untyped
    def drain_task(self: Task) -> None:
        """Drain the queue that the ring came through."""
        lane = (self.request.delivery_info or {}).get("routing_key", "")
        HEART.lanes.walk(lane, lambda queues: drain(app, settings, queues=queues, beating=True))

    @celery.task(name="ecwi.tick")  # type: ignore[untyped-decorator]  # Celery is untyped
    def tick_task() -> None:
        """Derive, and wake the queues: what is written down already goes out in any case.

        A tick whose turn it was not wakes nobody: after hours without a worker there are many of them.
        """
        has_rung = False
        try:
            has_rung = not tick(settings)
        finally:
            for queue in () if has_rung else queues_to_wake(settings):
                ring_at(celery, queue)


def _listen(app: Flask, settings: Settings) -> None:
    """Hear when a worker starts and stops."""

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def after_fork(**_: object) -> None:
        with app.app_context():
            db.engine.dispose(close=False)

    @celeryd_after_setup.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def share_out(instance: Any, **_: object) -> None:  # noqa: ANN401 - Celery's worker
        HEART.share_out(list(instance.app.amqp.queues.consume_from), instance.concurrency)

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def live(**_: object) -> None:
        HEART.start(app, seconds=settings.tick_seconds)

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def end_soon(**_: object) -> None:
        HEART.stopping.set()  # a drain would go on as long as there is work

    @worker_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery is untyped
    def leave(**_: object) -> None:
        HEART.stop(app)
