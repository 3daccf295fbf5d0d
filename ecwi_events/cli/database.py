"""``ecwi-events migrate``, and what other commands ask about the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import config
from ecwi_events.app import create_app
from ecwi_events.jobs import rounds
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
def migrate() -> None:
    """Bring the database up to this release.

    Safe to repeat. Run it after every upgrade, before the web server starts.
    """
    with create_app().app_context():
        before = revision()
        upgrade()
        after = revision()
    click.echo(f"The database is current ({after})." if before == after else f"The database is now at {after}.")


def upgrade() -> None:
    """Run all missing migrations, and let sessions follow new time zone data; needs an application context."""
    flask_migrate.upgrade()
    rounds.do_now("time_zones", now=clock.utc_now())


def revision() -> str | None:
    """Return the migration that the database is at; None if it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Return the newest migration of this release."""
    return ScriptDirectory(str(config.PROJECT / "migrations")).get_current_head()


commands: Sequence[click.Command] = [migrate]
