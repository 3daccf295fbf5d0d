"""The commands, gathered, and the one place where a no becomes one line and an exit code."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

import config
from ecwi_events.cli import bounces, database, demo, doctor, overview, people, permissions, places, serve, work
from ecwi_events.journal import acting
from ecwi_events.kernel.errors import DomainError

WRONG = 2
NOT_PREPARED = "The database is not prepared for this release. Type: ecwi-events migrate"


class CommandError(click.ClickException):
    """One line on stderr."""

    exit_code = WRONG


class Commands(click.Group):
    """A group whose commands never end in a traceback for something that a person can put right."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - Click's signature
        """Run the command.

        Raises:
            CommandError: a setting is wrong, the house says no, a file cannot be used, or the database is away or not
                prepared.
        """
        try:
            with acting.through("cli"):
                return super().invoke(ctx)
        except (config.SettingsError, DomainError) as error:
            raise CommandError(str(error)) from error
        except (OperationalError, InterfaceError, ProgrammingError) as error:
            raise CommandError(_database_sentence(error)) from error
        except OSError as error:  # a full disk, a folder where a file should be
            raise CommandError(str(error)) from error


def _database_sentence(error: OperationalError | InterfaceError | ProgrammingError) -> str:
    words = str(error.orig).strip().splitlines()[0]
    if "no such table" in words or "no such column" in words or isinstance(error, ProgrammingError):
        return NOT_PREPARED
    return f"ECWI_DATABASE_URL: the database does not answer ({words})."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ecwi-events", message="ecwi-events %(version)s")
def ecwi_events() -> None:
    """Webinars and peer learning: from a sign-up to the yearly overview.

    Settings are read from ECWI_* variables; README.md lists them.
    """


for module in (serve, database, demo, overview, people, permissions, work, places, bounces, doctor):
    for command in module.commands:
        ecwi_events.add_command(command)
