"""Approving a proposal: it becomes an activity of its host, with its places and its planned money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import currencies
from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme import money, proposal_rules, proposals
from ecwi_events.programme.models import ActivityKind, ActivityStatus, MoneyStage, Payer
from ecwi_events.programme.models_proposals import ProposalState
from ecwi_events.programme.money import TypedLine
from ecwi_events.programme.service import NewActivity
from ecwi_events.registration import service
from ecwi_events.registration.changes import Move, move_activity

if TYPE_CHECKING:
    from datetime import date, datetime

    from ecwi_events.programme.models_proposals import Proposal


def approve(
    proposal_id: int, granted_minor: int | None, *, by_person_id: int | None, today: date, now: datetime
) -> int:
    """Approve a proposal with a budget, tell the host, and return the id of the activity that comes of it.

    Args:
        proposal_id: which.
        granted_minor: the budget in euro cents; none at all is 0.
        by_person_id: who decides.
        today: the day in the office.
        now: the door's instant.

    Raises:
        NotFound: there is no such proposal.
        Invalid: the budget cannot be taken.
        Refused: ``decided``, it is decided already.
    """
    row = proposals.hold_waiting(proposal_id)
    if granted_minor is None:
        raise Invalid({"granted": "Enter the budget; enter 0 if there is none"})
    if fault := proposal_rules.budget_fault(granted_minor):
        raise Invalid({"granted": fault})
    activity_id = _make_activity(row, by_person_id=by_person_id, today=today, now=now)
    row.activity_id, row.granted_minor = activity_id, granted_minor
    proposals.decide(row, ProposalState.APPROVED, "approve_proposal", by_person_id=by_person_id, now=now)
    if granted_minor:
        amount = currencies.plain(granted_minor, row.currency)
        line = TypedLine(payer=Payer.SECRETARIAT, stage=MoneyStage.PLANNED, amount=amount, currency=row.currency)
        money.add_line(activity_id, line, now=now)
    proposals.tell(row, "proposals.approved", now=now)
    return activity_id


def _make_activity(row: Proposal, *, by_person_id: int | None, today: date, now: datetime) -> int:
    new = NewActivity(
        kind=ActivityKind.PLA,
        title=row.title,
        home_year=row.year,
        host_id=row.organisation_id,
        description=row.plan,
        approved_on=today,
    )
    activity_id = service.create_activity(new, capacity=None, by_person_id=by_person_id, now=now)
    move_activity(activity_id, Move(ActivityStatus.APPROVED, by_person_id), now=now)
    return activity_id
