"""One answer about one session. It names nobody; only the link in the mail and our key together lead to it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime
from ecwi_events.kernel.db import Model


class Feedback(Model):
    """A score from 1 (not useful) to 5 (very useful), and a sentence.

    ``key`` is made of the sign-up's uid with our key, so that a second answer replaces the first. Erasing a person gives the
    sign-up another uid, and then nothing leads from the one to the other.
    """

    __tablename__ = "feedback"
    __table_args__ = (sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("activity_session.id"), index=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True)
    score: Mapped[int] = mapped_column(sa.SmallInteger)
    comment: Mapped[str | None] = mapped_column(Line(1000))
    given_on: Mapped[datetime] = mapped_column(UtcDateTime)
