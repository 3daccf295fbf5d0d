"""The outcomes of an activity: what was planned to be learned or changed, and what was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme import ordering
from ecwi_events.programme.models import Activity, Outcome, OutcomeKind
from ecwi_events.programme.models_record import RemovedOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LONGEST = 500
UNDO_FOR = timedelta(minutes=10)
MOST = 100  # of one activity: more would be a slip
CHANGED = "This outcome was changed or removed meanwhile. Load the page again."


def outcomes_of(activity_id: int) -> Sequence[Outcome]:
    """Return the outcomes of an activity, planned and achieved, in their order."""
    return db.session.scalars(
        sa.select(Outcome).where(Outcome.activity_id == activity_id).order_by(Outcome.position, Outcome.id)
    ).all()


def add_outcome(activity_id: int, kind: OutcomeKind, text: str, *, now: datetime) -> int:
    """Add an outcome at the end and return its id.

    Raises:
        NotFound: there is no such activity.
        Invalid: the text cannot be taken.
    """
    if db.session.get(Activity, activity_id) is None:
        raise NotFound("We cannot find this activity.")
    text = _checked(text)
    if len(outcomes_of(activity_id)) >= MOST:
        raise Invalid({"text": f"An activity can have {MOST} outcomes. Remove one first"})
    position = ordering.last_position(Outcome, activity_id) + 1
    outcome = Outcome(activity_id=activity_id, kind=kind, text=text, position=position)
    db.session.add(outcome)
    db.session.flush()
    journal.note("add_outcome", "outcome", outcome.id, after=_told(outcome), now=now)
    return outcome.id


def change_outcome(
    activity_id: int, outcome_id: int, kind: OutcomeKind, text: str, *, seen: str | None = None, now: datetime
) -> None:
    """Change what an outcome says, or whether it was reached.

    Args:
        activity_id: whose it is.
        outcome_id: which; SQLite may give the number of a removed one to a new one.
        kind: planned or achieved.
        text: what it says from now on.
        seen: what it said on the page from which it is changed; None if nobody looked.
        now: the door's instant.

    Raises:
        NotFound: this activity has no such outcome.
        Invalid: the text cannot be taken, or the outcome says something else than what was seen.
    """
    outcome = _get(activity_id, outcome_id)
    if not _is_as_seen(outcome, seen):
        raise Invalid({"text": f"It says something else now: “{outcome.text}”. Save again if it shall say this"})
    before = _told(outcome)
    outcome.kind, outcome.text = kind, _checked(text)
    db.session.flush()
    journal.note("change_outcome", "outcome", outcome.id, before=before, after=_told(outcome), now=now)


def move_outcome(activity_id: int, outcome_id: int, *, up: bool, seen: str | None = None, now: datetime) -> None:
    """Let an outcome change places with the next one of its kind; at the end nothing happens.

    Raises:
        NotFound: this activity has no such outcome, or it says something else than what was seen.
    """
    outcome = _get(activity_id, outcome_id, seen=seen)
    before = _told(outcome)
    same = [one for one in outcomes_of(activity_id) if one.kind is outcome.kind]
    others = [one for one in outcomes_of(activity_id) if one.kind is not outcome.kind]
    if ordering.swap(same, outcome_id, up=up):
        for position, one in enumerate(others, len(same) + 1):
            one.position = position
        db.session.flush()
        journal.note("move_outcome", "outcome", outcome.id, before=before, after=_told(outcome), now=now)


def remove_outcome(activity_id: int, outcome_id: int, *, seen: str | None = None, now: datetime) -> None:
    """Take an outcome out.

    Raises:
        NotFound: this activity has no such outcome, or it says something else than what was seen.
    """
    outcome = _get(activity_id, outcome_id, seen=seen)
    journal.note("remove_outcome", "outcome", outcome.id, before=_told(outcome), now=now)
    db.session.add(
        RemovedOutcome(
            activity_id=activity_id, kind=outcome.kind, position=outcome.position, text=outcome.text, removed_at=now
        )
    )
    db.session.delete(outcome)
    db.session.flush()


def removed_lately(activity_id: int, *, now: datetime) -> Sequence[RemovedOutcome]:
    """Return the outcomes that can be put back, the last one first."""
    return db.session.scalars(
        sa.select(RemovedOutcome)
        .where(RemovedOutcome.activity_id == activity_id, RemovedOutcome.removed_at > now - UNDO_FOR)
        .order_by(RemovedOutcome.removed_at.desc(), RemovedOutcome.id.desc())
    ).all()


def put_back(activity_id: int, removed_id: int, *, seen: str | None = None, now: datetime) -> int:
    """Put a removed outcome back where it was, and return its new id.

    Raises:
        NotFound: it was put back already, is none of this activity, or says something else than what was seen.
        Refused: the ten minutes are over.
        Invalid: the activity has enough outcomes.
    """
    removed = db.session.scalar(
        sa.select(RemovedOutcome)
        .where(RemovedOutcome.id == removed_id, RemovedOutcome.activity_id == activity_id)
        .with_for_update()
    )
    if removed is None or not _is_as_seen(removed, seen):
        raise NotFound("We cannot find this outcome. Load the page again.")
    if removed.removed_at <= now - UNDO_FOR:
        raise Refused("late", "Ten minutes are over. Please add the outcome anew.")
    outcome_id = add_outcome(activity_id, removed.kind, removed.text, now=now)
    before = [one for one in outcomes_of(activity_id) if one.id != outcome_id]
    at = sum(one.position < removed.position for one in before)
    order = [*(one.id for one in before[:at]), outcome_id, *(one.id for one in before[at:])]
    for one in outcomes_of(activity_id):
        one.position = order.index(one.id) + 1
    db.session.delete(removed)
    db.session.flush()
    return outcome_id


def forget_removed(*, now: datetime) -> int:
    """Forget what was removed and cannot be put back any more; return how many."""
    gone = db.session.execute(
        sa.delete(RemovedOutcome)
        .where(RemovedOutcome.removed_at <= now - UNDO_FOR)
        .execution_options(synchronize_session=False)
    )
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE has a row count


def _checked(text: str) -> str:
    text = clean_line(text)
    if not text:
        raise Invalid({"text": "Say what was learned or changed"})
    if len(text) > LONGEST:
        raise Invalid({"text": f"Use {LONGEST} letters or fewer"})
    return text


def _told(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in ("activity_id", "kind", "position", "text")}


def _is_as_seen(one: Outcome | RemovedOutcome, seen: str | None) -> bool:
    return seen is None or one.text == clean_line(seen)


def _get(activity_id: int, outcome_id: int, *, seen: str | None = None) -> Outcome:
    outcome = db.session.scalar(
        sa.select(Outcome).where(Outcome.id == outcome_id, Outcome.activity_id == activity_id)
    )  # fmt: skip
    if outcome is None:
        raise NotFound("We cannot find this outcome.")
    if not _is_as_seen(outcome, seen):
        raise NotFound(CHANGED)
    return outcome
