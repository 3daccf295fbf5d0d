"""Taking over an edition file: organisations, activities, declared figures and texts, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.overview.importing_document import LARGEST_BYTES
from ecwi_events.overview.importing_schema import read_edition_file
from ecwi_events.overview.models import DeclaredFigure, EditionText
from ecwi_events.overview.statistics import DECLARABLE, MONEY
from ecwi_events.people.importing import Tally, take_over_organisations
from ecwi_events.programme.importing import take_over_activities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.overview.importing_figures import DeclaredRecord
    from ecwi_events.overview.importing_schema import EditionFile

_COLUMNS = ("value", "qualifier", "basis", "additive", "source", "note", "as_of", "position")

__all__ = ["LARGEST_BYTES", "Imported", "import_edition", "read_edition"]


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    year: int
    organisations: Tally
    activities: Tally
    figures: Tally
    texts: Tally

    @property
    def changed_nothing(self) -> bool:
        """Tell whether everything was there already."""
        tallies = (self.organisations, self.activities, self.figures, self.texts)
        return not any(tally.new or tally.changed for tally in tallies)

    def lines(self) -> list[str]:
        """Return what happened, in words."""
        if self.changed_nothing:
            return [f"Nothing to do: the year {self.year} is as the file says."]
        named = {
            "organisations": self.organisations, "activities": self.activities, "figures": self.figures,
            "texts": self.texts,
        }  # fmt: skip
        return [f"The year {self.year} was imported."] + [
            f"  {name}: {tally.new} new, {tally.changed} changed, {tally.same} as before"
            for name, tally in named.items()
        ]


def read_edition(body: bytes, name: str) -> EditionFile:
    """Check a file's bytes and return what it says; needs no database, so it can be done before a transaction.

    Raises:
        BadFile: something is wrong; all faults are named, and nothing of the file is taken.
    """
    return read_edition_file(body, name, statistics=DECLARABLE, money=MONEY)


def import_edition(file: EditionFile, *, now: datetime) -> Imported:
    """Take over a file that was read; a second time it changes nothing.

    Raises:
        Refused: a name in it belongs to another organisation already.
    """
    organisations, organisation_tally = take_over_organisations(
        [entry.record for entry in file.organisations], now=now
    )  # fmt: skip
    activities, activity_tally = take_over_activities(
        [entry.record for entry in file.activities], organisations, reason=f"Imported from {file.name}", now=now
    )
    declared = [*file.figures, *(record for entry in file.activities for record in entry.participants)]
    figure_tally = _put_figures(file.year, declared, activities, now=now)
    texts = file.texts | ({"supporters": "\n".join(file.supporters)} if file.supporters else {})
    journal.note("import_edition", "overview", file.year, after={"activities": len(file.activities)}, now=now)
    return Imported(file.year, organisation_tally, activity_tally, figure_tally, _put_texts(file.year, texts, now=now))


def _put_figures(
    year: int, records: Sequence[DeclaredRecord], activities: Mapping[str, int], *, now: datetime
) -> Tally:
    """Make each statistic that the file declares what the file says; other statistics stay."""
    tally = Tally()
    ordered = sorted(records, key=lambda record: (record.activity or "", record.statistic, record.is_override))
    for (activity, statistic, override), group in groupby(
        ordered, key=lambda record: (record.activity, record.statistic, record.is_override)
    ):
        put_statistic(
            {"year": year, "activity_id": activities[activity] if activity else None, "statistic": statistic,
             "is_override": override}, list(group), tally, now=now,
        )  # fmt: skip
    db.session.flush()
    return tally


def put_statistic(
    scope: Mapping[str, object], records: Sequence[DeclaredRecord], tally: Tally, *, now: datetime
) -> None:
    """Make the rows of one statistic what the records say: those that stand stay, others come and go."""
    rows = db.session.scalars(
        sa.select(DeclaredFigure).where(
            *(getattr(DeclaredFigure, name).is_not_distinct_from(value) for name, value in scope.items())
        )
    )
    there = {row.label: row for row in rows}
    for position, record in enumerate(records, 1):
        row = there.pop(record.label, None)
        figure = row or DeclaredFigure(**scope, label=record.label, created_at=now)
        values = {name: position if name == "position" else getattr(record, name) for name in _COLUMNS}
        changed = row is None or any(getattr(row, name) != value for name, value in values.items())
        if changed:
            for name, value in values.items():
                setattr(figure, name, value)
        db.session.add(figure)
        tally.add(is_new=row is None, has_changed=changed)
    for row in there.values():
        db.session.delete(row)
        tally.changed += 1


def _put_texts(year: int, texts: Mapping[str, str], *, now: datetime) -> Tally:
    there = {row.block: row for row in db.session.scalars(sa.select(EditionText).where(EditionText.year == year))}
    tally = Tally()
    for block, text in texts.items():
        row = there.get(block)
        changed = row is None or row.text != text
        if row is None:
            db.session.add(EditionText(year=year, block=block, text=text, updated_at=now))
        elif changed:
            row.text, row.updated_at = text, now
        tally.add(is_new=row is None, has_changed=changed)
    db.session.flush()
    return tally
