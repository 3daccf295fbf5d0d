"""Which outcomes and links came in through the asking link and are still there, so that the office can take them out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db
from ecwi_events.overview.models_asking import Answer, Question
from ecwi_events.programme.models import Outcome, Resource

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Item:
    """An outcome or a resource that came in."""

    kind: str  # outcome or resource
    id: int
    text: str


def sent_in(year: int) -> dict[tuple[int, datetime], tuple[Item, ...]]:
    """Return what came in for a year, by its activity and the instant of the answer that brought it.

    The journal knows what was written in the transaction of an answer: it bears the same instant.
    """
    statement = sa.union_all(
        _of("outcome", Outcome, Outcome.text, year), _of("resource", Resource, Resource.title, year)
    )
    found: dict[tuple[int, datetime], list[Item]] = defaultdict(list)
    for row in db.session.execute(statement.order_by("kind", "id")):
        found[row.activity_id, row.at].append(Item(row.kind, row.id, row.words))
    return {key: tuple(items) for key, items in found.items()}


def _of(kind: str, table: Any, words: Any, year: int) -> sa.Select[Any]:  # noqa: ANN401 - a mapped class and its column
    again = sa.orm.aliased(JournalEntry)  # SQLite may give the number of a removed row to a new one
    added_again = sa.exists().where(
        again.subject == kind, again.subject_id == table.id, again.act == f"add_{kind}", again.id > JournalEntry.id
    )
    return (
        sa.select(
            sa.literal(kind).label("kind"), table.id.label("id"), sa.cast(words, sa.Text).label("words"),
            table.activity_id.label("activity_id"), JournalEntry.at.label("at"),
        )
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(JournalEntry, sa.and_(JournalEntry.at == Answer.answered_at, JournalEntry.act == f"add_{kind}"))
        .join(table, sa.and_(table.id == JournalEntry.subject_id, table.activity_id == Answer.activity_id))
        .where(Question.year == year, JournalEntry.subject == kind, ~added_again)
        .distinct()
    )  # fmt: skip
