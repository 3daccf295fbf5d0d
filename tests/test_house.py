"""The house keeps its own rules: migrations equal models, every page is in the table of permissions."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ecwi_events.kernel.db import db
from ecwi_events.tables import SCHEMA
from ecwi_events.web.access import ACCESS


def test_the_migrated_schema_is_the_schema_of_the_models(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": SCHEMA})
        assert compare_metadata(context, SCHEMA) == []


def test_every_page_says_whom_it_is_for_and_no_page_is_listed_in_vain(app):
    routed: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        routed.setdefault(rule.endpoint, set()).update((rule.methods or set()) - {"OPTIONS"})
    assert routed == {endpoint: set(row.methods) for endpoint, row in ACCESS.items()}
