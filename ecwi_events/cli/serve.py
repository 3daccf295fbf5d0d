"""``ecwi-events serve``: Valkey, web server and worker as one process tree, for a laptop or a small server."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import socket
import sys
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import SQLAlchemyError

import config
from ecwi_events.app import create_app
from ecwi_events.cli import database, demo
from ecwi_events.cli.parts import broker_answers, make_parts
from ecwi_events.cli.supervisor import Pulse, Signals, StartError, Supervisor
from ecwi_events.jobs.drain import HEARTBEAT
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, when_work_is_committed
from ecwi_events.work import queries as work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from flask import Flask

    from config import Settings
    from ecwi_events.cli.supervisor import Part

SILENT_TICKS = 3
COULD_NOT_START = 1


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 is all.")
def serve(host: str) -> None:
    """Run everything as one process tree.

    Valkey, the web server and the worker. Prepares the database first.
    Ctrl-C stops all of it. ECWI_DATA_DIR says where data are kept, PORT where it listens.
    """
    settings = config.from_environment()
    with only_one(settings), reserved_port(host, settings.port), Signals() as signals:
        app = create_app(settings)
        when_work_is_committed(lambda _queues: None)  # nobody listens: the worker's first tick finds what the demo put
        with app.app_context():
            _prepare(settings)
            db.engine.dispose()
        pulse = Pulse(lambda: _last_beat(app), limit=SILENT_TICKS * settings.tick_seconds)
        pulse.moved()
        parts = make_parts(settings, host, pulse)
        supervisor = Supervisor(list(parts.values()), signals, say=_say)
        try:
            supervisor.start()
            if not signals.stopping:
                _welcome(app, settings)
            supervisor.watch(lambda: _look_after_the_worker(supervisor, parts["worker"], pulse, settings))
        except StartError as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(COULD_NOT_START) from error
        finally:
            supervisor.stop()
    click.echo("Stopped.")


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock: one web process per SQLite file, one Valkey and one beat per folder.

    Raises:
        SettingsError: another tree holds it.
    """
    with (settings.data_dir / "run" / config.LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise config.SettingsError(
                f"ECWI_DATA_DIR: ecwi-events already runs on {settings.data_dir} (process {file.read().strip()}). "
                "Stop it first, or choose another folder."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        (settings.data_dir / "run" / config.ADDRESS_FILE).write_text(settings.base_url, encoding="ascii")
        yield


@contextmanager
def reserved_port(host: str, port: int) -> Iterator[None]:
    """Make sure that nobody listens there, and keep others out until the web server has it, and while it starts again.

    Raises:
        SettingsError: the port is busy, or not for us.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise config.SettingsError(
            f"PORT: cannot listen on {host}:{port} ({error.strerror}). Choose another one: PORT={port % 65535 + 1}"
        ) from error
    with socket.socket(family) as reserved:
        with suppress(OSError):  # connections to an earlier server may still be fading out: then do without
            reserved.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEPORT, 1
            )  # our web server says the same, others do not
            reserved.bind((host, port))
        yield


def _prepare(settings: Settings) -> None:
    database.upgrade()
    if settings.demo and demo.is_empty():
        _say("First start: making the demo.")
        demo.make_demo(now=clock.utc_now())


def _last_beat(app: Flask) -> datetime | None:
    with app.app_context():
        return work.last_beat(HEARTBEAT)


def _look_after_the_worker(supervisor: Supervisor, worker: Part, pulse: Pulse, settings: Settings) -> None:
    """Start the worker again if its heart has stopped although the broker answers: it lives, but hears nothing."""
    try:
        silent = pulse.is_silent()
    except SQLAlchemyError:
        pulse.forgive()  # the database is away: that is not the worker's fault
        return
    if silent and worker.child.is_running:
        if broker_answers(settings):
            supervisor.restart(worker, "it has not done its round for some time")
        pulse.forgive()


def _welcome(app: Flask, settings: Settings) -> None:
    with app.app_context():
        links = demo.demo_links(now=clock.utc_now()) if settings.demo else {}
        nobody = demo.is_empty()
    _say(f"ecwi-events {version('ecwi-events')} runs at {settings.base_url}\n")
    for role, link in links.items():
        _say(f"  sign in as {role:<8}{link}")
    if links:
        _say(f"\nEach link works once, for 15 minutes. A new one:\n  {_command('sign-in-link')} {demo.ROLES['office']}")
    elif nobody:
        _say(f"Nobody is here yet. Type: {_command('create-person')} EMAIL --name 'Full Name' --role office")
    _say(f"Data: {settings.data_dir}   Logs: {settings.data_dir / 'log'}   Stop: Ctrl-C")


def _command(name: str) -> str:
    """Return how one types a command about the data that are served here, ready to be copied as far as nothing is secret."""
    shown, secret = config.in_front()
    return "".join(f"{one}=... " for one in secret) + f"{shown}{_program()} {name}"


def _program() -> str:
    """Return how this program is called from where one stands."""
    started = Path(sys.argv[0])
    if started.suffix == ".py":
        return f"{shlex.quote(sys.executable)} -m ecwi_events.cli"
    found = shutil.which("ecwi-events")
    return "ecwi-events" if found and Path(found).resolve() == started.resolve() else shlex.quote(str(started))


def _say(words: str) -> None:
    click.echo(words)


commands: Sequence[click.Command] = [serve]
