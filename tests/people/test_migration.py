"""The migration of people and organisations on a database that is in use already."""

import flask_migrate
import pytest
import sqlalchemy as sa

from ecwi_events.app import create_app
from ecwi_events.kernel.db import db

AT = "'2026-01-01 00:00:00.000000'"
BEFORE = [
    f"INSERT INTO organisation (id, key, name, kind, created_at) VALUES (1, 'a', 'A', 'body', {AT})",  # noqa: S608
    f"INSERT INTO person (id, name, organisation_id, language, created_at) VALUES (1, 'Олена Коваль', 1, 'uk', {AT})",  # noqa: S608
    f"INSERT INTO person (id, name, organisation_text, language, created_at) VALUES (2, 'José', 'Zažít, z.s.', 'cs', {AT})",  # noqa: S608
    "INSERT INTO email_address (person_id, address, normalised, is_primary) VALUES (1, 'O.Koval@a.example', 'o', TRUE)",
]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_rows_that_are_there_stay_and_can_be_searched_and_the_way_back_works(engine, make_settings, make_database):
    variables = {} if engine == "sqlite" else {"DATABASE_URL": make_database("migration3")}
    app = create_app(make_settings(**variables), durable=False)
    with app.app_context():
        flask_migrate.upgrade(revision="0002")
        with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
            for statement in BEFORE:
                connection.execute(sa.text(statement))
        flask_migrate.upgrade(revision="0003")
        with db.engine.connect() as connection:
            people = connection.execute(
                sa.text("SELECT folded, organisation_folded, wants_reminders FROM person ORDER BY id")
            )
            assert [tuple(row) for row in people] == [("olena koval", "", True), ("jose", "zazit, z.s.", True)]
            assert connection.scalar(sa.text("SELECT folded FROM email_address")) == "o.koval@a.example"
        flask_migrate.downgrade(revision="0002")
        with db.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM person")) == 2
        flask_migrate.upgrade(revision="0003")
        db.session.remove()
        db.engine.dispose()
