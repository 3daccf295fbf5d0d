"""What belongs to the record of an activity beside its row: who speaks, and its texts in other languages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.programme.models import OutcomeKind


class ContributorRole(StrEnum):
    """What somebody does in an activity."""

    PRESENTER = "presenter"
    TRAINER = "trainer"
    CONTRIBUTOR = "contributor"  # what a publication or an older record did not say more exactly


class ActivityContributor(Model):
    """Somebody who speaks or trains: a person by name, an organisation, or a person of an organisation.

    Organisations named here have the role of a contributor in ``activity_organisation`` too, from which figures are counted.
    """

    __tablename__ = "activity_contributor"
    __table_args__ = (sa.CheckConstraint("name IS NOT NULL OR organisation_id IS NOT NULL", name="named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    role: Mapped[ContributorRole] = mapped_column(state_of(ContributorRole, "role"))
    name: Mapped[str | None] = mapped_column(Line(200))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)


class RemovedOutcome(Model):
    """An outcome that was removed a moment ago, so that it can be put back for ten minutes."""

    __tablename__ = "removed_outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    kind: Mapped[OutcomeKind] = mapped_column(state_of(OutcomeKind, "kind"))
    position: Mapped[int] = mapped_column(sa.Integer)
    text: Mapped[str] = mapped_column(Line(500))
    removed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ActivityText(Model):
    """The texts of an activity in another language; ``of_revision`` says which state of the original they translate."""

    __tablename__ = "activity_text"
    __table_args__ = (sa.UniqueConstraint("activity_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    language: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(Line(200))
    strapline: Mapped[str | None] = mapped_column(Line(200))
    summary: Mapped[str | None] = mapped_column(Prose)
    description: Mapped[str | None] = mapped_column(Prose)
    of_revision: Mapped[int] = mapped_column(sa.Integer)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
