"""What came in through the asking link: what waits to be looked at, and what became a record at once in former releases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound
from ecwi_events.overview.models_asking import Answer, Question, SentIn, SentKind
from ecwi_events.programme import no_resources, outcomes, resources
from ecwi_events.programme.models import Activity, Outcome, OutcomeKind, Resource
from ecwi_events.programme.models_files import ResourceKind
from ecwi_events.programme.resources import TypedResource

if TYPE_CHECKING:
    from datetime import datetime


_WAITING = sa.select(SentIn.id, SentIn.activity_id, SentIn.answer_id, SentIn.kind, SentIn.text, SentIn.url).where(
    SentIn.looked_at.is_(None)
)


@dataclass(frozen=True)
class Waiting:
    """One thing that was sent in and nobody has looked at."""

    id: int
    activity_id: int
    answer_id: int
    kind: SentKind
    text: str
    url: str | None


@dataclass(frozen=True)
class Accepted:
    """One thing that was sent in and accepted, and whose record still says what was sent in."""

    id: int
    activity_id: int
    kind: SentKind
    text: str
    url: str | None
    record_id: int  # of the outcome or resource; of the activity itself if there are no resources


@dataclass(frozen=True)
class Item:
    """An outcome or a resource that came in."""

    kind: str  # outcome or resource
    id: int
    text: str


def waiting(activity_id: int) -> list[Waiting]:
    """Return what came in about an activity and nobody has looked at, in its order."""
    rows = db.session.execute(_WAITING.where(SentIn.activity_id == activity_id).order_by(SentIn.id))
    return [Waiting(*row) for row in rows]


def waiting_of_year(year: int) -> dict[int, tuple[Waiting, ...]]:
    """Return all that waits for a year, by activity."""
    found: dict[int, list[Waiting]] = defaultdict(list)
    of_year = sa.select(Activity.id).where(Activity.home_year == year)
    for row in db.session.execute(_WAITING.where(SentIn.activity_id.in_(of_year)).order_by(SentIn.id)):
        found[row.activity_id].append(Waiting(*row))
    return {activity_id: tuple(items) for activity_id, items in found.items()}


def accepted(activity_id: int) -> list[Accepted]:
    """Return what was accepted for an activity and can be taken out again, in its order."""
    return [Accepted(*row) for row in db.session.execute(_accepted(SentIn.activity_id == activity_id))]


def accepted_of_year(year: int) -> dict[int, tuple[Accepted, ...]]:
    """Return the same for a year, by activity."""
    found: dict[int, list[Accepted]] = defaultdict(list)
    of_year = sa.select(Activity.id).where(Activity.home_year == year)
    for row in db.session.execute(_accepted(SentIn.activity_id.in_(of_year))):
        found[row.activity_id].append(Accepted(*row))
    return {activity_id: tuple(items) for activity_id, items in found.items()}


def look_at(activity_id: int, item_id: int, *, accept: bool, now: datetime) -> bool:
    """Accept one thing that was sent in, so that it becomes a record and counts, or decline it.

    What was decided first holds: whoever comes later changes nothing. Returns whether it is accepted now.

    Raises:
        NotFound: there is no such thing for this activity.
        Invalid: the activity has enough of them.
        Refused: that there are no resources was sent in, and there are some.
    """
    item = _hold(activity_id, item_id)
    if item.looked_at is not None:
        return bool(item.is_accepted)
    if accept:
        _make_record(item, now=now)
    item.looked_at, item.is_accepted = now, accept
    db.session.flush()
    act = "accept_sent_in" if accept else "decline_sent_in"
    journal.note(act, "activity", activity_id, after={"kind": item.kind}, now=now)
    return accept


def take_out(activity_id: int, item_id: int, *, now: datetime) -> bool:
    """Take out again what was accepted: its record goes, and it counts as declined, so that the host may send another.

    Returns False, and changes nothing, if its record is gone or was changed since: then it is not what was sent in.

    Raises:
        NotFound: there is no such thing for this activity.
    """
    item = _hold(activity_id, item_id)
    made = db.session.execute(_accepted(SentIn.id == item.id)).first()
    if made is None:
        return False
    if item.kind is SentKind.OUTCOME:
        outcomes.remove_outcome(activity_id, made.record_id, now=now)
    elif item.kind is SentKind.RESOURCE:
        resources.remove_resource(activity_id, made.record_id, now=now)
    else:
        no_resources.take_back(activity_id, now=now)
    item.is_accepted = False
    db.session.flush()
    journal.note("take_out_sent_in", "activity", activity_id, after={"kind": item.kind}, now=now)
    return True


def _hold(activity_id: int, item_id: int) -> SentIn:
    """Return what was sent in for an act, which nobody else may do at the same time."""
    item = db.session.scalar(
        sa.select(SentIn).where(SentIn.id == item_id, SentIn.activity_id == activity_id).with_for_update()
    )
    if item is None:
        raise NotFound("We cannot find this. Load the page again.")
    return item


def _make_record(item: SentIn, *, now: datetime) -> None:
    if item.kind is SentKind.OUTCOME:
        there = {
            one.text.casefold() for one in outcomes.outcomes_of(item.activity_id) if one.kind is OutcomeKind.ACHIEVED
        }
        if item.text.casefold() not in there:
            outcomes.add_outcome(item.activity_id, OutcomeKind.ACHIEVED, item.text, now=now)
    elif item.kind is SentKind.RESOURCE:
        if item.url not in {one.url for one in resources.resources_of(item.activity_id)}:
            link = TypedResource(ResourceKind.LINK, item.text, item.url or "")
            resources.add_resource(item.activity_id, link, now=now)
    else:
        no_resources.say_none(item.activity_id, now=now)


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


def _accepted(which: sa.ColumnElement[bool]) -> Any:  # noqa: ANN401 - a union of statements
    """What was accepted with the record that it made; the journal knows it: it bears the instant of the yes."""
    columns = (SentIn.id.label("id"), SentIn.activity_id, SentIn.kind, SentIn.text, SentIn.url)

    def made(kind: str, table: Any, *still: sa.ColumnElement[bool]) -> sa.Select[Any]:  # noqa: ANN401 - a mapped class
        added = sa.and_(
            JournalEntry.at == SentIn.looked_at, JournalEntry.act == f"add_{kind}", JournalEntry.subject == kind
        )
        its = sa.and_(table.id == JournalEntry.subject_id, table.activity_id == SentIn.activity_id)
        return (
            sa.select(*columns, table.id.label("record_id"))
            .join(JournalEntry, added)
            .join(table, its)
            .where(which, SentIn.is_accepted.is_(True), SentIn.kind == kind, ~_is_another(kind, table), *still)
        )

    none = (
        sa.select(*columns, Activity.id.label("record_id"))
        .join(Activity, sa.and_(Activity.id == SentIn.activity_id, Activity.no_resources_at == SentIn.looked_at))
        .where(which, SentIn.is_accepted.is_(True), SentIn.kind == SentKind.NO_RESOURCES)
    )
    same_words = (Outcome.text == SentIn.text, Outcome.kind == OutcomeKind.ACHIEVED)
    return sa.union_all(
        made("outcome", Outcome, *same_words), made("resource", Resource, Resource.url == SentIn.url), none
    ).order_by("id")


def _is_another(kind: str, table: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a mapped class
    """Tell whether a row is another one than the journal tells of: SQLite may give the number of a removed one again."""
    again = sa.orm.aliased(JournalEntry)
    return sa.exists().where(
        again.subject == kind, again.subject_id == table.id, again.act == f"add_{kind}", again.id > JournalEntry.id
    )


def _of(kind: str, table: Any, words: Any, year: int) -> sa.Select[Any]:  # noqa: ANN401 - a mapped class and its column
    return (
        sa.select(
            sa.literal(kind).label("kind"), table.id.label("id"), sa.cast(words, sa.Text).label("words"),
            table.activity_id.label("activity_id"), JournalEntry.at.label("at"),
        )
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(JournalEntry, sa.and_(JournalEntry.at == Answer.answered_at, JournalEntry.act == f"add_{kind}"))
        .join(table, sa.and_(table.id == JournalEntry.subject_id, table.activity_id == Answer.activity_id))
        .where(Question.year == year, JournalEntry.subject == kind, ~_is_another(kind, table))
        .distinct()
    )  # fmt: skip
