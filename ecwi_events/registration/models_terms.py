"""On what terms people sign up for an activity: who may, for what, from when, and what happens near the start."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class SignUpBy(StrEnum):
    """What people sign up for: the whole activity, or single sessions of it."""

    ACTIVITY = "activity"
    SESSION = "session"


class SignUpWho(StrEnum):
    """Who may sign up."""

    EVERYONE = "everyone"
    MEMBERS = "members"  # people whose organisation is a Member on the day
    INVITED = "invited"  # who opened the invitation link of the activity, or stands on the list


class SignUpTerms(Model):
    """The terms of one activity. An activity without a row has the terms that a new row has.

    When sign-up closes is said by ``Activity.sign_up_closes_at``.
    """

    __tablename__ = "sign_up_terms"
    __table_args__ = (
        sa.CheckConstraint("most_per_organisation IS NULL OR most_per_organisation > 0", name="most_per_organisation"),
        sa.CheckConstraint("offers_within_hours IS NULL OR offers_within_hours >= 0", name="offers_within_hours"),
        sa.CheckConstraint("offers_last_minutes IS NULL OR offers_last_minutes > 0", name="offers_last_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), unique=True)
    by: Mapped[SignUpBy] = mapped_column(state_of(SignUpBy, "by"), default=SignUpBy.ACTIVITY)
    who: Mapped[SignUpWho] = mapped_column(state_of(SignUpWho, "who"), default=SignUpWho.EVERYONE)
    most_per_organisation: Mapped[int | None] = mapped_column(sa.Integer)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    # Where the organisation decides: people prove their address, and the host is asked about who only says so.
    asks_for_proof: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Empty: as the settings of the house say.
    offers_within_hours: Mapped[int | None] = mapped_column(sa.Integer)
    offers_last_minutes: Mapped[int | None] = mapped_column(sa.Integer)


class Invitation(Model):
    """An address on the list of those who are invited to an activity."""

    __tablename__ = "sign_up_invitation"
    __table_args__ = (sa.UniqueConstraint("activity_id", "normalised"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    address: Mapped[str] = mapped_column(Line(320))
    normalised: Mapped[str] = mapped_column(sa.String(320))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignUpRequest(Model):
    """A sign-up that waits for a day until its address is proved: it has no place and no number.

    After that day name, organisation and answers are emptied within an hour; the row with the address goes two nights later
    at most.
    """

    __tablename__ = "sign_up_request"
    __table_args__ = (sa.Index("ix_sign_up_request_normalised", "normalised", "activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    address: Mapped[str] = mapped_column(Line(320))
    normalised: Mapped[str] = mapped_column(sa.String(320))
    name: Mapped[str] = mapped_column(Line(200))
    organisation: Mapped[str] = mapped_column(Line(200))
    zone: Mapped[str | None] = mapped_column(sa.String(64))
    session_ids: Mapped[list[int]] = mapped_column(sa.JSON)
    later_too: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    link_hash: Mapped[str | None] = mapped_column(sa.String(64))  # of the invitation link that the browser had opened
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_id: Mapped[int | None] = mapped_column(sa.ForeignKey("registration.id"), index=True)


class StandingSignUp(Model):
    """A person who wants all sessions of a series, also those that are added later."""

    __tablename__ = "standing_sign_up"
    __table_args__ = (sa.UniqueConstraint("activity_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    zone: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
