"""``ecwi-events work``: the durable work without Celery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecwi_events.app import create_app
from ecwi_events.jobs import drain as draining
from ecwi_events.jobs import tick as ticking
from ecwi_events.kernel import clock
from ecwi_events.work import queries

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group()
def work() -> None:
    """Look at due work, or do it here and now."""


@work.command("run-once")
def run_once() -> None:
    """Do all work that is due now, in this process, without Redis and without a worker.

    Ends with exit code 1 if a piece of work failed; it is tried again later.
    """
    app = create_app()
    with app.app_context():
        settings = app.extensions["ecwi_settings"]
        ticking.derive()
        drained = draining.drain(app, settings)
        left = queries.backlog(now=clock.utc_now())
    click.echo(f"Done: {drained.done}. Failed: {drained.failed}. Still to do: {left.due + left.leased}.")
    if drained.failed:
        raise click.exceptions.Exit(1)


@work.command("status")
def status() -> None:
    """Say how much work is due, in hand and given up."""
    with create_app().app_context():
        now = clock.utc_now()
        backlog = queries.backlog(now=now)
        beat = queries.last_beat(draining.HEARTBEAT)
    click.echo(f"Due: {backlog.due}. In hand: {backlog.leased}. Given up: {backlog.dead}.")
    click.echo(f"Last beat of the worker: {f'{int((now - beat).total_seconds())} s ago' if beat else 'never'}.")


commands: Sequence[click.Command] = [work]
