"""Acts on the money of an activity: adding, changing and removing lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.people import queries as people
from ecwi_events.programme import files, queries_money, rules_money
from ecwi_events.programme.models import Activity, MoneyLine, MoneyStage, Payer

if TYPE_CHECKING:
    from datetime import date, datetime

    from ecwi_events.programme.files import Sent

CHANGED = "amount_changed"
_TOLD = (
    "activity_id", "payer", "payer_id", "funder_id", "in_kind", "stage", "amount_minor", "currency", "rate_millionths",
    "rate_on", "booked_on", "note", "evidence_id",
)  # fmt: skip


@dataclass(frozen=True)
class TypedLine:
    """A money line as it is typed."""

    payer: Payer
    stage: MoneyStage
    amount: str
    currency: str = "EUR"
    in_kind: bool = False
    payer_id: int | None = None
    funder_id: int | None = None
    rate: str = ""
    rate_on: date | None = None
    booked_on: date | None = None
    note: str = ""


def add_line(activity_id: int, typed: TypedLine, *, evidence: Sent | None = None, now: datetime) -> int:
    """Add a line to an activity and return its id.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken.
    """
    if db.session.get(Activity, activity_id) is None:
        raise NotFound("We cannot find this activity.")
    line = MoneyLine(activity_id=activity_id, created_at=now, **_values(typed, now=now))
    _put_evidence(line, evidence, now=now)
    db.session.add(line)
    db.session.flush()
    journal.note("add_money_line", "money_line", line.id, after=_told(line), now=now)
    return line.id


def change_line(
    activity_id: int, line_id: int, typed: TypedLine, *, seen: str = "", evidence: Sent | None = None, now: datetime
) -> None:
    """Change a line; without new evidence the old one stays.

    Args:
        activity_id: the activity of the line.
        line_id: the line.
        typed: what it is to say.
        seen: the mark of what it said when the form was opened, if that is known.
        evidence: a new file.
        now: the door's instant.

    Raises:
        NotFound: this activity has no such line.
        Refused: somebody else changed it since it was seen.
        Invalid: a field cannot be taken.
    """
    line = _get(activity_id, line_id)
    if seen and seen != queries_money.mark_of(line):
        raise Refused(CHANGED, "Somebody else changed this amount while you had it open.")
    before = _told(line)
    for name, value in _values(typed, now=now).items():
        setattr(line, name, value)
    _put_evidence(line, evidence, now=now)
    db.session.flush()
    journal.note("change_money_line", "money_line", line.id, before=before, after=_told(line), now=now)


def remove_line(activity_id: int, line_id: int, *, now: datetime) -> None:
    """Take a line out; the journal keeps what it said.

    Raises:
        NotFound: this activity has no such line.
    """
    line = _get(activity_id, line_id)
    journal.note("remove_money_line", "money_line", line.id, before=_told(line), now=now)
    evidence_id = line.evidence_id
    db.session.delete(line)
    db.session.flush()
    files.let_go(evidence_id, now=now)


def _values(typed: TypedLine, *, now: datetime) -> dict[str, Any]:
    faults: dict[str, str] = {}
    try:
        amount = rules_money.read_amount(typed.amount, typed.currency, typed.rate, typed.rate_on, today=now.date())
    except Invalid as invalid:
        amount, faults = None, dict(invalid.fields)
    named = {number for number in (typed.payer_id, typed.funder_id) if number is not None}
    known = people.known_organisations(sorted(named)) if named else set()
    for field, number in (("payer_id", typed.payer_id), ("funder_id", typed.funder_id)):
        if number is not None and number not in known:
            faults[field] = "Choose an organisation from the list"
    if fault := rules_money.note_fault(clean_line(typed.note)):
        faults["note"] = fault
    if faults or amount is None:
        raise Invalid(faults)
    return {
        "payer": typed.payer,
        "payer_id": None if typed.payer is Payer.SECRETARIAT else typed.payer_id,
        "funder_id": typed.funder_id,
        "in_kind": typed.in_kind,
        "stage": typed.stage,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "rate_millionths": amount.rate_millionths,
        "rate_on": amount.rate_on,
        "booked_on": typed.booked_on,
        "note": clean_line(typed.note) or None,
    }


def _put_evidence(line: MoneyLine, evidence: Sent | None, *, now: datetime) -> None:
    if evidence is None:
        return
    before = line.evidence_id
    line.evidence_id, line.evidence_name = files.keep(evidence, now=now), evidence.name
    if before != line.evidence_id:
        db.session.flush()
        files.let_go(before, now=now)


def _told(line: MoneyLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in _TOLD}


def _get(activity_id: int, line_id: int) -> MoneyLine:
    line = db.session.scalar(
        sa.select(MoneyLine)
        .where(MoneyLine.id == line_id, MoneyLine.activity_id == activity_id)
        .with_for_update()  # of two who save at once, the second sees what the first one saved
        .execution_options(populate_existing=True)
    )
    if line is None:
        raise NotFound("We cannot find this amount.")
    return line
