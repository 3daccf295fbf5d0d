"""The table of forms that were sent: so that a double click makes one thing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import Model


class FormOnce(Model):
    """A form that was sent. The digest of its word, its sender and its content tells it from all others, and no more."""

    __tablename__ = "form_once"
    __table_args__ = (sa.Index("ix_form_once_sent_at", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
