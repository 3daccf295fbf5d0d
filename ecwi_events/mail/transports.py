"""Ways out: an SMTP relay, or a folder that gets one file a message. Both in two steps, so that a state fits between.

A connection to a relay is kept for the next mail of the same thread: connecting, greeting and signing in cost more than a
mail. `hang_up` ends it; whoever drains calls it when there is nothing more to send.

`open` says who writes to whom; a refusal there costs nothing. `hand_over` gives the text away; what is lost during it may
or may not have arrived.
"""

from __future__ import annotations

import re
import secrets
import select
import smtplib
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

PERMANENT = 500
GO_AHEAD = 354
ACCEPTED = 250
CLOSING = 421
ANSWER_TO_TEXT_SECONDS = 600.0  # RFC 5321, 4.5.3.2.6: some look at a text for long before they say yes
MOST_MAILS = 100  # on one connection: some servers want a new one now and then
_thread = threading.local()
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_DOTS = re.compile(rb"^\.", re.MULTILINE)


class NotNow(Exception):  # noqa: N818 - a verdict, not a bug
    """Not taken for now, and certainly not delivered: try again later."""


class Away(NotNow):
    """The mail server does not answer at all, which says nothing about this mail."""


class Never(Exception):  # noqa: N818 - a verdict, not a bug
    """Refused for good."""

    about_recipient = False  # whether it was refused when the recipient was named, or only when the text was there


class Lost(Exception):  # noqa: N818 - a verdict, not a bug
    """The connection ended after the text was handed over: nobody knows whether it arrived."""


class Opened(Protocol):
    """A conversation in which sender and recipient are accepted."""

    def hand_over(self, message: bytes) -> None:
        """Give the text away.

        Raises:
            NotNow: refused for now.
            Never: refused for good.
            Lost: no answer came.
        """


class Transport(Protocol):
    """A way out."""

    @contextmanager
    def open(self, sender: str, recipient: str) -> Iterator[Opened]:
        """Name sender and recipient.

        Raises:
            NotNow: nobody answers, or refused for now.
            Never: the recipient is refused for good.
        """


def nothing() -> None:
    """Do nothing."""


def go_on() -> bool:
    """Wait as long as it takes."""
    return True


@dataclass(frozen=True)
class Relay:
    """An SMTP server."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = ""
    hello: str = "localhost"
    patience: float = 15.0  # seconds for each answer
    before_connecting: Callable[[], None] = field(default=nothing, compare=False)  # a new connection may take long
    while_waiting: Callable[[], bool] = field(default=go_on, compare=False)  # for the answer to a text; False ends it

    @contextmanager
    def open(self, sender: str, recipient: str) -> Iterator[Opened]:
        """Take the kept connection, or connect and sign in; name sender and recipient."""
        conversation = SmtpConversation(self._named(sender, recipient), self.patience, self.while_waiting)
        try:
            yield conversation
        finally:
            if conversation.is_over:
                _close(conversation.connection)
            else:
                self._keep(conversation.connection, rest=not conversation.is_done)

    def _named(self, sender: str, recipient: str) -> smtplib.SMTP:
        """Return a connection on which both are named; one that went stale since the last mail is replaced once."""
        kept = _kept().pop(self, None)
        if kept is not None:
            with suppress(OSError):
                return self._name(kept, sender, recipient)
        self.before_connecting()
        try:
            return self._name(self._connect(), sender, recipient)
        except OSError as error:  # smtplib's own errors are OSErrors too; all of them are about us, not the recipient
            raise Away(_words(error)) from error

    def _name(self, connection: smtplib.SMTP, sender: str, recipient: str) -> smtplib.SMTP:
        try:
            _name(connection, sender, recipient)
        except (NotNow, Never) as refusal:
            if isinstance(refusal, Away):
                _close(connection)
            else:
                self._keep(connection, rest=True)
            raise
        except BaseException:
            _close(connection)
            raise
        return connection

    def _keep(self, connection: smtplib.SMTP, *, rest: bool) -> None:
        """Keep a connection for the next mail; ``rest``: it is in the middle of one that is not sent."""
        used = getattr(connection, "used", 0) + 1
        try:
            if used >= MOST_MAILS or (rest and not is_yes(connection.rset()[0])):
                raise smtplib.SMTPServerDisconnected("enough")
        except OSError:
            _close(connection)
            return
        connection.used = used  # type: ignore[attr-defined]  # counted where it is kept
        _kept()[self] = connection

    def _connect(self) -> smtplib.SMTP:
        if self.tls == "implicit":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, self.hello, timeout=self.patience, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, self.hello, timeout=self.patience)
        try:
            connection.ehlo_or_helo_if_needed()
            if self.tls == "starttls":
                connection.starttls(context=ssl.create_default_context())
                connection.ehlo_or_helo_if_needed()  # what it said before, somebody else may have said
            if self.user:
                connection.login(self.user, self.password)
        except BaseException:
            _close(connection)
            raise
        return connection


def hang_up() -> None:
    """End the connections that this thread keeps."""
    kept = _kept()
    while kept:
        _close(kept.popitem()[1])


def _kept() -> dict[Relay, smtplib.SMTP]:
    if not hasattr(_thread, "kept"):
        _thread.kept = {}
    return _thread.kept  # type: ignore[no-any-return]  # only we put something there


@dataclass
class SmtpConversation:
    """An SMTP connection after MAIL FROM and RCPT TO."""

    connection: smtplib.SMTP
    patience: float
    while_waiting: Callable[[], bool]
    is_done: bool = False  # the text was answered: the next mail may follow
    is_over: bool = False  # the connection is of no more use

    def hand_over(self, message: bytes) -> None:
        """DATA, then the text; only what goes wrong in between is uncertain."""
        self.is_over = True  # until an answer says otherwise
        try:
            code, answer = self.connection.docmd("data")
        except OSError as error:
            raise NotNow(_words(error)) from error
        if code != GO_AHEAD:
            self.is_over = code == CLOSING
            raise _verdict(code, answer)
        try:
            self.connection.send(_DOTS.sub(b"..", message.rstrip(b"\r\n") + b"\r\n") + b".\r\n")
            self._wait_for_answer()
            code, answer = self.connection.getreply()
        except OSError as error:
            raise Lost(_words(error)) from error
        self.is_done, self.is_over = True, code == CLOSING
        if not is_yes(code):
            raise _verdict(code, answer)

    def _wait_for_answer(self) -> None:
        """Wait for the answer to a text: who leaves a slow server too early sends it what it has already.

        Raises:
            TimeoutError: it did not come.
        """
        until = time.monotonic() + ANSWER_TO_TEXT_SECONDS
        wire = [self.connection.sock]
        while not select.select(wire, [], [], self.patience)[0]:  # type: ignore[type-var]  # we have just written to it
            if time.monotonic() > until or not self.while_waiting():
                raise TimeoutError("no answer to the text")


@dataclass(frozen=True)
class Folder:
    """A folder on this machine; for trying things out, and for the tests."""

    path: Path
    now: datetime
    name: str

    @contextmanager
    def open(self, sender: str, recipient: str) -> Iterator[Opened]:  # noqa: ARG002 - there is nobody to name them to
        """Make sure that the folder can be written."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotNow(_words(error)) from error
        yield self

    def hand_over(self, message: bytes) -> None:
        """Write the file under a name of its own, whole or not at all."""
        name = re.sub(r"[^A-Za-z0-9@.-]+", "", self.name)
        draft = self.path / f".{secrets.token_hex(8)}.part"
        try:
            draft.write_bytes(message)
            draft.replace(self.path / f"{self.now:%Y%m%dT%H%M%S.%fZ}-{name}.eml")
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise NotNow(_words(error)) from error


def is_yes(code: int) -> bool:
    """Tell whether an SMTP answer says yes."""
    return ACCEPTED <= code < ACCEPTED + 50


def _name(connection: smtplib.SMTP, sender: str, recipient: str) -> None:
    (code, answer), of_recipient = _answers(connection, sender, recipient)
    if not is_yes(code):  # it is we who are refused: the office can mend it, so the mail waits
        raise (Away if code == CLOSING else NotNow)(_said(code, answer))
    code, answer = of_recipient()
    if not is_yes(code):
        verdict = _verdict(code, answer)
        if isinstance(verdict, Never):
            verdict.about_recipient = True
        raise verdict


def _answers(
    connection: smtplib.SMTP, sender: str, recipient: str
) -> tuple[tuple[int, bytes], Callable[[], tuple[int, bytes]]]:
    """Return the answer to the sender, and a way to that to the recipient.

    A server that takes both at once (RFC 2920) is told both at once, which saves the way there and back.
    """
    if not (connection.has_extn("pipelining") and _PLAIN.fullmatch(sender) and _PLAIN.fullmatch(recipient)):
        of_sender = _say(connection, connection.mail, "MAIL FROM", sender)
        return of_sender, lambda: _say(connection, connection.rcpt, "RCPT TO", recipient)
    connection.send(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\n")
    of_sender = connection.getreply()
    if of_sender[0] == CLOSING:
        return of_sender, lambda: of_sender
    of_recipient = connection.getreply()  # also if the sender was refused: it has been asked for
    return of_sender, lambda: of_recipient


def _say(
    connection: smtplib.SMTP, carefully: Callable[[str], tuple[int, bytes]], word: str, address: str
) -> tuple[int, bytes]:
    """Name an address; a plain one as it is, because the standard library takes each apart."""
    if _PLAIN.fullmatch(address):
        return connection.docmd(f"{word}:<{address}>")
    return carefully(address)


def _verdict(code: int, answer: bytes) -> NotNow | Never:
    if code == CLOSING:  # "I am closing the connection": about the server, not about this mail
        return Away(_said(code, answer))
    return Never(_said(code, answer)) if code >= PERMANENT else NotNow(_said(code, answer))


def _said(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode('utf-8', 'replace')}"


def _words(error: OSError) -> str:
    code, answer = getattr(error, "smtp_code", None), getattr(error, "smtp_error", b"")
    if code:
        return _said(code, answer if isinstance(answer, bytes) else str(answer).encode())
    return f"{type(error).__name__}: {error}"


def _close(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()
