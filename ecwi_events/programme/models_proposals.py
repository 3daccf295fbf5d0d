"""Tables of the call for PLA proposals."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Codes, Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by the host


class ProposalCall(Model):
    """When hosts may propose activities for a year: from the first to the last day, as the office's calendar shows them."""

    __tablename__ = "proposal_call"
    __table_args__ = (sa.CheckConstraint("closes_on >= opens_on", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer, unique=True)
    opens_on: Mapped[date] = mapped_column(sa.Date)
    closes_on: Mapped[date] = mapped_column(sa.Date)
    note: Mapped[str | None] = mapped_column(Prose)


class Proposal(Model):
    """What a host would like to do, and what the office said."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.CheckConstraint("budget_minor IS NULL OR budget_minor >= 0", name="budget"),
        sa.CheckConstraint("granted_minor IS NULL OR granted_minor >= 0", name="granted"),
        sa.CheckConstraint("(state = 'approved') = (activity_id IS NOT NULL)", name="approved"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[str] = mapped_column(
        sa.String(40), unique=True
    )  # the word of the form: sent twice, it is one proposal
    year: Mapped[int] = mapped_column(sa.Integer, index=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    title: Mapped[str] = mapped_column(Line(200))
    why: Mapped[str] = mapped_column(Prose)
    plan: Mapped[str] = mapped_column(Prose)
    months: Mapped[tuple[str, ...]] = mapped_column(Codes(40), default=())
    budget_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    sessions_idea: Mapped[str | None] = mapped_column(Prose)
    state: Mapped[ProposalState] = mapped_column(state_of(ProposalState, "state"), default=ProposalState.PROPOSED)
    granted_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason: Mapped[str | None] = mapped_column(Prose)
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"))
    decided_by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
