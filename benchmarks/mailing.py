"""Reminders to a mail server that takes everything: messages a second beside a bare `smtplib` loop on one connection."""

from __future__ import annotations

import os
import smtplib
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
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
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.work.models import Queue, Work, WorkState
from tests.make import make_activity, make_session
from tests.servers import processes, valkey
from tests.servers.postgres import free_port

MESSAGES = int(os.environ.get("MESSAGES", "10000"))
DELAYS = [int(one) for one in os.environ.get("DELAYS", "0 5 50").split()]  # of the mail server, in milliseconds
WORKERS = [int(one) for one in os.environ.get("WORKERS", "1 2").split()]
SHORT = 10  # milliseconds: of a mail server near by that keeps what it takes
KIND = "reminder.day_before"
ACTIVITIES, SESSIONS, AT_ONCE = 4, 3, 500
ZONES = ("Europe/Kyiv", "Asia/Almaty", "Europe/Lisbon", "America/New_York", "Asia/Tbilisi", "Europe/Amsterdam")


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            for delay in DELAYS:
                count = MESSAGES if not delay else max(200, MESSAGES // (20 if delay > SHORT else 4))
                rows += measured(name, url, folder, delay=delay, count=count)
    tables.show(
        "Reminders to a mail server",
        f"{MESSAGES} reminders of the day before (fewer where the server waits), to as many people in "
        f"{len(ZONES)} zones, signed up for {ACTIVITIES} activities. Of each it is asked once more "
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
    for workers in WORKERS:
        with ExitStack() as stack:
            port = stack.enter_context(sink(delay))
            broker = valkey.start()
            stack.callback(broker.stop)
            variables = {"ECWI_MAIL_URL": f"smtp://127.0.0.1:{port}", "ECWI_REDIS_URL": broker.url}
            with ground.application(url, folder, **variables) as app:
                prepare(count)
                example = one_message(app.extensions["ecwi_settings"])
            bare = bare_loop(port, example, min(count, 2000 if delay <= SHORT else 100))
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
    """Let so many people sign up for a few activities of tomorrow, and put a reminder for each that is due now."""
    now = clock.utc_now()
    with transaction():
        db.session.execute(sa.delete(Work))
        db.session.execute(sa.delete(Mail))
    there = db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) or 0
    db.session.rollback()
    if there < count:
        for activity_id in [_activity(f"Learning communities {number + 1}", now) for number in range(ACTIVITIES)]:
            _sign_up_crowd(activity_id, -(-(count - there) // ACTIVITIES), now)
    for some in range(0, count, AT_ONCE):
        with transaction():
            _queue(some, min(AT_ONCE, count - some), now)


def _activity(title: str, now: datetime) -> int:
    tomorrow = [now + timedelta(hours=20, days=7 * week) for week in range(SESSIONS)]
    return make_activity(title, sessions=[make_session(starts_local=f"{start:%Y-%m-%d %H:%M}") for start in tomorrow])


def _sign_up_crowd(activity_id: int, count: int, now: datetime) -> None:
    places_id = db.session.scalar(sa.select(Places.id).where(Places.activity_id == activity_id))
    db.session.rollback()
    for some in range(0, count, AT_ONCE):
        people = [
            {"name": f"Olena Koval {n}", "language": "en", "created_at": now} for n in range(some, some + AT_ONCE)
        ]
        with transaction() as session:
            ids = session.scalars(sa.insert(Person).returning(Person.id), people[: count - some]).all()
            addresses = [f"p{number}@crowd.example" for number in ids]
            session.execute(
                sa.insert(EmailAddress),
                [
                    {"person_id": number, "address": address, "normalised": address, "is_primary": True}
                    for number, address in zip(ids, addresses, strict=True)
                ],
            )
            session.execute(
                sa.insert(Registration),
                [
                    {"uid": str(uuid.uuid4()), "activity_id": activity_id, "places_id": places_id, "person_id": number,
                     "place": Place.CONFIRMED, "zone": ZONES[number % len(ZONES)], "link_hash": uuid.uuid4().hex,
                     "created_at": now, "confirmed_at": now}
                    for number in ids
                ],
            )  # fmt: skip


def _queue(some: int, count: int, now: datetime) -> None:
    firsts = sa.select(sa.func.min(ActivitySession.id)).group_by(ActivitySession.activity_id)
    rows = db.session.execute(
        sa.select(Registration.id, Registration.person_id, ActivitySession.id, ActivitySession.schedule_revision)
        .join(ActivitySession, ActivitySession.activity_id == Registration.activity_id)
        .where(ActivitySession.id.in_(firsts))
        .order_by(Registration.id).offset(some).limit(count)
    ).all()  # fmt: skip
    mails = [
        {"dedup_key": f"bench:{now}:{number}", "message_id": f"<{uuid.uuid4()}@bench.example>", "kind": KIND,
         "person_id": person_id, "address": f"p{person_id}@crowd.example", "subject_id": number, "session_id": session_id,
         "revision": revision, "state": MailState.QUEUED, "attempts": 0, "created_at": now}
        for number, person_id, session_id, revision in rows
    ]  # fmt: skip
    mail_ids = db.session.scalars(sa.insert(Mail).returning(Mail.id), mails).all()
    db.session.execute(
        sa.insert(Work),
        [
            {"kind": service.WORK_KIND, "dedup_key": f"mail:{now}:{number}", "reference": number, "queue": Queue.NORMAL,
             "priority": 60, "due_at": now, "state": WorkState.DUE, "attempts": 0, "created_at": now}
            for number in mail_ids
        ],
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
