"""``ecwi-events work``: the durable work without Celery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecwi_events.app import create_app
from ecwi_events.jobs import drain as draining
from ecwi_events.jobs import tick as ticking
from ecwi_events.journal import acting
from ecwi_events.journal import handling_work as service
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound
from ecwi_events.work import looking, queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHOWN = 20


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
    """Say how much work is due, in hand and given up, and why the latest was given up."""
    with create_app().app_context():
        now = clock.utc_now()
        backlog = queries.backlog(now=now)
        beat = queries.last_beat(draining.HEARTBEAT)
        given_up = queries.given_up(limit=SHOWN)
    click.echo(f"Due: {backlog.due}. In hand: {backlog.leased}. Given up: {backlog.dead}.")
    click.echo(f"Last beat of the worker: {f'{int((now - beat).total_seconds())} s ago' if beat else 'never'}.")
    for piece in given_up:
        click.echo(f"  given up: {piece.id} {piece.kind} ({piece.attempts} tries): {piece.last_error}")


@work.command("show")
@click.argument("number", type=int)
def show(number: int) -> None:
    """Say everything that is known about one piece of work."""
    with create_app().app_context():
        piece = looking.find_piece(number)
        if piece is None:
            raise NotFound(f"There is no work with the number {number}.")
    click.echo(f"{piece.id} {piece.kind} of record {piece.reference}: {piece.state}, {piece.queue} {piece.priority}")
    for name in (
        "due_at",
        "claimed_at",
        "holder",
        "attempts",
        "progress",
        "cancel_asked_at",
        "finished_at",
        "last_error",
    ):
        if (value := getattr(piece, name)) not in (None, ""):
            click.echo(f"  {name.replace('_', ' '):<16}{value}")


@work.command("workers")
def workers() -> None:
    """Name the workers that have shown themselves, with what they take and since when they are silent."""
    with create_app().app_context():
        now = clock.utc_now()
        found = queries.workers()
    for worker in found:
        silent = int((now - worker.beat_at).total_seconds())
        click.echo(f"{worker.name}  {worker.version}  {worker.queues}  silent for {silent} s")
    if not found:
        click.echo("No worker has shown itself.")


@work.command("retry")
@click.argument("numbers", type=int, nargs=-1, required=True)
def retry(numbers: tuple[int, ...]) -> None:
    """Try given-up work again; NUMBERS are those that `work status` shows."""
    _handle(numbers, service.retry_work, "There is no given-up work with the number")
    click.echo(f"{len(numbers)} to be tried again.")


@work.command("cancel")
@click.argument("numbers", type=int, nargs=-1, required=True)
def cancel(numbers: tuple[int, ...]) -> None:
    """Call work off that is due, in hand or given up; a worker then settles what hangs on it."""
    _handle(numbers, service.cancel_work, "There is no work to call off with the number")
    click.echo(f"{len(numbers)} to be called off.")


def _handle(numbers: tuple[int, ...], act: Callable[..., bool], sentence: str) -> None:
    with create_app().app_context(), acting.through("cli"):
        now = clock.utc_now()
        with transaction():
            missing = [number for number in numbers if not act(number, now=now)]
            if missing:
                raise NotFound(f"{sentence} {', '.join(map(str, missing))}.")


commands: Sequence[click.Command] = [work]
