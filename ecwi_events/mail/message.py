"""From words to bytes: a message as RFC 5322 and RFC 6047 want it, in 7-bit throughout, to exactly one person.

multipart/mixed
 ├ multipart/alternative
 │   ├ text/plain               first, complete by itself
 │   ├ text/html
 │   └ text/calendar; method=…  invitations only
 └ the calendar file            if there is one
"""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import CalendarFile, Letter, Sender
    from ecwi_events.mail.rendering import Rendered

LONGEST_LINE = 78
LONGEST_FIELD = 600
LONGEST_NAME = 80
POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Envelope:
    """Which message it is, and between whom."""

    sender: Sender
    recipient: str
    message_id: str
    kind: str
    now: datetime


def build(envelope: Envelope, letter: Letter, words: Rendered) -> bytes:
    """Return the whole message, CRLF line ends, nothing beyond ASCII."""
    message = EmailMessage(policy=POLICY)
    _add_fields(message, envelope, letter, words.subject)
    message.set_content(words.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", charset="utf-8", cte="quoted-printable")
    if letter.calendar:
        _add_calendar(message, letter.calendar)
    message["Content-Language"] = letter.language  # last: set_content() takes away every Content field
    return message.as_bytes(policy=POLICY.clone(max_line_length=_longest_line(message)))


def _longest_line(message: EmailMessage) -> int:
    """Keep plain header fields on one line: folded ones may begin with an empty line, which some readers show.

    Encoded words have a limit of 75 letters of their own, so those fields are folded.
    """
    return LONGEST_FIELD if all(str(value).isascii() for value in message.values()) else LONGEST_LINE


def wire_address(address: str) -> str:
    """Return an address as SMTP without extensions takes it: ASCII, a foreign domain in its IDNA form.

    Raises:
        ValueError: the part before the @ is not ASCII, or the domain has no IDNA form.
    """
    local, _, domain = address.rpartition("@")
    if not local.isascii() or not local:
        raise ValueError(f"cannot write to {address!r}: only plain letters may stand before the @")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _add_fields(message: EmailMessage, envelope: Envelope, letter: Letter, subject: str) -> None:
    message["Subject"] = clean_line(subject)
    message["From"] = Address(display_name=envelope.sender.name, addr_spec=envelope.sender.address)
    message["To"] = Address(
        display_name=clean_line(letter.to_name)[:LONGEST_NAME], addr_spec=wire_address(envelope.recipient)
    )
    message["Reply-To"] = envelope.sender.address
    message["Date"] = format_datetime(envelope.now)
    message["Message-ID"] = envelope.message_id
    if letter.thread:
        message["References"] = letter.thread
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["X-Mail-Kind"] = envelope.kind


def _add_calendar(message: EmailMessage, calendar: CalendarFile) -> None:
    if calendar.method:
        message.add_alternative(calendar.body, "text", "calendar", cte="base64")
        part = list(message.iter_parts())[-1]
        part.replace_header("Content-Type", f'text/calendar; charset="utf-8"; method={calendar.method}')
        del part["Content-Disposition"]  # with one, Thunderbird does not show the invitation
        message.add_attachment(calendar.body, "application", "ics", filename=calendar.name, cte="base64")
        message.get_payload()[-1].set_param("name", calendar.name)  # type: ignore[union-attr,index]
        return
    message.add_attachment(calendar.body, "text", "calendar", filename=calendar.name, cte="base64")
    message.get_payload()[-1].set_param("charset", "utf-8")  # type: ignore[union-attr,index]
