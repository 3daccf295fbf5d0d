"""``ecwi-events bounces``: reports about mails that did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecwi_events.app import create_app
from ecwi_events.jobs.bounces import UNREACHABLE, read_mailbox
from ecwi_events.mail.models_delivery import BounceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = {
    BounceKind.HARD: "addresses that are gone",
    BounceKind.SOFT: "mails that did not arrive for now",
    BounceKind.COMPLAINT: "complaints",
    BounceKind.STOPPED: "wishes to stop mails",
    BounceKind.IGNORED: "other mails",
    BounceKind.FOREIGN: "about no mail of ours",
}


@click.group()
def bounces() -> None:
    """Read reports about mails that did not arrive."""


@bounces.command("read")
def read() -> None:
    """Read what is new in ECWI_BOUNCE_MAILBOX now; the worker does the same every ten minutes."""
    app = create_app()
    settings = app.extensions["ecwi_settings"]
    if settings.mail.bounce_mailbox is None:
        raise click.ClickException(
            "Set ECWI_BOUNCE_MAILBOX first: maildir:/folder or imaps://user:password@host/INBOX."
        )
    try:
        with app.app_context():
            found = read_mailbox(settings)
    except UNREACHABLE as error:
        raise click.ClickException(f"The mailbox cannot be read: {error}") from error
    click.echo(f"Read: {found.total()}.")
    for kind, words in WORDS.items():
        if found[kind]:
            click.echo(f"  {found[kind]} {words}")


commands: Sequence[click.Command] = [bounces]
