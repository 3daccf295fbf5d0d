# ruff: noqa: INP001 - a script, not a package
"""Print docs/commands.md: what `--help` says of each command. `make docs` keeps it, a test compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecwi_events.cli.group import ecwi_events

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100


def pages(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Give each command's name and help, groups before what is in them."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from pages(command.commands[inner], inner, context)


if __name__ == "__main__":
    click.echo("# Commands\n\nWritten by `make docs` from the commands' own help.")
    for path, words in pages(ecwi_events, "ecwi-events"):
        click.echo(f"\n## {path}\n\n```\n{words}\n```")
