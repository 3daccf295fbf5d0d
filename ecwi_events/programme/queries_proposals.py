"""Reads of calls and proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation, Person
from ecwi_events.programme.models_proposals import Proposal, ProposalCall, ProposalState
from ecwi_events.programme.proposal_rules import call_is_open

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class Call:
    """From when to when proposals for a year are taken."""

    year: int
    opens_on: date
    closes_on: date
    note: str
    is_open: bool


@dataclass(frozen=True)
class ProposalView:
    """A proposal as pages and mails need it."""

    id: int
    year: int
    organisation_id: int
    organisation: str
    by_person_id: int | None
    by: str
    title: str
    why: str
    plan: str
    months: tuple[str, ...]
    budget_minor: int | None
    currency: str
    sessions_idea: str
    state: str
    granted_minor: int | None
    reason: str
    activity_id: int | None
    decided_at: datetime | None
    created_at: datetime


def calls(*, today: date) -> Sequence[Call]:
    """Return all calls, the latest year first."""
    rows = db.session.scalars(sa.select(ProposalCall).order_by(ProposalCall.year.desc()))
    return [
        Call(
            row.year,
            row.opens_on,
            row.closes_on,
            row.note or "",
            call_is_open(row.opens_on, row.closes_on, today=today),
        )
        for row in rows
    ]


def proposals(
    *, organisation_ids: Collection[int] | None = None, year: int | None = None, state: ProposalState | None = None
) -> Sequence[ProposalView]:
    """Return proposals, those that wait first, then the newest; of these organisations, this year, in this state."""
    asked = [
        Proposal.organisation_id.in_(organisation_ids) if organisation_ids is not None else None,
        Proposal.year == year if year is not None else None,
        Proposal.state == state if state is not None else None,
    ]
    return _views(*(condition for condition in asked if condition is not None))


def find_proposal(proposal_id: int) -> ProposalView | None:
    """Return a proposal, or None."""
    return next(iter(_views(Proposal.id == proposal_id)), None)


def number_waiting() -> int:
    """Return how many proposals wait for the office."""
    asked = sa.select(sa.func.count()).select_from(Proposal).where(Proposal.state == ProposalState.PROPOSED)
    return db.session.scalar(asked) or 0


def _views(*conditions: sa.ColumnElement[bool]) -> list[ProposalView]:
    rows = db.session.execute(
        sa.select(Proposal, Organisation.name, Person.name)
        .join(Organisation, Organisation.id == Proposal.organisation_id)
        .outerjoin(Person, Person.id == Proposal.by_person_id)
        .where(*conditions)
        .order_by(Proposal.state != ProposalState.PROPOSED, Proposal.id.desc())
    ).all()
    return [_view(row, organisation, by) for row, organisation, by in rows]


def _view(row: Proposal, organisation: str, by: str | None) -> ProposalView:
    return ProposalView(
        id=row.id,
        year=row.year,
        organisation_id=row.organisation_id,
        organisation=organisation,
        by_person_id=row.by_person_id,
        by=by or "",
        title=row.title,
        why=row.why,
        plan=row.plan,
        months=row.months,
        budget_minor=row.budget_minor,
        currency=row.currency,
        sessions_idea=row.sessions_idea or "",
        state=row.state.value,
        granted_minor=row.granted_minor,
        reason=row.reason or "",
        activity_id=row.activity_id,
        decided_at=row.decided_at,
        created_at=row.created_at,
    )
