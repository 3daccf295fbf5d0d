"""The migration of places on a database in which people have signed up already, there and back."""

# ruff: noqa: S608 - our own words and nobody else's

import flask_migrate
import pytest
import sqlalchemy as sa

from ecwi_events.app import create_app
from ecwi_events.kernel.db import db

AT = "'2026-01-01 00:00:00.000000'"
ACTIVITY = (
    "id, key, slug, kind, status, title, language, home_year, display_order, open_end, records_complete, revision"
)
SIGN_UP = (
    "INSERT INTO registration (id, uid, activity_id, places_id, person_id, place, queue_place, zone, link_hash, "
    "link_version, revision, created_at)"
)
BEFORE = [
    f"INSERT INTO person (id, name, language, created_at) VALUES (1, 'Ana', 'en', {AT}), (2, 'Boris', 'en', {AT})",
    (
        f"INSERT INTO activity ({ACTIVITY}, created_at, updated_at) "
        f"VALUES (1, 'a', 'a', 'pla', 'planned', 'A', 'en', 2026, 0, FALSE, TRUE, 1, {AT}, {AT})"
    ),
    "INSERT INTO places (id, activity_id, capacity, taken, waiting, seq, granted) VALUES (1, 1, 1, 1, 1, 2, 0)",
    f"{SIGN_UP} VALUES (1, 'u1', 1, 1, 1, 'confirmed', NULL, 'UTC', 'h', 1, 1, {AT})",
    f"{SIGN_UP} VALUES (2, 'u2', 1, 1, 2, 'waiting', 2, 'UTC', 'h2', 1, 1, {AT})",
]
ROWS = "SELECT place, queue_place FROM registration ORDER BY id"
MUST_FAIL = [
    "UPDATE places SET taken = 2",  # beyond the capacity, and nobody allowed it
    "UPDATE registration SET place = 'nonsense'",
    "UPDATE registration SET place = 'offered'",  # an offer must have an end
    "UPDATE registration SET queue_place = NULL WHERE id = 2",
    "INSERT INTO places (activity_id, taken, waiting, seq, granted) VALUES (1, 0, 0, 0, 0)",  # a second one for all of it
]


def write(*statements):
    with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_places_and_sign_ups_stay_with_their_rules_and_the_way_back_works(engine, make_settings, make_database):
    variables = {} if engine == "sqlite" else {"DATABASE_URL": make_database("migration9")}
    app = create_app(make_settings(**variables), durable=False)
    with app.app_context():
        flask_migrate.upgrade(revision="0008")
        write(*BEFORE)
        for _ in range(2):
            flask_migrate.upgrade(revision="0009")
            with db.engine.connect() as connection:
                assert [tuple(row) for row in connection.execute(sa.text(ROWS))] == [
                    ("confirmed", None),
                    ("waiting", 2),
                ]
                if engine == "sqlite":
                    assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
            for statement in MUST_FAIL:
                with pytest.raises(sa.exc.IntegrityError):
                    write(statement)
            write(
                "UPDATE places SET taken = 2, overbooked = 1", "UPDATE registration SET place = 'pending' WHERE id = 2"
            )
            flask_migrate.downgrade(revision="0008")
            with db.engine.connect() as connection:
                assert tuple(connection.execute(sa.text("SELECT capacity, taken FROM places")).one()) == (2, 2)
            write(
                "UPDATE places SET capacity = 1, taken = 1",
                "UPDATE registration SET place = 'waiting', queue_place = 2 WHERE id = 2",
            )
        db.session.remove()
        db.engine.dispose()
