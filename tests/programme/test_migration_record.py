"""The migration of the record on a database that is in use already, there and back."""

import flask_migrate
import pytest
import sqlalchemy as sa

from ecwi_events.app import create_app
from ecwi_events.kernel.db import db

AT = "'2026-01-01 00:00:00.000000'"
BEFORE = (
    "INSERT INTO activity (id, key, slug, kind, status, title, language, home_year, display_order, open_end,"  # noqa: S608
    " records_complete, revision, created_at, updated_at)"
    f" VALUES (1, 'k', 's', 'pla', 'planned', 'T', 'en', 2026, 0, FALSE, TRUE, 1, {AT}, {AT})"
)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_is_there_stays_public_and_the_way_back_works(engine, make_settings, make_database):
    variables = {} if engine == "sqlite" else {"DATABASE_URL": make_database("migration5")}
    app = create_app(make_settings(**variables), durable=False)
    with app.app_context():
        flask_migrate.upgrade(revision="0004")
        with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
            connection.execute(sa.text(BEFORE))
        flask_migrate.upgrade(revision="0005")
        with db.engine.connect() as connection:
            row = connection.execute(sa.text("SELECT visibility, languages, link_version, text_revision FROM activity"))
            assert tuple(row.one()) == ("public", "", 1, 1)
        wrong = sa.text("UPDATE activity SET visibility = 'secret'")
        with (
            pytest.raises(sa.exc.IntegrityError),
            db.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            connection.execute(wrong)
        flask_migrate.downgrade(revision="0004")
        with db.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM activity")) == 1
        flask_migrate.upgrade(revision="0005")
        db.session.remove()
        db.engine.dispose()
