"""From words to bytes: a message as RFC 5322 and RFC 6047 want it, in 7-bit throughout, to exactly one person.

    multipart/mixed                  only with a calendar file
     ├ multipart/alternative
     │   ├ text/plain               first, complete by itself
     │   ├ text/html
     │   └ text/calendar; method=…  invitations only
     └ the calendar file

The words are put together here, line by line: the standard library's classes parse and fold every field again, which took a
third of the time of a whole mail. Calendar files, which few mails carry, still go through them.
"""

from __future__ import annotations

import binascii
import re
from base64 import encodebytes
from dataclasses import dataclass
from email.header import Header
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line, wire_domain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import CalendarFile, Letter, Sender, WayOut
    from ecwi_events.mail.rendering import Rendered

LONGEST_NAME = 80
LONGEST_LINE = 78
_WORDS = re.compile(r" *[^ ]+")
# Fields of calendar parts stay on one line: the library may fold one so that it begins with an empty line, which some show.
POLICY = compat32.clone(max_line_length=0)


@dataclass(frozen=True)
class Envelope:
    """Which message it is, and between whom."""

    sender: Sender
    recipient: str
    message_id: str
    kind: str
    now: datetime
    way_out: WayOut | None = None


def build(envelope: Envelope, letter: Letter, words: Rendered) -> bytes:
    """Return the whole message, CRLF line ends, nothing beyond ASCII."""
    parts = [_words("plain", words.text), _words("html", words.html)]
    if (
        letter.calendar and letter.calendar.method
    ):  # without a disposition: with one, Thunderbird does not show the invitation
        parts.append(
            _file(letter.calendar, "text", "calendar", charset="utf-8", method=letter.calendar.method).as_string()
        )
    whole = _several("alternative", parts)
    if letter.calendar:
        whole = _several("mixed", [whole, _attachment(letter.calendar).as_string()])
    fields = [_field(name, value) for name, value in _fields(envelope, letter, words.subject)]
    return "".join([*fields, "MIME-Version: 1.0\n", whole]).replace("\n", "\r\n").encode("ascii")


def wire_address(address: str) -> str:
    """Return an address as SMTP without extensions takes it: ASCII, a foreign domain in its IDNA form.

    Raises:
        ValueError: the part before the @ is not ASCII, or the domain has no IDNA form.
    """
    local, _, domain = address.rpartition("@")
    if not local.isascii() or not local:
        raise ValueError(f"cannot write to {address!r}: only plain letters may stand before the @")
    return f"{local}@{wire_domain(domain)}"


def _fields(envelope: Envelope, letter: Letter, subject: str) -> list[tuple[str, str]]:
    sender = envelope.sender
    fields = [
        ("Subject", _encoded("Subject", clean_line(subject))),
        ("From", _mailbox("From", sender.name, sender.address)),
        ("To", _mailbox("To", clean_line(letter.to_name)[:LONGEST_NAME], wire_address(envelope.recipient))),
        ("Reply-To", wire_address(letter.reply_to) if letter.reply_to else sender.address),
        ("Date", format_datetime(envelope.now)),
        ("Message-ID", envelope.message_id),
        ("Content-Language", letter.language),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("X-Mail-Kind", envelope.kind),
    ]
    if letter.thread:
        fields.append(("References", letter.thread))
    if envelope.way_out:  # RFC 8058: mail programs show a button, and press it without any page
        fields += [
            ("List-Unsubscribe", ", ".join(f"<{way}>" for way in envelope.way_out.ways)),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", f"<{envelope.way_out.topic}.{envelope.message_id.strip('<>').rpartition('@')[2]}>"),
        ]
    return fields


def _mailbox(field: str, name: str, address: str) -> str:
    shown = _encoded(field, name)
    return formataddr((name, address)) if shown == name else f"{shown} <{address}>"


def _encoded(field: str, value: str) -> str:
    """Return the value itself if it is plain, else as encoded words; what only looks like one is encoded as well."""
    if value.isascii() and "=?" not in value:
        return value
    return Header(value, "utf-8", header_name=field).encode()


def _field(name: str, value: str) -> str:
    """Return a field with its line end; what is longer than a line goes over several, each next one after a blank.

    Raises:
        ValueError: the value would end the field and begin another one.
    """
    if "\r" in value or any(not more.startswith(" =?") for more in value.split("\n")[1:]):
        raise ValueError(f"{name} of a mail goes over several lines: {value!r}")
    line = f"{name}: {value}"
    return f"{line}\n" if len(line) <= LONGEST_LINE or "\n" in value else _folded(name, value)


def _folded(name: str, value: str) -> str:
    """Return a field whose lines end between words; none is empty, and a word that is longer than a line stays whole."""
    first, *words = _WORDS.findall(value)
    lines = [f"{name}: {first.lstrip()}"]
    for word in words:
        if len(lines[-1]) + len(word) <= LONGEST_LINE:
            lines[-1] += word
        else:
            lines.append(word)
    return "".join(f"{line}\n" for line in lines)


def _several(kind: str, parts: Sequence[str]) -> str:
    """Return parts as one; no encoded line can look like the border, because neither encoding makes "=_" ."""
    border = f"=_{kind}"
    inner = "".join(f"--{border}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{border}"\n\n{inner}--{border}--\n'


def _words(kind: str, words: str) -> str:
    encoded = binascii.b2a_qp(words.encode()).decode("ascii")
    return f'Content-Type: text/{kind}; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n{encoded}'


def _attachment(calendar: CalendarFile) -> MIMENonMultipart:
    if calendar.method:
        part = _file(calendar, "application", "ics", name=calendar.name)
    else:
        part = _file(calendar, "text", "calendar", charset="utf-8")
    part.add_header("Content-Disposition", "attachment", filename=calendar.name)
    return part


def _file(calendar: CalendarFile, main: str, sub: str, **parameters: str) -> MIMENonMultipart:
    part = MIMENonMultipart(main, sub, policy=POLICY, **parameters)
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(calendar.body).decode("ascii"))
    return part
