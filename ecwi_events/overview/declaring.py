"""Declared participants of one activity: typed in by the office where no list exists, always with their source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.kernel.text import clean_line
from ecwi_events.overview.importing import put_statistic
from ecwi_events.overview.importing_figures import DeclaredRecord
from ecwi_events.overview.models import Additive, Basis, DeclaredFigure, Qualifier
from ecwi_events.people.importing import Tally
from ecwi_events.programme.models import Activity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

PARTICIPANTS = "participants"
MOST_PEOPLE = 10_000_000
MOST_GROUPS = 10
LONGEST_LABEL, LONGEST_SOURCE, LONGEST_NOTE = 80, 300, 500


@dataclass(frozen=True)
class Declared:
    """Participants as they are typed in: one number without a label, or groups with labels; none takes all back."""

    parts: Sequence[tuple[str, int]] = field(default_factory=tuple)
    source: str = ""
    note: str = ""
    qualifier: Qualifier = Qualifier.EXACT
    basis: Basis = Basis.UNSPECIFIED
    additive: Additive = Additive.UNKNOWN
    as_of: date | None = None


def declared_of(activity_id: int) -> Sequence[DeclaredFigure]:
    """Return the declared participants of an activity in their order."""
    return db.session.scalars(
        sa.select(DeclaredFigure)
        .where(
            DeclaredFigure.activity_id == activity_id,
            DeclaredFigure.statistic == PARTICIPANTS,
            DeclaredFigure.is_override.is_(False),
        )
        .order_by(DeclaredFigure.position, DeclaredFigure.id)
    ).all()


def declare_participants(activity_id: int, declared: Declared, *, now: datetime) -> None:
    """Make these the declared participants of an activity, in the year of its home.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken.
    """
    year = db.session.scalar(sa.select(Activity.home_year).where(Activity.id == activity_id))
    if year is None:
        raise NotFound("We cannot find this activity.")
    parts = [(clean_line(label), value) for label, value in declared.parts]
    _check(parts, declared)
    tally = Tally()
    scope = {"year": year, "activity_id": activity_id, "statistic": PARTICIPANTS, "is_override": False}
    records = [
        DeclaredRecord(
            0, PARTICIPANTS, value, clean_line(declared.source), label, None, declared.qualifier, declared.basis,
            declared.additive, clean_line(declared.note) or None, declared.as_of,
        )
        for label, value in parts
    ]  # fmt: skip
    put_statistic(scope, records, tally, now=now)
    db.session.flush()
    if tally.new or tally.changed:
        journal.note("declare", "activity", activity_id, after={"declared": len(parts)}, now=now)


def _check(parts: Sequence[tuple[str, int]], declared: Declared) -> None:
    faults = {}
    if fault := parts_fault(parts):
        faults["parts"] = fault
    if parts and not clean_line(declared.source):
        faults["source"] = "Say where this is known from, like: Report of the host, page 3"
    for name, most in (("source", LONGEST_SOURCE), ("note", LONGEST_NOTE)):
        if len(clean_line(getattr(declared, name))) > most:
            faults[name] = f"Use {most} letters or fewer"
    if faults:
        raise Invalid(faults)


def parts_fault(parts: Sequence[tuple[str, int]]) -> str | None:
    """Return what is wrong with groups and their numbers, or None."""
    labels = [label for label, _ in parts]
    if len(parts) > MOST_GROUPS or any(not 0 <= value <= MOST_PEOPLE for _, value in parts):
        return f"Enter up to {MOST_GROUPS} whole numbers of people"
    if len(parts) > 1 and not all(labels):
        return "Give each group a name, or one number without a name"
    if len(set(labels)) != len(labels):
        return "Give each group a name of its own"
    too_long = any(len(label) > LONGEST_LABEL for label in labels)
    return f"Use {LONGEST_LABEL} letters or fewer for the name of a group" if too_long else None
