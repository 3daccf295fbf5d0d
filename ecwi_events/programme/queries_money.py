"""Reads of the money of an activity: its lines, and what they add up to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import currencies
from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation
from ecwi_events.programme import files, rules_money
from ecwi_events.programme.models import MoneyLine, MoneyStage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ecwi_events.programme.files import Kept
    from ecwi_events.programme.rules_money import Sum

SEEN = (
    "payer", "payer_id", "funder_id", "in_kind", "stage", "amount_minor", "currency", "rate_millionths", "rate_on",
    "booked_on", "note", "evidence_name",
)  # fmt: skip


@dataclass(frozen=True)
class LineView:
    """A money line with the names of its organisations."""

    id: int
    payer: str
    payer_id: int | None
    payer_name: str | None
    funder_id: int | None
    funder: str | None
    in_kind: bool
    stage: str
    amount_minor: int
    currency: str
    rate_millionths: int | None
    rate_on: date | None
    booked_on: date | None
    note: str | None
    evidence_name: str | None

    @property
    def mark(self) -> str:
        """A short mark of what the line says, for a form to keep."""
        return mark_of(self)

    @property
    def said(self) -> str:
        """The amount in its own currency, with all decimals."""
        return currencies.exactly(self.amount_minor, self.currency)

    @property
    def euro_cents(self) -> int | None:
        """The amount in euro cents by its own rate, or None without one."""
        return currencies.in_euro_cents(self.amount_minor, self.currency, self.rate_millionths)


def mark_of(line: LineView | MoneyLine) -> str:
    """Return the same short mark for the same content."""
    said = "\n".join(f"{name}:{getattr(line, name) or ''}" for name in SEEN)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def lines_of(activity_id: int) -> Sequence[LineView]:
    """Return the money lines of an activity in the order in which they came in."""
    payer, funder = sa.orm.aliased(Organisation), sa.orm.aliased(Organisation)
    rows = db.session.execute(
        sa.select(
            MoneyLine.id, MoneyLine.payer, MoneyLine.payer_id, payer.name.label("payer_name"), MoneyLine.funder_id,
            funder.name.label("funder"), MoneyLine.in_kind, MoneyLine.stage, MoneyLine.amount_minor, MoneyLine.currency,
            MoneyLine.rate_millionths, MoneyLine.rate_on, MoneyLine.booked_on, MoneyLine.note, MoneyLine.evidence_name,
        )
        .outerjoin(payer, payer.id == MoneyLine.payer_id)
        .outerjoin(funder, funder.id == MoneyLine.funder_id)
        .where(MoneyLine.activity_id == activity_id)
        .order_by(MoneyLine.id)
    )  # fmt: skip
    return [LineView(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def sums(lines: Sequence[LineView]) -> dict[str, Sum]:
    """Return what lines add up to, stage by stage, without the stages of which there is nothing."""
    facts = [
        rules_money.Line(line.payer, line.stage, line.in_kind, line.euro_cents, line.said) for line in lines
    ]  # fmt: skip
    there = {line.stage for line in lines}
    return {stage.value: rules_money.summed(facts, stage) for stage in MoneyStage if stage in there}


def find_evidence(line_id: int) -> Kept | None:
    """Return the evidence file of a line, or None."""
    row = db.session.execute(
        sa.select(MoneyLine.evidence_id, MoneyLine.evidence_name).where(MoneyLine.id == line_id)
    ).one_or_none()
    if row is None or row.evidence_id is None:
        return None
    return files.find_kept(row.evidence_id, row.evidence_name or "evidence")
