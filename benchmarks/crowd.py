"""A crowd signs up through HTTP: 32 people at once, page, form and greeting, at the server that `ecwi-events serve` starts.

Each person comes from an address of their own, told by the header of a proxy in front (`ECWI_PROXY_HOPS=1`), so the limits
stay on. Every answer is checked afterwards against the books.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

import config
from benchmarks import contended, ground, tables
from benchmarks.hello import SESSIONS, servers_of
from ecwi_events.cli import parts
from ecwi_events.kernel.db import db
from ecwi_events.people.models import EmailAddress
from ecwi_events.programme.models import Activity
from ecwi_events.registration.models import Registration
from tests.make import make_activity, make_session
from tests.registration import crowd as books
from tests.servers import processes, valkey
from tests.servers.postgres import free_port

CALLERS = 32
PEOPLE = int(os.environ.get("CROWD", "1500"))
CAPACITY = 80
WARMING_UP = 64
AIM = 100
HEAD = [
    "engine", "activities", "worker", "bare SQL /s", "hello /s", f"sign-ups /s (aim {AIM})", "of bare", "hellos each",
    "page p50/p99 ms", "form p50/p99 ms", "greeting p50/p99 ms", "whole p50/p99 ms", "waiting", "client %", "faults",
]  # fmt: skip


def main() -> None:
    """Print the table."""
    rows, load = [], os.getloadavg()[0]
    with ground.engines() as engines:
        for name, url, folder in engines:
            for activities in (1, 50):
                rows += [[name, *_row(url, folder, activities, has_worker=worker)] for worker in (False, True)]
    tables.show(
        "A crowd signs up through HTTP",
        f"{PEOPLE} people, {CALLERS} at once, each by three requests: page of five sessions, form, greeting. The server is "
        "that of `ecwi-events serve` (granian, one process, eight threads), with limits on, and Valkey; the worker too "
        "where it says so. Bare SQL writes the same six rows in one transaction, by as many callers; hello is a one-line "
        "Flask page on the same server, by the same client; both just before each line. Client: its part of all processor "
        "time. "
        f"Load of the machine as it began: {load:.1f}.",
        HEAD,
        rows,
    )


def hello_rate(folder: Path) -> float:
    """Return how many hello pages a second the same server gives to the same client."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = config.from_environment({"ECWI_DATA_DIR": str(folder), "PORT": str(port)})
    command = [*parts.web_command(settings, "127.0.0.1")[:-1], "benchmarks.hello_app:app"]
    with processes.running(command, {}):
        processes.wait_for(port)
        _let(port, [], "warm", 300)
        return 2 * PEOPLE / float(_let(port, [], "hello", 2 * PEOPLE)["seconds"])


def _row(url: str, folder: Path, activities: int, *, has_worker: bool) -> list[object]:
    hello, crowd = hello_rate(folder), f"c{activities}{'w' if has_worker else ''}"
    with ground.application(url, folder):
        sessions = [make_session(f"Session {s}", starts_local=s) for s in SESSIONS]
        ids = [make_activity(f"{crowd} {n}", capacity=CAPACITY, sessions=sessions) for n in range(activities)]
        warm = make_activity(f"{crowd} warm", sessions=sessions)
        others = [make_activity(f"{crowd} bare {n}", capacity=CAPACITY) for n in range(activities)]
        bare, _ = contended.bare(contended.connector(url), others)
        slugs = dict(db.session.execute(sa.select(Activity.id, Activity.slug)).all())
    said, used = _run(url, folder, [slugs[one] for one in ids], slugs[warm], crowd, has_worker=has_worker)
    with ground.application(url, folder):
        faults = [*said["faults"], *books.faults_at_rest(ids, books.Ledger()), *told_otherwise(said["done"], crowd)]
    for fault in faults[:5]:
        print(fault, file=sys.stderr)
    rate = len(said["done"]) / said["seconds"]
    times = [one["times"] for one in said["done"]]
    each = [_p50_p99([one[step] for one in times]) for step in range(3)]
    waiting = sum(one["place"] == "waiting" for one in said["done"])
    share = 100 * said["used"] / (said["used"] + used)
    return [
        activities, "yes" if has_worker else "no", bare, hello, rate, rate / bare, hello / rate, *each,
        _p50_p99([sum(one) for one in times]), waiting, round(share), len(faults),
    ]  # fmt: skip


def _run(
    url: str, folder: Path, slugs: list[str], warm: str, crowd: str, *, has_worker: bool
) -> tuple[dict[str, Any], float]:
    """Start the servers, let the crowd in; return what its client says, and the servers' processor seconds."""
    with ExitStack() as stack:
        broker, port = valkey.start(), free_port()
        stack.callback(broker.stop)
        environment = {
            "ECWI_DATABASE_URL": url,
            "ECWI_DATA_DIR": str(folder),
            "ECWI_SECRET_KEY": "a key for benchmarks",
            "ECWI_PROXY_HOPS": "1",
            "ECWI_REDIS_URL": broker.url,
            "PORT": str(port),
            "PYTHONTZPATH": "",
        }
        settings = config.from_environment(environment)
        running = [stack.enter_context(processes.running([*parts.web_command(settings, "127.0.0.1")], environment))]
        processes.wait_for(port)
        if has_worker:
            running.append(stack.enter_context(processes.running([*parts.worker_command()], environment)))
        running += [psutil.Process(broker.process.pid), *servers_of(url)]
        _let(port, [warm], f"{crowd}-warm", WARMING_UP)
        before = processes.processor_seconds(*running)
        said = _let(port, slugs, crowd, PEOPLE)
        return said, processes.processor_seconds(*running) - before


def _let(port: int, slugs: list[str], name: str, people: int) -> dict[str, Any]:
    """Let people in through a client in a process of its own; without activities they say hello only."""
    wanted = {"port": port, "slugs": slugs, "name": name, "people": people, "callers": CALLERS}
    command = [sys.executable, "-m", "benchmarks.crowd_client"]
    done = subprocess.run(
        command, input=json.dumps(wanted), capture_output=True, text=True, check=True, cwd=config.PROJECT
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def told_otherwise(done: list[dict[str, Any]], crowd: str) -> list[str]:
    """Return whose sign-up is lost, or is another one than they were told; in the line everybody's number is checked."""
    rows = db.session.execute(
        sa.select(EmailAddress.address, Activity.slug, Registration.place, Registration.queue_place)
        .join(Registration, Registration.person_id == EmailAddress.person_id)
        .join(Activity, Activity.id == Registration.activity_id)
        .where(EmailAddress.address.startswith(f"{crowd}-", autoescape=True))
        .order_by(Registration.queue_place)
    ).all()
    lines: dict[str, int] = {}
    kept = {}
    for row in rows:
        if row.place == "waiting":
            lines[row.slug] = lines.get(row.slug, 0) + 1
        kept[row.address] = (row.slug, row.place.value, lines[row.slug] if row.place == "waiting" else None)
    told = {one["email"]: (one["slug"], one["place"], one["number"]) for one in done}
    return [f"told {told[address]}, is {kept.get(address)}" for address in told if told[address] != kept.get(address)]


def _p50_p99(seconds: list[float]) -> str:
    return f"{1000 * tables.percentile(seconds, 0.5):,.0f} / {1000 * tables.percentile(seconds, 0.99):,.0f}"


if __name__ == "__main__":
    main()
