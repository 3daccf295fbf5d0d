"""The migration of what comes back, on a database with records: nothing is lost on the way there, and the way back works."""

# ruff: noqa: S608 - our own words and nobody else's

import flask_migrate
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ecwi_events.app import create_app
from ecwi_events.kernel.db import db

AT = "'2026-01-01 00:00:00.000000'"
ACTIVITY = (
    "id, key, slug, kind, status, title, language, home_year, display_order, open_end, records_complete, revision"
)
BOUNCE = "INSERT INTO bounce (report_key, kind, status, detail, at) VALUES"
SWITCH = "INSERT INTO slot_switch (activity_id, slot, minutes, is_on) VALUES"
BEFORE = [
    (
        f"INSERT INTO activity ({ACTIVITY}, created_at, updated_at) "
        f"VALUES (1, 'a', 'a', 'pla', 'planned', 'A', 'en', 2026, 0, FALSE, TRUE, 1, {AT}, {AT})"
    ),
    (
        "INSERT INTO resource (id, activity_id, position, kind, title, folded, url, audience) "
        "VALUES (1, 1, 0, 'recording', 'Film', 'film', 'https://film.example/', 'everyone')"
    ),
    f"{BOUNCE} ('a', 'hard', '5.1.1', '', {AT})",
    f"{SWITCH} (1, 'thanks', 0, FALSE)",
]
NEW = [f"{BOUNCE} ('b', 'complaint', 'abuse', '', {AT})", f"{SWITCH} (1, 'recording', 0, FALSE)"]


def write(*statements):
    with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
        for statement in statements:
            connection.execute(sa.text(statement))


def read(statement):
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_there_and_back(engine, make_settings, make_database):
    variables = {} if engine == "sqlite" else {"DATABASE_URL": make_database("migration17")}
    app = create_app(make_settings(**variables), durable=False)
    with app.app_context():
        flask_migrate.upgrade(revision="0016")
        write(*BEFORE)
        for statement in NEW:
            with pytest.raises(IntegrityError):
                write(statement)
        flask_migrate.upgrade(revision="0017")
        assert read("SELECT title, session_id, published_at FROM resource") == [("Film", None, None)]
        write(*NEW)
        flask_migrate.downgrade(revision="0016")
        assert read("SELECT kind FROM bounce ORDER BY report_key") == [("hard",), ("ignored",)]
        assert read("SELECT slot FROM slot_switch") == [("thanks",)]
        assert read("SELECT title FROM resource") == [("Film",)]
        with pytest.raises(IntegrityError):
            write(NEW[1])
        db.engine.dispose()
