"""The public programme and an office page with 2,000 sessions: queries, time in the database, and the page."""

from __future__ import annotations

import time

import sqlalchemy as sa
from flask import Flask

from benchmarks import ground, tables
from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation
from ecwi_events.programme.models import Activity, ActivityOrganisation, ActivitySession
from ecwi_events.programme.sessions import NewSession
from tests import make

SESSIONS = 2_000
IN_AN_ACTIVITY = 5  # of those of which the programme consists, and one with 500
LARGE = 500
ROUNDS = 15
LIMIT_MS = 300
MOST_QUERIES = 12
PATHS = {
    "programme": "/",
    "programme, filtered": "/?kind=pla&language=en&month=2027-03",
    "programme, last page": "/?page=12",
    "past": "/past",
    "activity with 5 sessions": "/a/activity-1",
    "activity with 500 sessions": "/a/large",
}


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            with ground.application(url, folder, ECWI_SECOND_FACTOR="optional") as app:
                fill()
                rows += [measured(app, name, what, path) for what, path in PATHS.items()]
                rows.append(measured(app, name, "office, 500 sessions", office_path(), office=True))
    tables.show(
        "Programme pages",
        f"{SESSIONS:,} sessions in {(SESSIONS - LARGE) // IN_AN_ACTIVITY + 1} activities, half of them over; {ROUNDS} "
        "requests of each page after three to warm up, through the whole application without a server; queries and the "
        "time that the database took are those of one request. The limit is for database and processor together, so that "
        "what else the machine does counts little.",
        [
            "engine",
            "page",
            "queries",
            "database ms",
            "processor ms",
            "page p50 ms",
            "page p95 ms",
            "kB",
            f"<= {LIMIT_MS} ms",
        ],
        rows,
    )


def fill() -> None:
    """Make hosts, activities of five sessions over two years, and a large one."""
    hosts = [
        make.make_organisation(f"Network {number}", country=("SI", "UA", "AM")[number % 3]) for number in range(40)
    ]
    for number in range((SESSIONS - LARGE) // IN_AN_ACTIVITY):
        year, month = 2026 + number % 2, 1 + number % 8
        days = [session(n, year, month + n // 2, 1 + (number + 14 * n) % 28) for n in range(IN_AN_ACTIVITY)]
        make.make_activity(f"Activity {number}", host_id=hosts[number % 40], sessions=days)
    many = [session(n, 2027, 1 + n // 45, 1 + n % 28) for n in range(LARGE)]
    make.make_activity("Large", host_id=hosts[0], sessions=many)
    for table in (Activity, ActivitySession, ActivityOrganisation, Organisation):
        db.session.execute(sa.text(f"ANALYZE {table.__tablename__}"))
    db.session.commit()


def session(number: int, year: int, month: int, day: int) -> NewSession:
    """A session as it is typed."""
    return make.make_session(f"Session {number}", starts_local=f"{year}-{month:02}-{day:02} 14:00")


def office_path() -> str:
    """Return the address of the sessions of the large activity."""
    return f"/host/activities/{db.session.scalar(sa.select(Activity.id).where(Activity.slug == 'large'))}/sessions"


def measured(app: Flask, engine: str, what: str, path: str, *, office: bool = False) -> list[object]:
    """Return one line of the table."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    if office:
        make.signed_in(client, make.make_office())
    taken, worked, size = [], [], 0
    for _ in range(ROUNDS + 3):
        db.session.remove()
        started, begun = time.perf_counter(), time.process_time()
        answer = client.get(path)
        taken.append(1000 * (time.perf_counter() - started))
        worked.append(1000 * (time.process_time() - begun))
        if answer.status != "200 OK":
            raise RuntimeError(f"{path}: {answer.status}")
        size = len(answer.data)
    queries, spent = asking(client, path)
    work, p50, p95 = (tables.percentile(worked[3:], 0.5), *(tables.percentile(taken[3:], at) for at in (0.5, 0.95)))
    good = "yes" if work + spent <= LIMIT_MS and queries <= MOST_QUERIES else "NO"
    return [engine, what, queries, spent, work, p50, p95, size / 1000, good]


def asking(client, path: str) -> tuple[int, float]:  # noqa: ANN001 - Flask's test client
    """Return how many statements read for a page, and the milliseconds that the database took for them."""
    spent: list[float] = []
    begun: list[float] = []

    def before(_connection, _cursor, statement, *_):  # noqa: ANN001, ANN002, ANN202 - SQLAlchemy's signature
        begun.append(time.perf_counter() if statement.startswith("SELECT") else 0.0)

    def after(*_):  # noqa: ANN002, ANN202 - SQLAlchemy's signature
        start = begun.pop()
        if start:
            spent.append(1000 * (time.perf_counter() - start))

    sa.event.listen(db.engine, "before_cursor_execute", before)
    sa.event.listen(db.engine, "after_cursor_execute", after)
    try:
        db.session.remove()
        client.get(path)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", before)
        sa.event.remove(db.engine, "after_cursor_execute", after)
    return len(spent), sum(spent)


if __name__ == "__main__":
    main()
