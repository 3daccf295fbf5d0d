"""``ecwi-events doctor``: is everything there that the service stands on? One line each, with what to do."""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import ssl
import zoneinfo
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import redis
from sqlalchemy.exc import SQLAlchemyError

import config
from ecwi_events.app import create_app
from ecwi_events.cli import database
from ecwi_events.jobs import bounces
from ecwi_events.jobs.drain import HEARTBEAT
from ecwi_events.jobs.lanes import ALL
from ecwi_events.kernel import clock
from ecwi_events.kernel.dates import tzdata_version
from ecwi_events.kernel.db import db
from ecwi_events.work import queries as work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config import Settings

FREE_AT_LEAST = 200 * 1024 * 1024
SMTP_SECONDS = 5
SILENT_TICKS = 3


@dataclass(frozen=True)
class Finding:
    """What one look found; ``advice`` is empty when all is well."""

    name: str
    words: str
    advice: str = ""

    @property
    def line(self) -> str:
        """One line for the operator."""
        mark = "FAULT" if self.advice else "OK"
        return f"{mark:<6}{self.name:<12}{self.words}{f' {self.advice}' if self.advice else ''}"


@click.command()
def doctor() -> None:
    """Look whether everything is in order.

    Settings, data folder, database, Redis, mail, what comes back, time zones, worker:
    one line each, OK, or FAULT and what to do. Ends with exit code 1 if there is a fault.
    """
    try:
        app = create_app()
    except config.SettingsError as error:
        _report([Finding("settings", str(error), "Set it right, then look again.")])
        return
    settings: Settings = app.extensions["ecwi_settings"]
    with app.app_context():
        _report([Finding("settings", f"read; the site is {settings.base_url}"), *(look(settings) for look in LOOKS)])


def _report(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(finding.line)
    if any(finding.advice for finding in findings):
        raise click.exceptions.Exit(1)


def data_folder(settings: Settings) -> Finding:
    """Look at the folder and the space that is left; that it can be written was checked with the settings."""
    free = shutil.disk_usage(settings.data_dir).free
    words = f"{settings.data_dir}, {free // 1024**2} MB free"
    return Finding("data folder", words, "" if free >= FREE_AT_LEAST else "Make room on this disk.")


def schema(settings: Settings) -> Finding:
    """Look whether the database answers and is prepared for this release."""
    kind = "SQLite" if settings.is_sqlite else "PostgreSQL"
    try:
        at = database.revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return Finding("database", f"{kind} does not answer: {reason}.", "Start it, or set ECWI_DATABASE_URL right.")
    if at != (newest := database.newest_revision()):
        return Finding("database", f"{kind} is at {at or 'nothing'}, not at {newest}.", "Type: ecwi-events migrate")
    return Finding("database", f"{kind}, current ({at})")


def broker(settings: Settings) -> Finding:
    """Look whether Redis or Valkey answers."""
    client = redis.Redis.from_url(settings.redis.client, socket_timeout=2, socket_connect_timeout=2)
    try:
        release = client.info("server").get("redis_version", "")
    except redis.exceptions.RedisError:
        return Finding(
            "redis",
            "does not answer: mail and figures wait.",
            "Start `ecwi-events serve`, or set ECWI_REDIS_URL right.",
        )
    finally:
        client.close()
    return Finding("redis", f"answers (version {release})")


def mail(settings: Settings) -> Finding:
    """Look whether mail can go out."""
    if folder := settings.mail.folder:
        can_write = os.access(folder if folder.exists() else folder.parent, os.W_OK)
        advice = "" if can_write else "Make the folder writable, or set ECWI_MAIL_URL."
        return Finding("mail", f"goes to files in {folder}, not to people", advice)
    where = f"{settings.mail.host}:{settings.mail.port}"
    try:
        _greet(settings)
    except (OSError, smtplib.SMTPException) as error:
        reason = str(error).strip() or type(error).__name__
        return Finding("mail", f"{where} does not take mail: {reason}.", "Set ECWI_MAIL_URL right.")
    return Finding("mail", f"{where} answers")


def _greet(settings: Settings) -> None:
    """Open a connection as for sending, and close it."""
    to = settings.mail
    context = ssl.create_default_context()
    connection = (
        smtplib.SMTP_SSL(to.host, to.port, timeout=SMTP_SECONDS, context=context)
        if to.tls == "implicit"
        else smtplib.SMTP(to.host, to.port, timeout=SMTP_SECONDS)
    )
    with connection:
        if to.tls == "starttls":
            connection.starttls(context=context)
        if to.user:
            connection.login(to.user, to.password)
        connection.noop()


def comes_back(settings: Settings) -> Finding:
    """Look whether the mailbox of what comes back can be read; nothing in it is read or marked."""
    where = settings.mail.bounce_mailbox
    if where is None:
        return Finding("comes back", "is not read: no mailbox is set for it")
    if where.maildir:
        can_read = os.access(where.maildir if where.maildir.exists() else where.maildir.parent, os.W_OK)
        return Finding("comes back", f"to {where.maildir}", "" if can_read else "Make this folder writable.")
    try:
        with bounces.opened(where):
            return Finding("comes back", f"to {where.folder} at {where.host}")
    except bounces.UNREACHABLE as error:
        reason = str(error).strip() or type(error).__name__
        return Finding("comes back", f"cannot be read: {reason}.", "Set ECWI_BOUNCE_MAILBOX right.")


def time_zones(_settings: Settings) -> Finding:
    """Look whether the locked time zone data decide, and are those of this release of ours."""
    here, locked = version("tzdata"), locked_release()
    words = f"release {tzdata_version()}"
    if zoneinfo.TZPATH != ():
        return Finding("time zones", f"{words} is not used.", "Start with PYTHONTZPATH set to nothing.")
    if locked and here != locked:
        return Finding("time zones", f"tzdata {here}, but {locked} is locked.", "Install what requirements.lock says.")
    return Finding("time zones", words)


def locked_release() -> str | None:
    """Return the release of ``tzdata`` that this source is locked to; None without a lock file, as in a wheel."""
    lock = config.PROJECT / "requirements.lock"
    found = re.search(r"^tzdata==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE) if lock.exists() else None
    return found.group(1) if found else None


def heartbeat(settings: Settings) -> Finding:
    """Look when a worker last did its round, and whether each queue has somebody who takes it."""
    advice = "Start `ecwi-events serve`, or a worker and beat."
    now, patience = clock.utc_now(), SILENT_TICKS * settings.tick_seconds
    try:
        beat = work.last_beat(HEARTBEAT)
        workers = [worker for worker in work.workers() if (now - worker.beat_at).total_seconds() <= patience]
        missing = [queue for queue in ALL if queue not in work.queues_taken(since=now - timedelta(seconds=patience))]
    except SQLAlchemyError:
        db.session.rollback()
        return Finding("worker", "cannot be asked before the database is prepared.", "Type: ecwi-events migrate")
    if beat is None:
        return Finding("worker", "has never run.", advice)
    age = int((now - beat).total_seconds())
    words = f"did its round {age} s ago"
    if age > patience:
        return Finding("worker", words, f"It is too long. {advice}")
    if missing:
        return Finding("worker", f"{words}, but nobody takes {', '.join(missing)}.", "Start a worker for it: -Q NAME")
    return Finding("worker", f"{words}; {', '.join(worker.name for worker in workers)}")


LOOKS: Sequence[Callable[[Settings], Finding]] = (data_folder, schema, broker, mail, comes_back, time_zones, heartbeat)
commands: Sequence[click.Command] = [doctor]
