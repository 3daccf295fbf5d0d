"""Reading the mailbox for reports about mails that did not arrive: the door of the work kind ``mail.read_bounces``.

Each report is taken in by a transaction of its own and marked as read after it; one that is read twice counts once.
"""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import flask

from ecwi_events.jobs.trying import TryAgain
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.mail import bouncing
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flask import Flask

    from config import BounceMailbox, Settings
    from ecwi_events.mail.models_delivery import BounceKind
    from ecwi_events.work.service import Claim

KIND = "mail.read_bounces"
AT_MOST = 500  # a round; the rest has its turn ten minutes later
EVERY_MINUTES = 10
LARGEST = 2_000_000  # bytes; no report is that long
PATIENCE = 20.0


def ask(*, now: datetime) -> None:
    """Put the work of these ten minutes, if a mailbox is set."""
    settings: Settings = flask.current_app.extensions["ecwi_settings"]
    if settings.mail.bounce_mailbox:
        slot = now.replace(minute=now.minute - now.minute % EVERY_MINUTES)
        work.put(KIND, 0, dedup_key=f"bounces:{slot:%Y-%m-%dT%H:%M}", now=now, priority=60)


def read_bounces(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Read what is new in the mailbox.

    Raises:
        TryAgain: the mailbox cannot be read for now.
    """
    try:
        read_mailbox(settings)
    except (OSError, imaplib.IMAP4.error) as error:
        raise TryAgain(f"the mailbox for reports cannot be read: {error}") from error


def read_mailbox(settings: Settings) -> Counter[BounceKind]:
    """Take in what is new, and return how many there were of each kind."""
    found: Counter[BounceKind] = Counter()
    where = settings.mail.bounce_mailbox
    if where is None:
        return found
    for raw in _maildir(where) if where.maildir else _imap(where):
        with transaction():
            found[bouncing.take_in(raw, now=clock.utc_now())] += 1
    return found


def _maildir(where: BounceMailbox) -> Iterator[bytes]:
    """Yield unread messages; each is marked as read when the next one is asked for."""
    box = mailbox.Maildir(str(where.maildir), create=True)
    unread = [key for key in sorted(box.iterkeys()) if "S" not in box.get_message(key).get_flags()]
    for key in unread[:AT_MOST]:
        yield box.get_bytes(key)[:LARGEST]
        with suppress(KeyError):  # somebody else took it meanwhile
            message = box.get_message(key)
            message.set_subdir("cur")
            message.add_flag("S")
            box[key] = message


def _imap(where: BounceMailbox) -> Iterator[bytes]:
    """Yield unread messages; each is marked as read when the next one is asked for."""
    context = ssl.create_default_context()
    with imaplib.IMAP4_SSL(where.host, where.port, ssl_context=context, timeout=PATIENCE) as connection:
        connection.login(where.user, where.password)
        if connection.select(f'"{where.folder}"')[0] != "OK":
            raise OSError(f"there is no folder {where.folder}")
        numbers = connection.uid("SEARCH", "UNSEEN")[1][0].split()
        for number in numbers[:AT_MOST]:
            _, parts = connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is not None:
                yield raw
            connection.uid("STORE", number, "+FLAGS", r"(\Seen)")
