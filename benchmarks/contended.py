"""Contended sign-ups: the act alone, against the same rows written by bare SQL, 32 callers, both engines."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import ground, tables
from ecwi_events.registration.models import Place
from tests.make import make_activity
from tests.registration import crowd

CALLERS = 32
PEOPLE = 1500
INSTANT = "2026-11-21 09:00:00.000000"
FREE = "capacity IS NULL OR taken < capacity"
TAKE = (
    f"UPDATE places SET seq = seq + 1, granted = CASE WHEN {FREE} THEN 1 ELSE 0 END, "  # noqa: S608 - constants only
    f"taken = taken + CASE WHEN {FREE} THEN 1 ELSE 0 END, waiting = waiting + CASE WHEN {FREE} THEN 0 ELSE 1 END "
    "WHERE activity_id = ? RETURNING id, granted, seq"
)
PERSON = "INSERT INTO person (name, language, created_at) VALUES (?, 'en', ?) RETURNING id"
ADDRESS = "INSERT INTO email_address (person_id, address, normalised, is_primary) VALUES (?, ?, ?, true)"
REGISTRATION = (
    "INSERT INTO registration (uid, activity_id, places_id, person_id, place, queue_place, zone, link_hash, "
    "link_version, revision, created_at) VALUES (?, ?, ?, ?, ?, ?, 'UTC', ?, 1, 1, ?) RETURNING id"
)
MAIL = (
    "INSERT INTO mail (dedup_key, kind, person_id, address, message_id, subject_id, state, attempts, created_at) "
    "VALUES (?, 'registration.confirmed', ?, ?, ?, ?, 'queued', 0, ?) RETURNING id"
)
WORK = (
    "INSERT INTO work (kind, dedup_key, reference, priority, due_at, state, attempts, created_at) "
    "VALUES ('mail.send', ?, ?, 30, ?, 'due', 0, ?)"
)


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            with ground.application(url, folder) as app:
                for activities, capacity in ((1, 80), (50, 80)):
                    ids = [make_activity(f"{activities} {n}", capacity=capacity) for n in range(activities)]
                    bare_ids = [make_activity(f"bare {activities} {n}", capacity=capacity) for n in range(activities)]
                    bare_rate, _ = bare(connector(url), bare_ids)
                    started = time.perf_counter()
                    ledger = crowd.run(app, ids, people=PEOPLE, callers=CALLERS, withdrawing=0, seed=activities)
                    rate = PEOPLE / (time.perf_counter() - started)
                    wrong = crowd.faults_at_rest(ids, ledger)
                    waiting = sum(place is Place.WAITING for place in ledger.signed_up.values())
                    rows.append(
                        [
                            name, activities, bare_rate, rate, rate / bare_rate,
                            1000 * tables.percentile(ledger.seconds, 0.5),
                            1000 * tables.percentile(ledger.seconds, 0.99),
                            waiting, len(wrong) + len(ledger.faults),
                        ]
                    )  # fmt: skip
    tables.show(
        "Contended sign-up, the act alone",
        f"{PEOPLE} people, {CALLERS} callers at once, every answer checked afterwards; the limit writes the same six rows "
        "(person, address, counted row, registration, mail, work) by bare SQL in one transaction, in the same run.",
        ["engine", "activities", "bare SQL /s", "act /s", "ratio", "p50 ms", "p99 ms", "waiting", "faults"],
        rows,
    )


def connector(url: str) -> Callable[[], Any]:
    """Return a function that opens a bare connection with the product's own settings of durability."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))

        def open_sqlite() -> sqlite3.Connection:
            connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            return connection

        return open_sqlite
    return lambda: psycopg.connect(url.replace("+psycopg", ""), autocommit=True, prepare_threshold=1)


def bare(connect: Callable[[], Any], activity_ids: list[int]) -> tuple[float, list[float]]:
    """Write the rows of ``PEOPLE`` sign-ups through ``CALLERS`` bare connections; return the rate and the times."""
    mutex, queue, lock, seconds = threading.Lock(), iter(range(PEOPLE)), threading.Lock(), []

    def call(number: int) -> None:
        connection, chance = connect(), random.Random(number)
        embedded = isinstance(connection, sqlite3.Connection)

        def run(statement: str, *values: object) -> Any:
            return connection.execute(statement if embedded else statement.replace("?", "%s"), values)

        while True:
            with lock:
                person = next(queue, None)
            if person is None:
                break
            started = time.perf_counter()
            if embedded:
                with mutex:
                    one(run, chance.choice(activity_ids), person, begin="BEGIN IMMEDIATE")
            else:
                one(run, chance.choice(activity_ids), person, begin="BEGIN")
            seconds.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return PEOPLE / (time.perf_counter() - started), seconds


def one(run: Callable[..., Any], activity_id: int, person: int, *, begin: str) -> None:
    """Write the six rows of one sign-up."""
    address, mark = f"bare{activity_id}-{person}@crowd.example", uuid.uuid4().hex
    run(begin)
    person_id = run(PERSON, f"Person {person}", INSTANT).fetchone()[0]
    run(ADDRESS, person_id, address, f"{mark}{address}")
    places_id, granted, seq = run(TAKE, activity_id).fetchone()
    place, queue_place = ("confirmed", None) if granted else ("waiting", seq)
    values = (mark, activity_id, places_id, person_id, place, queue_place, mark, INSTANT)
    registration_id = run(REGISTRATION, *values).fetchone()[0]
    mail_id = run(MAIL, mark, person_id, address, mark, registration_id, INSTANT).fetchone()[0]
    run(WORK, mark, mail_id, INSTANT, INSTANT)
    run("COMMIT")


if __name__ == "__main__":
    main()
