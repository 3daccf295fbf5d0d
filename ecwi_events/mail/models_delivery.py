"""What decides whether and when a mail goes out: what people stopped, addresses that are gone, the pace of a domain."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.mail.kinds import Topic

ALL_PRIORITIES = 0  # stands for the domain as a whole: who holds this row of its pace holds them all
EVERYTHING = 0  # stands for "all activities": an id that no activity has, so that the key can be unique


class MailStop(Model):
    """A person does not want the mails of a topic, of one activity or of all; without a row they come."""

    __tablename__ = "mail_stop"
    __table_args__ = (sa.UniqueConstraint("person_id", "topic", "activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    topic: Mapped[Topic] = mapped_column(state_of(Topic, "topic"))
    activity_id: Mapped[int] = mapped_column(sa.Integer, default=EVERYTHING)
    stopped_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Why(StrEnum):
    """Why we do not write to an address."""

    GONE = "gone"  # a mail server said that there is no such address
    UNREACHABLE = "unreachable"  # mails came back again and again; we try again after a while


class BounceKind(StrEnum):
    """What came back says about a mail of ours, or that it says nothing about one."""

    HARD = "hard"
    SOFT = "soft"
    IGNORED = "ignored"  # an automatic answer, a delay, a success
    FOREIGN = "foreign"  # a report about no mail of ours, or one that somebody made up
    COMPLAINT = "complaint"  # somebody pressed "this is spam"
    STOPPED = "stopped"  # a mail program asked us to stop a kind of mail


class Suppression(Model):
    """An address that we do not write to: since when, why, who said so. Lifting it takes the row out."""

    __tablename__ = "suppression"

    id: Mapped[int] = mapped_column(primary_key=True)
    normalised: Mapped[str] = mapped_column(sa.String(320), unique=True)
    why: Mapped[Why] = mapped_column(state_of(Why, "why"))
    source: Mapped[str] = mapped_column(Line(60))  # the mail server at once, or a report that came back
    detail: Mapped[str] = mapped_column(Line(500))
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Bounce(Model):
    """One message of the mailbox for what comes back, or one refusal of a mail server; each counts once."""

    __tablename__ = "bounce"
    __table_args__ = (sa.Index("ix_bounce_normalised", "normalised", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[BounceKind] = mapped_column(state_of(BounceKind, "kind"))
    mail_id: Mapped[int | None] = mapped_column(sa.Integer, index=True)
    normalised: Mapped[str | None] = mapped_column(sa.String(320))
    status: Mapped[str] = mapped_column(Line(20))
    detail: Mapped[str] = mapped_column(Line(500))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailPace(Model):
    """How many mails of a priority went to a domain in a minute, and the lines of those that were put off.

    ``line_at`` is the last minute in which somebody of the line is to ask, ``line`` how many ask in it; ``again_at`` and
    ``again`` the same of those that have asked in vain.
    """

    __tablename__ = "mail_pace"
    __table_args__ = (sa.UniqueConstraint("domain", "priority"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(255))
    priority: Mapped[int] = mapped_column(sa.Integer)
    minute_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken: Mapped[int] = mapped_column(sa.Integer, default=0)
    line_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    line: Mapped[int] = mapped_column(sa.Integer, default=0)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    again: Mapped[int] = mapped_column(sa.Integer, default=0)
