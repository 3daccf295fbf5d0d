"""The counted row, and the registrations that it counts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecwi_events.kernel.db import Model, UtcDateTime, state_of
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity


class Place(StrEnum):
    """What a person has. Waiting is an outcome, not an error; ``taken`` counts confirmed and offered places."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class Places(Model):
    """The counted row of an activity. Whatever moves places writes this row first, and so holds its lock."""

    __tablename__ = "places"
    __table_args__ = (
        sa.CheckConstraint("taken >= 0", name="taken"),
        sa.CheckConstraint("waiting >= 0", name="waiting"),
        sa.CheckConstraint("capacity IS NULL OR (capacity > 0 AND taken <= capacity)", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), unique=True)
    capacity: Mapped[int | None] = mapped_column(sa.Integer)
    taken: Mapped[int] = mapped_column(sa.Integer, default=0)
    waiting: Mapped[int] = mapped_column(sa.Integer, default=0)
    seq: Mapped[int] = mapped_column(sa.Integer, default=0)
    granted: Mapped[int] = mapped_column(sa.SmallInteger, default=0)


class Registration(Model):
    """A person's sign-up for an activity."""

    __tablename__ = "registration"
    __table_args__ = (
        sa.UniqueConstraint("places_id", "person_id"),
        sa.Index(
            "uq_registration_queue_place", "places_id", "queue_place", unique=True,
            sqlite_where=sa.text("place = 'waiting'"), postgresql_where=sa.text("place = 'waiting'"),
        ),
        sa.CheckConstraint("place != 'waiting' OR queue_place IS NOT NULL", name="waiting_has_queue_place"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
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

    activity: Mapped[Activity] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
