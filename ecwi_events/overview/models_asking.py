"""That a host was asked for what the overview still lacks, and what the host answered through the link."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class Question(Model):
    """One asking of one organisation for one year; its link opens a page without an account until ``expires_at``."""

    __tablename__ = "overview_question"
    __table_args__ = (sa.Index("ix_overview_question_year", "year", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    link_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"))
    year: Mapped[int] = mapped_column(sa.Integer)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SentKind(StrEnum):
    """What was sent in."""

    OUTCOME = "outcome"
    RESOURCE = "resource"
    NO_RESOURCES = "no_resources"


class Answer(Model):
    """What a host wrote to the office about one activity; outcomes and links wait in `SentIn` to be accepted."""

    __tablename__ = "overview_answer"
    __table_args__ = (sa.Index("ix_overview_answer_activity_id", "activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("overview_question.id"))
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    outcomes: Mapped[int] = mapped_column(sa.Integer, default=0)
    resources: Mapped[int] = mapped_column(sa.Integer, default=0)
    note: Mapped[str | None] = mapped_column(Prose)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SentIn(Model):
    """One thing that came in through a link without an account; it becomes a record when somebody who may accepts it."""

    __tablename__ = "overview_sent_in"
    __table_args__ = (sa.CheckConstraint("(looked_at IS NULL) = (is_accepted IS NULL)", name="looked"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("overview_answer.id"), index=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    kind: Mapped[SentKind] = mapped_column(state_of(SentKind, "kind"))
    text: Mapped[str] = mapped_column(Line(500))
    url: Mapped[str | None] = mapped_column(Line(500))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_accepted: Mapped[bool | None]
