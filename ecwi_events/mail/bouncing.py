"""Reports about mails that did not arrive (RFC 3464): whose they are, what they say, and what follows.

A report is believed only if it names a mail of ours in a way that nobody else can make up: by the address that we gave as
the sender, which carries a signature, or by the Message-ID, which cannot be guessed. What follows touches the address of
that mail and no other, whatever else the report says.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.mail import rules, suppression
from ecwi_events.mail.models import Mail
from ecwi_events.mail.models_delivery import Bounce, BounceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

Name = TypeVar("Name", int, str)
PURPOSE = "bounce"
SIGNATURE = 16
MESSAGE_ID = re.compile(r"<[0-9a-f-]{36}@[^<>\s]{1,255}>")
LONGEST_READ = 200_000  # of the text of a report
MOST_BOUNDARIES = 20  # a report and the mail that it returns have three or four; each more makes reading slower
MOST_NAMED = 100  # mails of ours in one report; a database takes only so many in a question
# What reading a mail can end in: strangers can put anything into one, also parts in parts in parts.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, MessageError, RecursionError)
TOLD_TO = ("To", "Delivered-To", "X-Original-To", "X-Envelope-To", "Envelope-To", "X-Failed-Recipients")


@dataclass(frozen=True)
class Told:
    """What a report says about one recipient."""

    action: str
    status: str
    detail: str
    mail_ids: tuple[int, ...]  # that its addresses name with a right signature
    message_ids: tuple[str, ...]


def envelope_from(mail_id: int, bounce_address: str) -> str:
    """Return the sender of the envelope of one mail, or "" if no address for reports is set."""
    if not bounce_address:
        return ""
    local, _, domain = bounce_address.rpartition("@")
    return f"{local}+{mail_id}.{_signature(mail_id)}@{domain}"


def take_in(raw: bytes, *, now: datetime) -> BounceKind:
    """Read one message of the mailbox for reports, and do what follows from it; reading it again changes nothing.

    Returns:
        What it was.
    """
    key = key_of(raw)
    if known := find_known(key):
        return known
    try:
        told = read(raw)
    except UNREADABLE:
        told = None
    if told is None:
        return count(key, BounceKind.IGNORED, now=now)
    mail = find_mail(told.mail_ids, told.message_ids)
    if mail is None:
        return count(key, BounceKind.FOREIGN, told.status, now=now)
    if told.action != "failed":
        return count(key, BounceKind.IGNORED, told.status, now=now)
    hardness = rules.hardness(told.status)
    refusal = suppression.Refusal(
        mail.address, mail.id, hardness, told.status, told.detail, suppression.BY_REPORT, key=raw.decode("latin-1")
    )
    suppression.note_refusal(refusal, now=now)
    return BounceKind.HARD if hardness == rules.HARD else BounceKind.SOFT


def read(raw: bytes) -> Told | None:
    """Return what a report says, or None if this is no report (an answer, an absence note, advertising)."""
    report = parsed(raw)
    status = next((part for part in report.walk() if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return None
    blocks = [block for block in status.get_payload() if isinstance(block, Message)]
    recipient = next((block for block in blocks if block.get("Final-Recipient") or block.get("Action")), None)
    if recipient is None:
        return None
    diagnostic = _line(recipient, "Diagnostic-Code").partition(";")[2].strip()
    code = rules.status_of(diagnostic) if diagnostic else ""
    told = rules.status_of(_line(recipient, "Status"))
    return Told(
        action=_line(recipient, "Action").lower().split(" ")[0],
        # A vague "5.0.0" says less than what the other server answered.
        status=code if code and told in {"", "5.0.0", "4.0.0"} else told,
        detail=diagnostic or _line(recipient, "Status"),
        mail_ids=first_few(signed_ids(_named(report, blocks))),
        message_ids=first_few(quoted_ids(report)),
    )


def parsed(raw: bytes) -> Message:
    """Return a mail in its parts.

    Raises:
        ValueError: it has more of them than a report has; and other errors of `UNREADABLE`.
    """
    if raw.lower().count(b"boundary") > MOST_BOUNDARIES:
        raise ValueError("this mail has too many parts in parts")
    # The old policy leaves header fields as they came; the new one reads them, and stumbles over broken ones.
    return message_from_bytes(raw, policy=policy.compat32)


def _line(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _named(report: Message, blocks: list[Message]) -> list[str]:
    """Return the lines of a report in which the sender that we gave can stand."""
    lines = [value for name in TOLD_TO for value in report.get_all(name, [])]
    return lines + [_line(block, name) for block in blocks for name in ("Original-Envelope-Id", "X-Postfix-Sender")]


def signed_ids(lines: Iterable[str]) -> Iterator[int]:
    """Yield the mails that addresses in some lines name with a right signature."""
    for line in lines:
        for number, signature in re.findall(r"\+(\d{1,10})\.([A-Za-z0-9_-]{16})@", str(line)):
            if number.isascii() and hmac.compare_digest(signature.lower(), _signature(int(number))):
                yield int(number)


def quoted_ids(report: Message) -> Iterator[str]:
    """Yield Message-IDs of ours that stand in the returned mail, or in its header fields alone."""
    for part in report.walk():
        if part.get_content_type() == "message/rfc822":
            for inner in part.get_payload():
                if isinstance(inner, Message):
                    yield from MESSAGE_ID.findall(_line(inner, "Message-ID"))
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            body = part.get_payload(decode=True) or b""
            yield from MESSAGE_ID.findall(bytes(body)[:LONGEST_READ].decode("latin-1"))


def first_few(named: Iterable[Name]) -> tuple[Name, ...]:
    """Return the first mails that a report names, each once."""
    return tuple(dict.fromkeys(islice(named, MOST_NAMED)))


def find_mail(mail_ids: Collection[int], message_ids: Collection[str]) -> Mail | None:
    """Return the mail of ours that a report names, or None."""
    condition = sa.or_(Mail.id.in_(mail_ids), Mail.message_id.in_(message_ids))
    statement = sa.select(Mail).where(condition).order_by(Mail.id).limit(1)
    return db.session.scalar(statement.execution_options(populate_existing=True))


def key_of(raw: bytes) -> str:
    """Return what makes a message the same message, if it is read again."""
    return suppression.report_key(raw.decode("latin-1"))


def find_known(key: str) -> BounceKind | None:
    """Return what a message was that was taken in before, or None."""
    return db.session.scalar(sa.select(Bounce.kind).where(Bounce.report_key == key))


def count(key: str, kind: BounceKind, status: str = "", *, now: datetime) -> BounceKind:
    """Remember that a message was taken in, and what it was; nothing else follows from it."""
    row = {
        "report_key": key,
        "kind": kind,
        "mail_id": None,
        "normalised": None,
        "status": status[:20],
        "detail": "",
        "at": now,
    }
    insert_unless_there(Bounce, [row], key=["report_key"])
    return kind


def _signature(mail_id: int) -> str:
    """Return what shows that an address was made by us; small letters, because some servers lower them."""
    return hmac.digest(tokens.key_for(PURPOSE), str(mail_id).encode(), "sha256").hex()[:SIGNATURE]


def counts(*, since: datetime) -> Counter[BounceKind]:
    """Count what came back since then, by kind."""
    rows = db.session.execute(
        sa.select(Bounce.kind, sa.func.count()).where(Bounce.at >= since).group_by(Bounce.kind)
    ).all()
    return Counter({row[0]: row[1] for row in rows})
