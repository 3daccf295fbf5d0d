"""Processor time of one whole sign-up, in hello units: divided by that of a one-line Flask page on the same server."""

from __future__ import annotations

import http.client
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks import ground, tables
from ecwi_events.programme import queries
from tests.make import make_activity, make_session
from tests.servers import processes, valkey
from tests.visitor import Visitor

PEOPLE = 200
HELLOS = 3000
SESSIONS = ["2027-01-19 14:00", "2027-02-02 14:00", "2027-02-16 14:00", "2027-03-02 14:00", "2027-03-30 14:00"]


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    unit = hello_seconds()
    with ground.engines() as engines:
        for name, url, folder in engines:
            requests, web, worker, servers = sign_up_seconds(url, folder)
            whole = web + worker + servers
            rows.append([name, requests, 1000 * unit, *(part / unit for part in (web, worker, servers, whole))])
    tables.show(
        "One whole sign-up, in hello units",
        f"Mean of {PEOPLE} sign-ups to an activity of five sessions: page, form, confirmation, worker, mail with calendar "
        f"entries written to a folder. One hello unit is the processor time of a one-line Flask page ({HELLOS} requests) on "
        "the same server (granian, one worker, eight threads) in the same run. Files of the page are not fetched again.",
        ["engine", "requests", "hello ms", "web", "worker", "database and Valkey", "whole (aim 40)"],
        rows,
    )


def hello_seconds() -> float:
    """Return the processor seconds of one hello page."""
    with processes.web("benchmarks.hello_app:app", {}) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for count in (300, HELLOS):  # the first round warms up
            before = processes.processor_seconds(process)
            for _ in range(count):
                connection.request("GET", "/")
                connection.getresponse().read()
            used = processes.processor_seconds(process) - before
        return used / HELLOS


def sign_up_seconds(url: str, folder: Path) -> tuple[int, float, float, float]:
    """Return the requests of one sign-up and the processor seconds of web, worker, and database with Valkey."""
    with ExitStack() as stack:
        broker = valkey.start()
        stack.callback(broker.stop)
        environment = {
            "ECWI_DATABASE_URL": url,
            "ECWI_DATA_DIR": str(folder),
            "ECWI_SECRET_KEY": "a key for benchmarks",
            "ECWI_RATE_LIMITS": "off",  # all visitors come from one address
            "ECWI_REDIS_URL": broker.url,
            "PYTHONTZPATH": "",
        }
        with ground.application(url, folder):
            slug = prepared()
        web, port = stack.enter_context(processes.web(f"{processes.TARGET}:flask_app", environment))
        worker = stack.enter_context(processes.running(processes.worker_command(), environment))
        servers = [psutil.Process(broker.process.pid), *servers_of(url)]
        mails = folder / "mail"
        _sign_up_and_wait(port, slug, range(10), mails)
        before = [processes.processor_seconds(*part) for part in ([web], [worker], servers)]
        requests = _sign_up_and_wait(port, slug, range(10, 10 + PEOPLE), mails)
        after = [processes.processor_seconds(*part) for part in ([web], [worker], servers)]
        return requests, *((end - start) / PEOPLE for start, end in zip(before, after, strict=True))  # type: ignore[return-value]


def prepared() -> str:
    """Make the activity and return its short name."""
    activity_id = make_activity(
        capacity=10_000, sessions=[make_session(f"Session {s}", starts_local=s) for s in SESSIONS]
    )
    page = queries.find_activity(activity_id)
    return page.slug if page else ""


def _sign_up_and_wait(port: int, slug: str, people: range, mails: Path) -> int:
    requests = 0
    for number in people:
        with Visitor(port) as visitor:
            requests = visitor.sign_up(slug, number)
    for _ in range(600):
        if len(list(mails.glob("*.eml"))) >= people.stop:
            return requests
        time.sleep(0.1)
    raise RuntimeError("the mails did not come")


def servers_of(url: str) -> list[psutil.Process]:
    """Return the PostgreSQL that listens on the port of this address; nothing for SQLite."""
    if url.startswith("sqlite"):
        return []
    port = int(url.rpartition(":")[2].partition("/")[0])
    listeners = {
        c.pid for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr and c.laddr[1] == port
    }
    return [psutil.Process(pid) for pid in listeners if pid]


if __name__ == "__main__":
    main()
