"""What the last recount of places found."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Prose, UtcDateTime
from ecwi_events.kernel.db import Model


class Recount(Model):
    """The last time that places were counted again; one row."""

    __tablename__ = "recount"

    id: Mapped[int] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    wrong: Mapped[int] = mapped_column(sa.Integer)
    words: Mapped[str | None] = mapped_column(Prose)
