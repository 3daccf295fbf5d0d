"""The completeness board with 2,000 sessions: its read and its page, beside the bare SQL that reads the same rows."""

from __future__ import annotations

import time
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from benchmarks import ground, tables
from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.kernel.db import db, insert_row, transaction
from ecwi_events.overview import board
from ecwi_events.programme.models import ActivitySession, ActivityStatus, Format, SessionStatus
from ecwi_events.registration.models import Place, Places, Registration
from tests.make import NOW, make_activity, make_organisation, make_person

HOSTS, ACTIVITIES, SESSIONS, PEOPLE = 50, 200, 10, 20
ROUNDS = 10
# What the board must read in any case, as one statement each: activities, sessions, verdicts, places.
BARE = (
    "SELECT * FROM activity WHERE home_year = 2026",
    "SELECT * FROM activity_session WHERE activity_id IN (SELECT id FROM activity WHERE home_year = 2026)",
    "SELECT session_id, count(*) FROM presence GROUP BY session_id",
    "SELECT activity_id, count(*) FROM registration GROUP BY activity_id",
)


def main() -> None:
    """Print the table."""
    rows: list[list[object]] = []
    with ground.engines() as engines:
        for name, url, folder in engines:
            with ground.application(url, folder) as app:
                fill()
                bare, read, page = (_median(one) for one in (_bare, _read, _page(app)))
                rows.append([name, _queries(), bare, read, read / bare, page])
    tables.show(
        "The completeness board",
        f"{ACTIVITIES} activities of {HOSTS} hosts with {ACTIVITIES * SESSIONS:,} sessions that are over, "
        f"{ACTIVITIES * PEOPLE:,} sign-ups and a verdict on half of them in each session; median of {ROUNDS} rounds. "
        "The limit is bare SQL that reads and counts the same rows.",
        ["engine", "queries", "bare ms", "read ms", "ratio", "page ms"],
        rows,
    )


def fill() -> None:
    """Make hosts, activities, sessions, sign-ups and verdicts."""
    hosts = [make_organisation(f"Host {number}") for number in range(HOSTS)]
    people = [make_person(f"Person {number}") for number in range(PEOPLE)]
    for number in range(ACTIVITIES):
        activity_id = make_activity(
            f"Activity {number}", host_id=hosts[number % HOSTS], sessions=[], status=ActivityStatus.DRAFT
        )
        with transaction() as session:
            session.execute(sa.text("UPDATE activity SET status = 'planned' WHERE id = :id"), {"id": activity_id})
            places_id = session.scalar(sa.select(Places.id).where(Places.activity_id == activity_id))
            for person in people:
                _sign_up(activity_id, places_id or 0, person)
            for day in range(SESSIONS):
                session_id = _session(activity_id, day)
                for person in people[::2]:
                    insert_row(
                        Presence, session_id=session_id, person_id=person, verdict=Verdict.PRESENT, decided_at=NOW
                    )
    for table in ("activity", "activity_session", "presence", "registration"):
        db.session.execute(sa.text(f"ANALYZE {table}"))
    db.session.commit()


def _sign_up(activity_id: int, places_id: int, person_id: int) -> None:
    name = f"{activity_id}-{person_id}"
    insert_row(
        Registration, uid=name, activity_id=activity_id, places_id=places_id, person_id=person_id, place=Place.CONFIRMED,
        zone="UTC", link_hash=name, link_version=1, revision=1, created_at=NOW, confirmed_at=NOW,
    )  # fmt: skip


def _session(activity_id: int, day: int) -> int:
    start = NOW - timedelta(days=60 - day)
    return insert_row(
        ActivitySession, uid=f"{activity_id}-{day}", activity_id=activity_id, title=f"Session {day}",
        format=Format.ONLINE_SESSION, starts_local=start.replace(tzinfo=None), fold=0, zone="UTC", duration_minutes=60,
        starts_at=start, ends_at=start + timedelta(hours=1), tzdata_version="x", language="en",
        status=SessionStatus.PLANNED, ical_sequence=0, schedule_revision=1, revision=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def _bare() -> None:
    for statement in BARE:
        db.session.execute(sa.text(statement)).all()


def _read() -> None:
    board.board(2026, zone="Europe/Amsterdam", now=NOW)


def _page(app: Flask):  # noqa: ANN202 - a function
    template = app.jinja_env.get_template("office/completeness.html")

    def page() -> None:
        with app.test_request_context("/office/completeness"):
            template.render(
                nav="office", year=2026, years=[2026], hosts=board.board(2026, zone="Europe/Amsterdam", now=NOW), owes="",
                choices={}, total=1, by_hosts=0, complete=0, activities=ACTIVITIES, more="", lately=None, since=str,
                when=str, identity=None,
            )  # fmt: skip

    return page


def _median(one) -> float:  # noqa: ANN001 - a function
    times = []
    for _ in range(ROUNDS + 1):
        db.session.rollback()
        started = time.perf_counter()
        one()
        times.append(1000 * (time.perf_counter() - started))
    return tables.percentile(times[1:], 0.5)


def _queries() -> int:
    seen = []
    note = lambda *arguments: seen.append(arguments[2])  # noqa: E731
    sa.event.listen(db.engine, "before_cursor_execute", note)
    _read()
    sa.event.remove(db.engine, "before_cursor_execute", note)
    return sum(statement.startswith(("SELECT", "WITH")) for statement in seen)


if __name__ == "__main__":
    main()
