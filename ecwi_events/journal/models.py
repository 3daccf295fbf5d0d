"""Tables of the journal. Triggers of the database refuse to change or delete an entry (see the migration 0004)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.journal.rules import Door
from ecwi_events.kernel.columns import UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class JournalKey(Model):
    """The pseudonym of a person. Erasing the person takes this row away, and the entries keep a name of nobody."""

    __tablename__ = "journal_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True)


class JournalEntry(Model):
    """One act: what it was, on what, by whom (a pseudonym, or nobody known), and the fields that changed."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        sa.Index("ix_journal_entry_subject", "subject", "subject_id"),
        sa.Index("ix_journal_entry_actor", "actor"),
        sa.Index("ix_journal_entry_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str | None] = mapped_column(sa.String(32))
    door: Mapped[Door] = mapped_column(state_of(Door, "door"))
    act: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int] = mapped_column(sa.Integer)
    # Canonical JSON with the changed fields only.
    before: Mapped[str | None] = mapped_column(sa.Text)
    after: Mapped[str | None] = mapped_column(sa.Text)
