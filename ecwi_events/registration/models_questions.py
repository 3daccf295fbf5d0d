"""What an activity asks of people who sign up, what they answered, and what hosts note about a sign-up."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class QuestionKind(StrEnum):
    """How a question is answered; ``consent`` is a sentence that people agree to."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes_no"
    CONSENT = "consent"


class Question(Model):
    """A question of the sign-up form. Once answered its words never change: a new row takes its place."""

    __tablename__ = "sign_up_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    kind: Mapped[QuestionKind] = mapped_column(state_of(QuestionKind, "kind"))
    wording: Mapped[str] = mapped_column(Line(300))
    purpose: Mapped[str] = mapped_column(Line(200))
    choices: Mapped[list[str]] = mapped_column(sa.JSON)
    is_required: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # no longer asked, kept for its answers


class Answer(Model):
    """What one sign-up answered to one question."""

    __tablename__ = "sign_up_answer"
    __table_args__ = (sa.UniqueConstraint("registration_id", "question_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("registration.id"))
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("sign_up_question.id"), index=True)
    text: Mapped[str] = mapped_column(Line(500))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignUpNote(Model):
    """A line of a host or the office about one sign-up; the person does not see it."""

    __tablename__ = "sign_up_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(sa.ForeignKey("registration.id"), index=True)
    text: Mapped[str] = mapped_column(Line(300))
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
