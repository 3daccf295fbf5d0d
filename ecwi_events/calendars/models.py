"""Feeds are kept as bytes, so that a poll costs one read and the same facts give the same ETag."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import Model


class StoredFeed(Model):
    """The bytes of one feed as they were last exported."""

    __tablename__ = "stored_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    etag: Mapped[str] = mapped_column(sa.String(64))
    last_modified: Mapped[datetime] = mapped_column(UtcDateTime)
    exported_at: Mapped[datetime] = mapped_column(UtcDateTime)
