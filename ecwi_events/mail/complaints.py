"""Complaints (RFC 5965): somebody's mail service tells us that a reader has marked a mail of ours as spam.

A complaint is believed like a report about a mail that did not arrive: it must name a mail of ours in a way that nobody
else can make up. Whatever else it says, what follows touches the person of that mail: all that one may stop is stopped for
them. What is about a place, a session that is moved or cancelled, or signing in still comes: who is tired of reminders
must not stand before a closed door. Only the person can start the others again. A mail that confirms a sign-up can come to
somebody who never wrote to us, because others can type an address; a complaint about one stops these mails to that address.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.text import clean_line, normalise_address
from ecwi_events.mail import bouncing, rules, stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import Mail
from ecwi_events.mail.models_delivery import Bounce, BounceKind
from ecwi_events.mail.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# What a reader did. The others are "not-spam" (they took it back), and the reports of programs: "auth-failure", "virus".
BY_READERS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
SENDER_LINES = ("Original-Mail-From", "Original-Envelope-Id")
LONGEST_SOURCE = 200


@dataclass(frozen=True)
class Told:
    """What a report of this sort says."""

    feedback: str  # as the mail service calls it: "abuse", "not-spam" …
    source: str  # who says so
    mail_ids: tuple[int, ...]
    message_ids: tuple[str, ...]


@dataclass(frozen=True)
class Complaint:
    """A complaint as the office sees it."""

    person_id: int | None
    address: str
    kind: str  # of the mail
    source: str
    at: datetime


def take_in(raw: bytes, *, now: datetime) -> BounceKind | None:
    """Do what follows from a complaint, once; return None if this message is none that can be read."""
    try:
        told = read(raw)
    except bouncing.UNREADABLE:
        return None
    if told is None:
        return None
    key = bouncing.key_of(raw)
    if known := bouncing.find_known(key):
        return known
    mail = bouncing.find_mail(told.mail_ids, told.message_ids)
    if mail is None:
        return bouncing.count(key, BounceKind.FOREIGN, told.feedback, now=now)
    if told.feedback not in BY_READERS or mail.address == rules.NO_ADDRESS:
        return bouncing.count(key, BounceKind.IGNORED, told.feedback, now=now)
    _heed(key, mail, told, now=now)
    return BounceKind.COMPLAINT


def read(raw: bytes) -> Told | None:
    """Return what a report says, or None if this is no report about a complaint."""
    report = bouncing.parsed(raw)
    # Only here: a mail that somebody sent on can have such a part inside.
    parts = [one for one in report.get_payload() if isinstance(one, Message)] if report.is_multipart() else []
    part = next((one for one in parts if one.get_content_type() == "message/feedback-report"), None)
    if part is None:
        return None
    fields = next(one for one in part.get_payload() if isinstance(one, Message))
    returned = [one for one in parts if one is not part]
    lines = [str(value) for name in SENDER_LINES for value in fields.get_all(name, [])]
    lines += [str(value) for one in _mails_in(returned) for value in one.get_all("Return-Path", [])]
    return Told(
        feedback=str(fields.get("Feedback-Type", "")).strip().lower()[:20],
        source=clean_line(str(report.get("From", "")))[:LONGEST_SOURCE],
        mail_ids=bouncing.first_few(bouncing.signed_ids(lines)),
        message_ids=bouncing.first_few(bouncing.quoted_ids(report)),
    )


def latest_of(person_id: int) -> datetime | None:
    """Return when a complaint last came about a mail to this person, or None."""
    return db.session.scalar(
        sa.select(sa.func.max(Bounce.at))
        .join(Mail, Mail.id == Bounce.mail_id)
        .where(Mail.person_id == person_id, Bounce.kind == BounceKind.COMPLAINT)
    )


def came_about(kind: str, address: str) -> bool:
    """Tell whether the reader of an address has complained about a mail of this kind, as long as we keep complaints."""
    about = sa.exists().where(
        Bounce.normalised == normalise_address(address), Bounce.kind == BounceKind.COMPLAINT,
        Mail.id == Bounce.mail_id, Mail.kind == kind,
    )  # fmt: skip
    return bool(db.session.scalar(sa.select(about)))


def latest(*, limit: int) -> Sequence[Complaint]:
    """Return the latest complaints, the last one first."""
    rows = db.session.execute(
        sa.select(Mail.person_id, sa.func.coalesce(Bounce.normalised, ""), Mail.kind, Bounce.detail, Bounce.at)
        .join(Mail, Mail.id == Bounce.mail_id)
        .where(Bounce.kind == BounceKind.COMPLAINT)
        .order_by(Bounce.at.desc(), Bounce.id.desc())
        .limit(limit)
    ).all()
    return [Complaint(*row) for row in rows]


def _heed(key: str, mail: Mail, told: Told, *, now: datetime) -> None:
    """Write the complaint down, and stop what its person may stop; who takes it in at the same time does nothing."""
    row = {
        "report_key": key, "kind": BounceKind.COMPLAINT, "mail_id": mail.id,
        "normalised": normalise_address(mail.address), "status": told.feedback, "detail": told.source, "at": now,
    }  # fmt: skip
    if not insert_unless_there(Bounce, [row], key=["report_key"]) or mail.person_id is None:
        return
    journal.note("note_complaint", "person", mail.person_id, after={"kind": mail.kind}, now=now)
    for topic in Topic:
        stopping.stop(Stop(mail.person_id, topic), now=now)


def _mails_in(parts: Sequence[Message]) -> list[Message]:
    """Return the mails that a report returns, whole or as their header fields alone."""
    whole = [one for part in parts if part.get_content_type() == "message/rfc822" for one in part.get_payload()]
    texts = [
        bytes(part.get_payload(decode=True) or b"")[: bouncing.LONGEST_READ]
        for part in parts
        if part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}
    ]
    heads = [message_from_bytes(text, policy=policy.compat32) for text in texts]
    return [one for one in (*whole, *heads) if isinstance(one, Message)]
