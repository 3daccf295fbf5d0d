"""What people who signed up are told when an activity or a session changes: one row for each change, not for each person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class News(StrEnum):
    """What has changed for the people who signed up; the mail is called ``registration.<news>``."""

    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    PLANNED_AGAIN = "planned_again"
    MOVED = "moved"
    SESSION_CANCELLED = "session_cancelled"
    SESSIONS_ADDED = "sessions_added"
    SESSION_RESTORED = "session_restored"


class Announcement(Model):
    """One change, from the press of the button until everybody is told.

    News about sessions waits for some minutes, so that several changes make one mail: ``told_with_id`` names the
    announcement that speaks for the others (its own id if it speaks itself). ``was_*`` is the time that people know.

    Who signs up between two changes knows the session in another way than who was there before. So one change may have
    several rows, each for those who came (signed up, or got their place) after one instant and up to another.
    """

    __tablename__ = "announcement"
    __table_args__ = (sa.Index("ix_announcement_activity_id", "activity_id", "begun_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity_session.id"))
    news: Mapped[News] = mapped_column(state_of(News, "news"))
    reason: Mapped[str | None] = mapped_column(Line(300))
    was_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    was_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    came_after_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    came_by_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # empty in rows of before: ``created_at``
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the office called the telling off
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_with_id: Mapped[int | None] = mapped_column(sa.Integer)
    told_up_to: Mapped[int] = mapped_column(sa.Integer, default=0)  # the last person that was told
    told: Mapped[int] = mapped_column(sa.Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
