"""``ecwi-events permissions``: who may do what, page by page, as the table that every request is checked against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

import config
from ecwi_events.app import create_app
from ecwi_events.kernel.errors import Refused
from ecwi_events.web.access import ACCESS, Door, Of, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask

PAGE = config.PROJECT / "docs" / "permissions.md"
INTRODUCTION = """\
# Who may do what

Written by `ecwi-events permissions` from the table that every request is checked against (`ecwi_events/web/access.py`).
A page that is not in the table is closed to everyone and fails the build; a test walks every line with everybody.

- **anyone**: no signing in is needed. **link**: whoever holds a personal link made for this purpose; it opens one record.
- **signed in**: every person with an account. **host**: hosts, for activities that their organisation holds, and the office
  for all. **office**: the secretariat and administrators. **administrator**: administrators alone.
- **Auditor**: a role that reads what the office reads and changes nothing by it.
- **On what**: *published*: a draft looks as if it did not exist. *own*: what belongs to another person or organisation
  looks as if it did not exist. *any*: all records. *none*: the page is about no record in particular.
- Reading never changes anything. Every act needs the token of its form.

| Page | Method | Who | On what | Effect | Auditor | Name |
| --- | --- | --- | --- | --- | --- | --- |
"""
WHO = {
    Door.HOST: "host, office",
    Door.OFFICE: "office, administrator",
}
ON_WHAT = {Of.NONE: "none", Of.PUBLIC: "published", Of.OWN: "own", Of.ANY: "any"}


@click.command()
@click.option("--check", is_flag=True, help="Print nothing; fail if docs/permissions.md says something else.")
def permissions(*, check: bool) -> None:
    """Print who may do what on which page, as Markdown."""
    told = page(create_app())
    if not check:
        click.echo(told, nl=False)
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != told:
        raise Refused("docs", "docs/permissions.md is not what the table says. Type: make docs")


def page(app: Flask) -> str:
    """Return the whole page docs/permissions.md."""
    return INTRODUCTION + "".join(f"{line}\n" for line in sorted(_lines(app), key=_by_address))


def _lines(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        row = ACCESS[rule.endpoint]
        for method in sorted(row.methods - {"HEAD"}):
            cells = (
                f"`{_address(rule.rule)}`", method, _who(row), _on_what(row),
                "changes" if row.changes(method) else "reads", _auditor(row, method), f"`{rule.endpoint}`",
            )  # fmt: skip
            yield "| " + " | ".join(cells) + " |"


def _address(rule: str) -> str:
    """Leave the converters out of a route: ``/host/sessions/<session_id>``."""
    return re.sub(r"<(?:[a-z]+(?:\([^)]*\))?:)?(\w+)>", r"<\1>", rule)


def _who(row: Row) -> str:
    return f"link: {row.purpose}" if row.door is Door.LINK else WHO.get(row.door, row.door.value)


def _on_what(row: Row) -> str:
    return "own; office: any" if row.door is Door.HOST and row.of is Of.OWN else ON_WHAT[row.of]


def _auditor(row: Row, method: str) -> str:
    return "yes" if row.auditor_may(method) else "no"


def _by_address(line: str) -> tuple[str, str]:
    cells = line.split(" | ")
    return cells[0].strip("|` "), cells[1]


commands: Sequence[click.Command] = [permissions]
