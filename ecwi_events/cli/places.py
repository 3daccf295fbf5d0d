"""``ecwi-events recount``: do the counted places say what the sign-ups say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecwi_events.app import create_app
from ecwi_events.registration import reconciling

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
def recount() -> None:
    """Count the places of all activities again and compare; nothing is changed.

    Ends with exit code 1 if anything does not add up. The worker does the same each hour, and the office sees the result.
    """
    with create_app().app_context():
        found = reconciling.drifts()
    for drift in found:
        click.echo(drift.sentence)
    if found:
        raise click.exceptions.Exit(1)
    click.echo("All places add up.")


commands: Sequence[click.Command] = [recount]
