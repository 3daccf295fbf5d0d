"""Reading the mailbox of what comes back from mails: the door of the work kind ``mail.read_bounces``.

Each message is taken in by a transaction of its own and marked as read after it; one that is read twice counts once. Anybody
can write to this mailbox: a message that cannot be read, whatever is in it, never keeps the others from being read.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
from sqlalchemy.exc import InterfaceError, OperationalError

from ecwi_events.jobs.trying import TryAgain
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.text import clean_line
from ecwi_events.mail import bouncing
from ecwi_events.mail.models_delivery import BounceKind
from ecwi_events.people import unsubscribing
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from flask import Flask

    from config import BounceMailbox, Settings
    from ecwi_events.work.service import Claim

log = logging.getLogger(__name__)

KIND = "mail.read_bounces"
AT_MOST = 500  # a round; the rest has its turn ten minutes later
EVERY_MINUTES = 10
LARGEST = 300_000  # bytes; what we use of a report stands at its beginning
PATIENCE = 20.0
KEEP_READ = timedelta(days=30)  # in a Maildir, which is listed each time
INFO, SEEN, STARRED = ":2,", "S", "F"  # how names in a Maildir go on, and the flags of what was read, and marked
UNREACHABLE = (OSError, imaplib.IMAP4.error)  # what reading the mailbox can end in


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
    except UNREACHABLE as error:
        raise TryAgain(f"the mailbox of what comes back cannot be read: {error}") from error


def read_mailbox(settings: Settings) -> Counter[BounceKind]:
    """Take in what is new, and return how many there were of each kind."""
    found: Counter[BounceKind] = Counter()
    where = settings.mail.bounce_mailbox
    if where is None:
        return found
    for raw in _maildir(where) if where.maildir else _imap(where):
        found[_take_in(raw)] += 1
    if where.maildir:
        _clear(where.maildir / "cur", before=clock.utc_now() - KEEP_READ)
    return found


def _take_in(raw: bytes) -> BounceKind:
    """Take in one message; what fails because of what is in it is counted and laid aside, and the next one has its turn."""
    try:
        with transaction():
            return unsubscribing.take_in(raw, now=clock.utc_now())
    except (OperationalError, InterfaceError):  # the database is away: the message stays new
        raise
    except Exception:
        key = bouncing.key_of(raw)
        log.exception("a message that came back cannot be taken in: %s", key)
        with transaction():
            return bouncing.count(key, BounceKind.IGNORED, "not read", now=clock.utc_now())


def _maildir(where: BounceMailbox) -> Iterator[bytes]:
    """Yield unread messages; each is marked as read when the next one is asked for.

    Whether one was read stands in its name. `mailbox.Maildir` would parse every old message to find that out.
    """
    for path in _unread(Path(str(where.maildir)))[:AT_MOST]:
        with suppress(FileNotFoundError):  # somebody else took it meanwhile
            with path.open("rb") as file:
                raw = file.read(LARGEST)
            yield raw
            name, _, flags = path.name.partition(INFO)
            path.rename(path.parent.with_name("cur") / f"{name}{INFO}{''.join(sorted({*flags, SEEN}))}")


def _unread(folder: Path) -> list[Path]:
    """Return the messages that are not marked as read, those that came first first; an empty mailbox is made."""
    for each in ("tmp", "new", "cur"):
        (folder / each).mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [path for each in ("new", "cur") for path in (folder / each).iterdir() if not path.name.startswith(".")]
    unread = [path for path in files if path.parent.name == "new" or SEEN not in path.name.partition(INFO)[2]]
    return sorted((path for path in unread if path.is_file()), key=lambda path: path.name)


def _clear(folder: Path, *, before: datetime) -> None:
    """Take away what was read and came before, unless somebody has marked it to keep it."""
    for path in folder.iterdir():
        flags = path.name.partition(INFO)[2]
        if SEEN in flags and STARRED not in flags:
            with suppress(FileNotFoundError):  # somebody else took it away meanwhile
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()


def _imap(where: BounceMailbox) -> Iterator[bytes]:
    """Yield unread messages; each is marked as read when the next one is asked for."""
    with opened(where) as connection:
        numbers = (_answer(connection.uid("SEARCH", "UNSEEN"), "list what is new")[0] or b"").split()
        for number in (each.decode("ascii") for each in numbers[:AT_MOST]):
            parts = _answer(connection.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)"), "give a message")
            raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if raw is None:  # somebody else took it away meanwhile
                continue
            yield raw
            _answer(connection.uid("STORE", number, "+FLAGS", r"(\Seen)"), "mark a message as read")


@contextmanager
def opened(where: BounceMailbox) -> Iterator[imaplib.IMAP4_SSL]:
    """Open the folder of an IMAP server whose certificate this machine trusts.

    Raises:
        OSError: it cannot be opened; the message says why, for those who look after the service.
    """
    context = ssl.create_default_context()
    try:
        connection = imaplib.IMAP4_SSL(where.host, where.port, ssl_context=context, timeout=PATIENCE)
    except ssl.SSLCertVerificationError as error:
        raise OSError(f"the certificate of {where.host} is not trusted: {error.verify_message}") from error
    try:
        _enter(connection, where)
        yield connection
    finally:
        _leave(connection)


def _enter(connection: imaplib.IMAP4_SSL, where: BounceMailbox) -> None:
    try:
        connection.login(where.user, where.password)
    except imaplib.IMAP4.abort:  # nobody refused us: the connection is gone
        raise
    except imaplib.IMAP4.error as error:
        raise OSError(f"{where.host} does not let {where.user} in: {_words(error.args)}") from error
    if connection.select(f'"{where.folder}"')[0] != "OK":
        raise OSError(f"there is no folder {where.folder} at {where.host}")


def _leave(connection: imaplib.IMAP4_SSL) -> None:
    """Say goodbye; where nobody answers any more, only close our end, which the library leaves open."""
    try:
        connection.logout()
    except UNREACHABLE:
        with suppress(OSError):
            connection.shutdown()


def _answer(answer: tuple[str, list[Any]], what: str) -> list[Any]:
    """Return what the server answered.

    Raises:
        OSError: it did not do what it was asked.
    """
    if answer[0] != "OK":
        raise OSError(f"the server did not {what}: {_words(answer[1])}")
    return answer[1]


def _words(said: Sequence[object]) -> str:
    """Return what the server said, as one short line."""
    return clean_line(b" ".join(part for part in said if isinstance(part, bytes)).decode("ascii", "replace"))[:200]
