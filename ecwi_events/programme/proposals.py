"""The call for PLA proposals: the office opens it, hosts propose, the office declines.

Approving makes an activity, and so lives in `ecwi_events.registration.proposals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import currencies, integrity
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_prose
from ecwi_events.mail import service as mail
from ecwi_events.people import merging
from ecwi_events.people import queries as people
from ecwi_events.programme import proposal_rules
from ecwi_events.programme.models_proposals import Proposal, ProposalCall, ProposalState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

SENT_BEFORE = "This form was sent before. Load it again to write another proposal."
integrity.explain("uq_proposal_once", columns="proposal.once", code="sent_before", message=SENT_BEFORE)


@dataclass(frozen=True)
class NewProposal:
    """A proposal as it is typed; ``once`` is a random word of the form, so that it makes one however often it is sent."""

    year: int
    organisation_id: int
    title: str
    why: str
    plan: str
    once: str
    months: Sequence[str] = ()
    budget_minor: int | None = None
    sessions_idea: str = ""


def set_call(year: int, opens_on: date | None, closes_on: date | None, *, note: str = "", now: datetime) -> None:
    """Say from when to when proposals for a year are taken, for the first time or anew.

    Raises:
        Invalid: a field cannot be taken.
    """
    if faults := proposal_rules.call_faults(year, opens_on, closes_on):
        raise Invalid(faults)
    call = db.session.scalar(sa.select(ProposalCall).where(ProposalCall.year == year))
    before = {"opens_on": call.opens_on, "closes_on": call.closes_on} if call else None
    if call is None:
        call = ProposalCall(year=year)
        db.session.add(call)
    assert opens_on  # noqa: S101 - the rule has looked
    assert closes_on  # noqa: S101
    call.opens_on, call.closes_on, call.note = opens_on, closes_on, clean_prose(note) or None
    db.session.flush()
    after = {"opens_on": opens_on, "closes_on": closes_on}
    journal.note("set_call", "proposal_call", year, before=before, after=after, now=now)


def propose(new: NewProposal, *, by_person_id: int | None, today: date, now: datetime) -> int:
    """Write a proposal down and return its id; the same form makes one, however often it is sent.

    Whether the person may act for the organisation is known to the door.

    Raises:
        Invalid: a field cannot be taken.
        Refused: ``closed``, no proposals for this year are taken today; ``sent_before``, by another host.
    """
    there = db.session.execute(
        sa.select(Proposal.id, Proposal.organisation_id).where(Proposal.once == new.once)
    ).one_or_none()
    if there is not None and there.organisation_id == new.organisation_id:
        return int(there.id)
    if there is not None:
        raise Refused("sent_before", SENT_BEFORE)
    _refuse_if_closed(new.year, today=today)
    texts = {name: getattr(new, name) for name in ("title", "why", "plan", "sessions_idea")}
    faults = proposal_rules.proposal_faults(texts, new.months, new.budget_minor)
    if not people.known_organisations([new.organisation_id]):
        faults["organisation"] = "Choose an organisation from the list"
    if faults:
        raise Invalid(faults)
    row = Proposal(
        once=new.once, year=new.year, organisation_id=new.organisation_id, by_person_id=by_person_id, title=new.title,
        why=new.why, plan=new.plan, months=tuple(new.months), budget_minor=new.budget_minor,
        sessions_idea=clean_prose(new.sessions_idea) or None, created_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    after = {"year": new.year, "organisation_id": new.organisation_id, "wished": _euros(new.budget_minor)}
    journal.note("propose", "proposal", row.id, after={**after, "state": row.state}, now=now)
    return row.id


def withdraw_proposal(proposal_id: int, *, now: datetime) -> None:
    """Take a proposal back before the office has decided; a second press changes nothing.

    Raises:
        NotFound: there is no such proposal.
        Refused: ``decided``, the office has decided already.
    """
    row = _hold(proposal_id)
    if row.state is not ProposalState.WITHDRAWN:
        _refuse_if_decided(row)
        decide(row, ProposalState.WITHDRAWN, "withdraw_proposal", by_person_id=None, now=now)


def decline(proposal_id: int, reason: str, *, by_person_id: int | None, now: datetime) -> None:
    """Decline a proposal and tell the host why.

    Raises:
        NotFound: there is no such proposal.
        Invalid: the reason cannot be taken.
        Refused: ``decided``, it is decided already.
    """
    row = hold_waiting(proposal_id)
    if fault := proposal_rules.reason_fault(reason):
        raise Invalid({"reason": fault})
    row.reason = reason
    decide(row, ProposalState.DECLINED, "decline_proposal", by_person_id=by_person_id, now=now)
    tell(row, "proposals.declined", now=now)


def hold_waiting(proposal_id: int) -> Proposal:
    """Return a proposal that waits, and keep other deciders out until the end of the transaction.

    Raises:
        NotFound: there is no such proposal.
        Refused: ``decided``, it does not wait any more.
    """
    row = _hold(proposal_id)
    _refuse_if_decided(row)
    return row


def decide(row: Proposal, state: ProposalState, act: str, *, by_person_id: int | None, now: datetime) -> None:
    """Write down what became of a proposal that is held."""
    before = {"state": row.state}
    row.state, row.decided_at, row.decided_by_person_id = state, now, by_person_id
    db.session.flush()
    after = {"state": state, "granted": _euros(row.granted_minor), "activity_id": row.activity_id}
    journal.note(act, "proposal", row.id, before=before, after=after, now=now)


def tell(row: Proposal, kind: str, *, now: datetime) -> None:
    """Write to the person who proposed, if there still is one with an address."""
    if row.by_person_id is None:
        return
    person_id = merging.left_person_id(row.by_person_id)
    address = people.primary_address(person_id)
    if address:
        mail.queue(
            mail.NewMail(kind, person_id=person_id, address=address, subject_id=row.id, dedup_key=f"{kind}:{row.id}"),
            now=now,
        )


def _euros(minor: int | None) -> str | None:
    return currencies.exactly(minor, currencies.EURO) if minor is not None else None


def _refuse_if_closed(year: int, *, today: date) -> None:
    call = db.session.scalar(sa.select(ProposalCall).where(ProposalCall.year == year))
    if call is None or not proposal_rules.call_is_open(call.opens_on, call.closes_on, today=today):
        raise Refused("closed", f"Proposals for {year} are not taken today. Write to the office.")


def _refuse_if_decided(row: Proposal) -> None:
    if row.state is not ProposalState.PROPOSED:
        raise Refused("decided", f"This proposal is {row.state} already.")


def _hold(proposal_id: int) -> Proposal:
    row = db.session.scalar(
        sa.select(Proposal)
        .where(Proposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("We cannot find this proposal.")
    return row
