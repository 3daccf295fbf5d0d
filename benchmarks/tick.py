"""A tick: how long it takes to find whose reminders have come due, and to write them down, beside bare SQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from benchmarks import ground, mailing, tables
from ecwi_events.jobs import rounds
from ecwi_events.journal import acting
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db
from ecwi_events.registration.models import Registration
from ecwi_events.reminders import service
from ecwi_events.reminders.models import Reminder

Result = TypeVar("Result")
PEOPLE = 10_000
# After the sign-ups. The sessions are 20 hours, 7 and 14 days ahead; their people signed up too late for the mails of the
# first days, so that at first nobody gets anything.
HOURS = (0, 19.5, 24, 30)
ROUND = next(item for item in rounds.ROUNDS if item.name == "reminders")


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            with ground.application(url, folder) as _, acting.through("jobs"):
                mailing.prepare(PEOPLE)
                rows += [[name, hours, *measured(clock.utc_now() + timedelta(hours=hours))] for hours in HOURS]
    tables.show(
        "A tick that looks for reminders",
        f"{PEOPLE} people with places in 4 activities of 3 sessions. Found: reading whose mail of any slot has come due, "
        "outside of any transaction; written: the rows of reminders, mails and work, 200 mails in each transaction; again: "
        "the tick after it, when all is done. The limit reads every sign-up and every reminder by bare SQL, once.",
        ["engine", "hours", "bare ms", "found", "finding ms", "writing ms", "ms a mail", "again ms", "again of bare"],
        rows,
    )


def measured(now: datetime) -> list[object]:
    """Return the figures of the ticks at this moment."""
    found, finding = timed(lambda: service.find_due(now=now))
    _, writing = timed(lambda: rounds._find_and_do(ROUND, found, now=now))  # noqa: SLF001 - what the tick itself calls
    left, again = timed(lambda: service.find_due(now=now))
    if left:
        raise RuntimeError("something was left")
    _, bare = timed(read_all)
    return [bare, len(found), finding, writing, (finding + writing) / len(found) if found else "–", again, again / bare]


def read_all() -> None:
    """Read what a tick has to look at, and nothing else."""
    with db.engine.connect() as connection:
        for table in (Registration, Reminder):
            connection.execute(sa.select(sa.inspect(table).local_table)).fetchall()


def timed(act: Callable[[], Result]) -> tuple[Result, float]:
    """Do it; return what came of it, and milliseconds."""
    started = time.perf_counter()
    result = act()
    return result, (time.perf_counter() - started) * 1000
