"""What a dead Redis adds to a whole sign-up over HTTP: gone, silent, or taking no more calls."""

from __future__ import annotations

import itertools
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import ground, tables
from ecwi_events.programme import queries
from tests.make import make_activity
from tests.servers import processes, valkey
from tests.servers.postgres import free_port
from tests.visitor import Visitor

SIGN_UPS = 50  # twice this and 10 are fewer than the limit of a network address: limits are on, because they ask Redis
ROUNDS = 5  # with a pause between them, in which limits make up their mind to ask Redis again
PAUSE_SECONDS = 2.5
STATES = ("gone", "silent", "full")
CALLERS = 8  # who wait at a port that takes nobody, so that the next one is not even heard
_visitors = itertools.count()


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            for state in STATES:
                rows.append([name, state, *measured(url, folder, state)])
                print(rows[-1], file=sys.stderr, flush=True)
    tables.show(
        "Sign-ups while Redis is dead",
        f"Milliseconds of one whole sign-up over HTTP (page, form, confirmation) with rate limits on: {SIGN_UPS} while "
        f"Valkey runs; then it dies, and {SIGN_UPS} more come in {ROUNDS} rounds with pauses of {PAUSE_SECONDS} s, after "
        "which the limits ask Redis again. Gone: killed. Silent: stopped, so that it is called and never answers. Full: "
        "stopped, and so many callers wait that the next one is not heard. Added is the difference of the medians.",
        [
            "engine", "Redis", "alive p50", "alive p99", "alive longest", "first dead", "dead p50", "dead p99",
            "dead longest", "added p50",
        ],
        rows,
    )  # fmt: skip


def measured(url: str, folder: Path, state: str) -> list[float]:
    """Return the figures of one kind of death, in milliseconds."""
    with ExitStack() as stack:
        broker = valkey.start(port=free_port() if state == "full" else 0)
        stack.callback(broker.stop)
        environment = {"ECWI_DATABASE_URL": url, "ECWI_DATA_DIR": str(folder), "ECWI_REDIS_URL": broker.url}
        with ground.application(url, folder):
            slug = _slug(f"Redis is {state}")
        more = {"PYTHONTZPATH": "", "ECWI_SECRET_KEY": "a key for benchmarks", "ECWI_RATE_LIMITS": "on"}
        _, port = stack.enter_context(processes.web(f"{processes.TARGET}:flask_app", environment | more))
        sign_ups(port, slug, 10)
        alive = sign_ups(port, slug, SIGN_UPS)
        stack.callback(die(broker, state))
        dead: list[float] = []
        for _ in range(ROUNDS):
            dead += sign_ups(port, slug, SIGN_UPS // ROUNDS)
            time.sleep(PAUSE_SECONDS)
    (p50, p99), (dead_p50, dead_p99) = ([tables.percentile(ms, at) for at in (0.5, 0.99)] for ms in (alive, dead))
    return [p50, p99, max(alive), dead[0], dead_p50, dead_p99, max(dead), dead_p50 - p50]


def die(broker: valkey.Server, state: str) -> Callable[[], None]:
    """Let Valkey die; return what takes this back at the end."""
    if state == "gone":
        broker.crash()
        return lambda: None
    broker.process.send_signal(signal.SIGSTOP)
    callers = []
    for _ in range(CALLERS if state == "full" else 0):
        callers.append(socket.socket())
        callers[-1].setblocking(False)  # noqa: FBT003 - the library's own signature
        with suppress(BlockingIOError):
            callers[-1].connect(("127.0.0.1", urlsplit(broker.url).port))

    def come_back() -> None:
        for caller in callers:
            caller.close()
        broker.process.send_signal(signal.SIGCONT)

    return come_back


def sign_ups(port: int, slug: str, count: int) -> list[float]:
    """Sign up so many people one after the other; return the milliseconds of each."""
    took = []
    for _ in range(count):
        with Visitor(port) as visitor:
            started = time.perf_counter()
            visitor.sign_up(slug, next(_visitors))
            took.append(1000 * (time.perf_counter() - started))
    return took


def _slug(title: str) -> str:
    page = queries.find_activity(make_activity(title))
    if page is None:
        raise RuntimeError("the activity is gone")
    return page.slug


if __name__ == "__main__":
    main()
