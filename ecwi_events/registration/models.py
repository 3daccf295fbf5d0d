"""The counted row, and the registrations that it counts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity


class Place(StrEnum):
    """What a person has. Waiting is an outcome, not an error; ``taken`` counts confirmed and offered places.

    ``pending`` waits for the approval of the host: it takes no place and stands in no line yet, but keeps the number that
    it drew, so that a slow approval costs nobody their turn.
    """

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    PENDING = "pending"


class Places(Model):
    """The counted row of an activity, or of one of its sessions. Whatever moves places writes it first, and holds its lock.

    ``session_id`` is empty in the row of the whole activity. Where people sign up per session, each session has a row of
    its own, and the capacity of the activity's row is what a new session starts with.
    """

    __tablename__ = "places"
    __table_args__ = (
        sa.Index(
            "uq_places_activity_id", "activity_id", unique=True,
            sqlite_where=sa.text("session_id IS NULL"), postgresql_where=sa.text("session_id IS NULL"),
        ),
        sa.Index("ix_places_activity_id", "activity_id"),
        sa.CheckConstraint("taken >= 0", name="taken"),
        sa.CheckConstraint("waiting >= 0", name="waiting"),
        sa.CheckConstraint("overbooked >= 0", name="overbooked"),
        sa.CheckConstraint("capacity IS NULL OR (capacity > 0 AND taken <= capacity + overbooked)", name="capacity"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity_session.id"), unique=True)
    capacity: Mapped[int | None] = mapped_column(sa.Integer)
    # How many places beyond the capacity somebody allowed on purpose; it shrinks by itself as places become free.
    overbooked: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    taken: Mapped[int] = mapped_column(sa.Integer, default=0)
    waiting: Mapped[int] = mapped_column(sa.Integer, default=0)
    seq: Mapped[int] = mapped_column(sa.Integer, default=0)
    granted: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    # Written by whoever cancels, postpones or hides the activity, so that a sign-up that waits for this row sees it.
    is_halted: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class Registration(Model):
    """A person's sign-up for an activity, or for one of its sessions; who chose three sessions has three rows."""

    __tablename__ = "registration"
    __table_args__ = (
        sa.UniqueConstraint("places_id", "person_id"),
        sa.Index(
            "uq_registration_queue_place", "places_id", "queue_place", unique=True,
            sqlite_where=sa.text("place = 'waiting'"), postgresql_where=sa.text("place = 'waiting'"),
        ),
        sa.CheckConstraint("place != 'waiting' OR queue_place IS NOT NULL", name="waiting_has_queue_place"),
        sa.CheckConstraint("place != 'offered' OR offer_expires_at IS NOT NULL", name="offered_has_end"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity_session.id"), index=True)
    places_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    place: Mapped[Place] = mapped_column(state_of(Place, "place"))
    queue_place: Mapped[int | None] = mapped_column(sa.Integer)
    zone: Mapped[str] = mapped_column(sa.String(64))
    link_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    link_version: Mapped[int] = mapped_column(sa.Integer, default=1)
    revision: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offer_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    offers: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")  # since the last sign-up
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the last offer ended without an answer
    # What somebody says who they work for, where that decides and nobody who may has said so too.
    claimed_organisation: Mapped[str | None] = mapped_column(Line(200))
    # Who signed this person up for them: a representative of the organisation, a host, the office, who passed a place on.
    signed_up_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    activity: Mapped[Activity] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise", foreign_keys=[person_id])
