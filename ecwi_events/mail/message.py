"""From words to bytes: a message as RFC 5322 and RFC 6047 want it, in 7-bit throughout, to exactly one person.

    multipart/mixed                  only with a calendar file
     ├ multipart/alternative
     │   ├ text/plain               first, complete by itself
     │   ├ text/html
     │   └ text/calendar; method=…  invitations only
     └ the calendar file

The form is always the same, so it is written down here directly: building it from the standard library's `EmailMessage`
took a third of the time of a whole mail. The tests read every kind of mail back with the standard library.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import CalendarFile, Letter, Sender
    from ecwi_events.mail.rendering import Rendered

LONGEST_NAME = 80
ENCODED_LINE = 70  # room for the field's name beside encoded words
_NEEDS_QUOTES = set('()<>@,:;".[]\\')


@dataclass(frozen=True)
class Envelope:
    """Which message it is, and between whom."""

    sender: Sender
    recipient: str
    message_id: str
    kind: str
    now: datetime


def build(envelope: Envelope, letter: Letter, words: Rendered) -> bytes:
    """Return the whole message, CRLF line ends, nothing beyond ASCII; the same facts give the same bytes."""
    # No part can hold this boundary: their own "=" are encoded.
    boundary = "=_" + "".join(c for c in envelope.message_id if c.isalnum())[:40]
    parts = [_words_part("plain", words.text), _words_part("html", words.html)]
    if letter.calendar and letter.calendar.method:
        kind = f'text/calendar; charset="utf-8"; method={letter.calendar.method}'
        parts.append(_file_part([f"Content-Type: {kind}"], letter.calendar.body))  # a disposition would hide it
    body = _multipart("alternative", boundary + "a", parts)
    if letter.calendar:
        body = _multipart("mixed", boundary + "m", [body, _attachment(letter.calendar)])
    return "\r\n".join(_fields(envelope, letter, words.subject)).encode("ascii") + b"\r\n" + body


def wire_address(address: str) -> str:
    """Return an address as SMTP without extensions takes it: ASCII, a foreign domain in its IDNA form.

    Raises:
        ValueError: the part before the @ is not ASCII, or the domain has no IDNA form.
    """
    local, _, domain = address.rpartition("@")
    if not local.isascii() or not local:
        raise ValueError(f"cannot write to {address!r}: only plain letters may stand before the @")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _fields(envelope: Envelope, letter: Letter, subject: str) -> list[str]:
    sender = envelope.sender
    fields = [
        f"Subject: {_encoded(clean_line(subject), 'Subject')}",
        f"From: {_mailbox(sender.name, sender.address, 'From')}",
        f"To: {_mailbox(clean_line(letter.to_name)[:LONGEST_NAME], wire_address(envelope.recipient), 'To')}",
        f"Reply-To: {sender.address}",
        f"Date: {format_datetime(envelope.now)}",
        f"Message-ID: {envelope.message_id}",
        f"Content-Language: {letter.language}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        f"X-Mail-Kind: {envelope.kind}",
        "MIME-Version: 1.0",
    ]
    return [*fields, f"References: {letter.thread}"] if letter.thread else fields


def _mailbox(name: str, address: str, field: str) -> str:
    if not name:
        return address
    shown = _encoded(name, field)
    if shown is name and _NEEDS_QUOTES & set(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}"'
    return f"{shown} <{address}>"


def _encoded(value: str, field: str) -> str:
    """Return the value itself if it is plain, else as encoded words; what only looks like one is encoded as well."""
    if value.isascii() and "=?" not in value:
        return value
    return Header(value, "utf-8", maxlinelen=ENCODED_LINE, header_name=field).encode(linesep="\r\n")


def _multipart(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    inner = b"".join(mark + b"\r\n" + part for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + inner + mark + b"--\r\n"


def _words_part(kind: str, words: str) -> bytes:
    """Quoted-printable: readable in the raw message, too."""
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    text = binascii.b2a_qp(words.replace("\n", "\r\n").encode())
    return head.encode() + text + b"\r\n"


def _attachment(calendar: CalendarFile) -> bytes:
    kind = "application/ics" if calendar.method else 'text/calendar; charset="utf-8"'
    fields = [
        f'Content-Type: {kind}; name="{calendar.name}"',
        f'Content-Disposition: attachment; filename="{calendar.name}"',
    ]
    return _file_part(fields, calendar.body)


def _file_part(fields: Sequence[str], body: bytes) -> bytes:
    head = "\r\n".join((*fields, "Content-Transfer-Encoding: base64", "", ""))
    return head.encode() + base64.encodebytes(body).replace(b"\n", b"\r\n")
