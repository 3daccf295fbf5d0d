"""Reads of mails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db, run
from ecwi_events.mail.models import Mail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.models import MailState


@dataclass(frozen=True)
class Outgoing:
    """A mail as it stood when it was read; later transactions do not change these facts."""

    id: int
    kind: str
    person_id: int | None
    address: str
    message_id: str
    subject_id: int
    session_id: int | None
    revision: int | None
    not_after: datetime | None
    state: MailState
    reason: str | None
    attempts: int
    turn_at: datetime | None
    first_id: int | None

    @property
    def speaks_for(self) -> int:
        """Return the id of the mail whose notes say of what it speaks: its own, or that of the one it repeats."""
        return self.first_id or self.id


_MAIL = Mail.metadata.tables["mail"]
_OUTGOING = sa.select(*(_MAIL.c[name] for name in Outgoing.__dataclass_fields__))
_BY_ID = _OUTGOING.where(_MAIL.c.id == sa.bindparam("mail"))
_BY_IDS = _OUTGOING.where(_MAIL.c.id.in_(sa.bindparam("mails", expanding=True)))


@dataclass(frozen=True)
class MailLine:
    """A mail in a list: to whom, what, and what became of it."""

    id: int
    kind: str
    address: str
    state: MailState
    reason: str | None
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


_LINE = sa.select(*(_MAIL.c[name] for name in MailLine.__dataclass_fields__))


def mails_to(person_id: int, *, limit: int) -> Sequence[MailLine]:
    """Return the mails to a person, the latest first."""
    rows = _LINE.where(_MAIL.c.person_id == person_id).order_by(_MAIL.c.id.desc()).limit(limit)
    return [MailLine(*row) for row in db.session.execute(rows)]


def find_mail(mail_id: int) -> Outgoing | None:
    """Return a mail as it stands in the database now, or None."""
    row = run(_BY_ID, {"mail": mail_id}).one_or_none()
    return Outgoing(*row) if row else None


def mails_of(mail_ids: Sequence[int]) -> dict[int, Outgoing]:
    """Return several mails as they stand in the database now, by their ids."""
    return {row.id: Outgoing(*row) for row in run(_BY_IDS, {"mails": list(mail_ids)})}
