"""Compiling and printing the edition of 2022, against reading the same tables by bare SQL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from statistics import median

import sqlalchemy as sa

import config
from benchmarks import ground, tables
from ecwi_events.kernel.clock import utc_now
from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview import html, importing, printing
from ecwi_events.overview.compiling import compile_snapshot
from ecwi_events.overview.reading import read_facts
from ecwi_events.overview.snapshot import canonical
from ecwi_events.tables import SCHEMA

ROUNDS = 10
ZONE = "Europe/Amsterdam"


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    path = config.PROJECT / "examples" / "pla-2022.yaml"
    with ground.engines() as engines:
        for name, url, folder in engines:
            with ground.application(url, folder):
                with transaction():
                    importing.import_edition(importing.read_edition(path.read_bytes(), path.name), now=utc_now())
                rows += [[name, *row] for row in steps()]
    tables.show(
        "The edition of 2022, from records to PDF",
        f"Median of {ROUNDS} rounds in one process, real time; the limit reads every row of every table of the same "
        "database by bare SQL, once.",
        ["engine", "step", "ms", "ratio to reading every row"],
        rows,
    )


def steps() -> list[list[object]]:
    """Return name, milliseconds and ratio of each step."""
    today = utc_now().date()
    facts = read_facts(2022, today, zone=ZONE)
    snapshot = json.loads(canonical({**compile_snapshot(facts, lambda *_: None), "number": 1}))
    work: list[tuple[str, Callable[[], object]]] = [
        ("limit: every row of every table", read_every_row),
        ("reading the facts", lambda: read_facts(2022, today, zone=ZONE)),
        ("counting all figures, writing the snapshot", lambda: canonical(compile_snapshot(facts, lambda *_: None))),
        ("PDF, 15 pages", lambda: printing.render_pdf(snapshot)),
        ("HTML edition", lambda: html.render_edition(snapshot)),
    ]
    seconds = [timed(step) for _, step in work]
    return [[name, 1000 * own, own / seconds[0]] for (name, _), own in zip(work, seconds, strict=True)]


def timed(step: Callable[[], object]) -> float:
    """Return the median seconds of a step, after one round to warm up."""
    seconds = []
    for _ in range(ROUNDS + 1):
        db.session.rollback()
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    return median(seconds[1:])


def read_every_row() -> None:
    """The limit."""
    for table in SCHEMA.sorted_tables:
        db.session.execute(sa.select(table)).all()


if __name__ == "__main__":
    main()
