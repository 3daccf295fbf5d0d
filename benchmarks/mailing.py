"""Reminders to a mail server that takes everything: messages a second beside a bare `smtplib` loop on one connection."""

from __future__ import annotations

import os
import smtplib
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import sqlalchemy as sa

import config
from benchmarks import ground, tables
from ecwi_events.jobs.letters import letter_of
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import message, queries, rendering, service
from ecwi_events.mail.letters import Letter, Sender
from ecwi_events.mail.models import Mail
from ecwi_events.registration.models import Registration
from ecwi_events.work.models import Work
from tests.make import make_activity, make_session, sign_up
from tests.servers import processes, valkey
from tests.servers.postgres import free_port

MESSAGES = int(os.environ.get("MESSAGES", "10000"))
DELAYS = (0, 50)  # what the mail server waits after each message, in milliseconds
KIND = "reminder.day_before"
SAMPLES = 10  # looks at the memory of a worker over its run


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            for delay in DELAYS:
                count = MESSAGES if not delay else max(200, MESSAGES // 20)
                rows += measured(name, url, folder, delay=delay, count=count)
    tables.show(
        "Reminders to a mail server",
        f"{MESSAGES} reminders of the day before (a twentieth where the server waits). Of each it is asked once more "
        "whether it is wanted; it is written, and sent by real workers through Valkey to a mail server in a process of its "
        "own. The bare loop sends one such mail over and over by smtplib on one connection to the same server just before. "
        "Memory is that of the first worker after a tenth of the run and at its end.",
        [
            "engine",
            "server waits ms",
            "workers",
            "bare /s",
            "ours /s",
            "ratio",
            "MB after 10 %",
            "MB at the end",
            "missing",
        ],
        rows,
    )


def measured(name: str, url: str, folder: Path, *, delay: int, count: int) -> list[list[object]]:
    """Return one row for each number of workers."""
    rows: list[list[object]] = []
    for workers in (1,) if name == "SQLite" and delay else (1, 2):
        with ExitStack() as stack:
            port = stack.enter_context(sink(delay))
            broker = valkey.start()
            stack.callback(broker.stop)
            variables = {"ECWI_MAIL_URL": f"smtp://127.0.0.1:{port}", "ECWI_REDIS_URL": broker.url}
            with ground.application(url, folder, **variables) as app:
                prepare(count)
                example = one_message(app.extensions["ecwi_settings"])
            bare = bare_loop(port, example, min(count, 2000 if not delay else 100))
            ours, memory, missing = run(
                stack,
                {**variables, "ECWI_DATABASE_URL": url, "ECWI_DATA_DIR": str(folder)},
                port,
                workers=workers,
                count=count,
            )
            rows.append([name, delay, workers, bare, ours, ours / bare, memory[0], memory[1], missing])
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


@contextmanager
def sink(delay: int) -> Iterator[int]:
    """Run the mail server; give its port."""
    port = free_port()
    with processes.running([sys.executable, "-m", "benchmarks.sink", str(port), str(delay)], {}):
        for _ in range(100):
            try:
                taken(port)
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield port


def taken(port: int) -> int:
    """Ask the mail server how many messages it took."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        return int(connection.noop()[1])


def prepare(count: int) -> None:
    """Make one activity tomorrow, and so many reminders about it that are due now."""
    now = clock.utc_now()
    registration_id = db.session.scalar(sa.select(sa.func.max(Registration.id)))
    if registration_id is None:
        tomorrow = (now + timedelta(hours=20)).strftime("%Y-%m-%d %H:%M")
        activity = make_activity(sessions=[make_session(starts_local=tomorrow)])
        registration_id = sign_up(activity, "Olena Koval", "olena@kyiv.example", now=now).registration_id
    db.session.rollback()
    with transaction():
        db.session.execute(sa.delete(Work))
        db.session.execute(sa.delete(Mail))
    session_id, revision, person_id = db.session.execute(
        sa.text(
            "SELECT s.id, s.schedule_revision, r.person_id FROM activity_session s "
            "JOIN registration r ON r.activity_id = s.activity_id WHERE r.id = :id"
        ),
        {"id": registration_id},
    ).one()
    for some in range(0, count, 500):
        with transaction():
            for number in range(some, min(some + 500, count)):
                service.queue(
                    KIND, person_id=person_id, address=f"p{number}@crowd.example", subject_id=registration_id,
                    session_id=session_id, revision=revision, dedup_key=f"bench:{now}:{number}", priority=60, now=now,
                )  # fmt: skip


def one_message(settings: config.Settings) -> bytes:
    """Return one of these mails as it is sent."""
    mail = queries.find_mail(db.session.scalar(sa.select(sa.func.min(Mail.id))) or 0)
    now = clock.utc_now()
    if mail is None or not isinstance(letter := letter_of(mail, Sender(settings.mail_from), now=now), Letter):
        raise RuntimeError("the reminder is not wanted")
    envelope = message.Envelope(Sender(settings.mail_from), mail.address, mail.message_id, mail.kind, now)
    return message.build(envelope, letter, rendering.render(mail.kind, letter.facts))


def bare_loop(port: int, example: bytes, count: int) -> float:
    """Return how many messages a second a bare loop sends on one connection."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.ehlo()
        started = time.perf_counter()
        for number in range(count):
            connection.sendmail("events@events.test", [f"p{number}@crowd.example"], example)
        return count / (time.perf_counter() - started)


def run(
    stack: ExitStack, variables: dict[str, str], port: int, *, workers: int, count: int
) -> tuple[float, tuple[float, float], int]:
    """Let workers send it all; return messages a second from the first tenth to the end, memory, and what is missing."""
    environment = {
        "ECWI_SECRET_KEY": "a key for benchmarks", "ECWI_RATE_LIMITS": "off", "PYTHONTZPATH": "", "ECWI_TICK_SECONDS": "1",
        **variables,
    }  # fmt: skip
    before = taken(port)
    running = [
        stack.enter_context(
            processes.running(
                [*processes.worker_command(beat=number == 0, concurrency=4), "-n", f"w{number}@%h"], environment
            )
        )
        for number in range(workers)
    ]
    began, began_with = 0.0, 0
    memory: list[float] = []
    deadline = time.monotonic() + 60 + count / 5
    while (sent := taken(port) - before) < count and time.monotonic() < deadline:
        if sent >= count / 10 and not began:
            began, began_with = time.perf_counter(), sent
            memory.append(_megabytes(running[0]))
        time.sleep(0.02)
    rate = (count - began_with) / (time.perf_counter() - began)
    memory.append(_megabytes(running[0]))
    return rate, (memory[0], memory[-1]), count - sent


def _megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 1024**2


if __name__ == "__main__":
    main()
