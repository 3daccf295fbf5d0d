"""The questions of an activity's sign-up form: reading and changing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, run
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme.models import Activity
from ecwi_events.programme.queries import WANTED
from ecwi_events.registration import rules_questions as rules
from ecwi_events.registration.models_questions import Answer, Question, QuestionKind
from ecwi_events.registration.rules_questions import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_Q = sa.inspect(Question).local_table
_ALL_ASKED = (
    sa.select(
        _Q.c.id, _Q.c.kind, _Q.c.wording, _Q.c.purpose, _Q.c.choices, _Q.c.is_required
    )
    .where(_Q.c.retired_at.is_(None))
    .order_by(_Q.c.position, _Q.c.id)
)  # fmt: skip
_ASKED = _ALL_ASKED.where(_Q.c.activity_id == sa.bindparam("activity"))
ASKED_PART = _ALL_ASKED.where(_Q.c.activity_id == WANTED.c.id)  # of a bundle


@dataclass(frozen=True)
class NewQuestion:
    """A question as it is typed; ``choices`` has one a line."""

    kind: QuestionKind
    wording: str
    purpose: str
    choices: str = ""
    is_required: bool = False


def asked(activity_id: int) -> Sequence[Asked]:
    """Return what the form of an activity asks now, in order."""
    return asked_in(run(_ASKED, {"activity": activity_id}).all())


def asked_in(rows: Sequence[Any]) -> list[Asked]:
    """Return what the form asks, from its rows."""
    return [Asked(row.id, row.kind.value, *row[2:]) for row in rows]


def add_question(activity_id: int, new: NewQuestion, *, now: datetime) -> int:
    """Ask one question more; people who have signed up already are not asked again.

    Raises:
        Invalid: a field cannot be taken.
        Refused: the form asks enough.
        NotFound: there is no such activity.
    """
    values = _checked(new)
    _lock(activity_id)
    standing = asked(activity_id)
    if len(standing) >= rules.MOST_QUESTIONS:
        raise Refused("too_many", rules.TOO_MANY)
    row = Question(activity_id=activity_id, position=_last_position(activity_id) + 1, created_at=now, **values)
    db.session.add(row)
    db.session.flush()
    _note("add_question", activity_id, len(standing), len(standing) + 1, now=now)
    return row.id


def change_question(activity_id: int, question_id: int, new: NewQuestion, *, now: datetime) -> int:
    """Change a question; one that was answered keeps its old words for the old answers, and a new one takes its place.

    Returns the id of the question that is asked from now on.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: this activity does not ask this question.
    """
    values = _checked(new)
    _lock(activity_id)
    question = _question(activity_id, question_id)
    means_the_same = (question.kind, question.wording, question.choices) == (
        values["kind"], values["wording"], values["choices"],
    )  # fmt: skip
    if means_the_same or not _is_answered(question_id):
        for name, value in values.items():
            setattr(question, name, value)
    else:
        question.retired_at = now
        question = Question(activity_id=activity_id, position=question.position, created_at=now, **values)
        db.session.add(question)
    db.session.flush()
    journal.note("change_question", "activity", activity_id, after={"wording": "new"}, now=now)
    return question.id


def remove_question(activity_id: int, question_id: int, *, now: datetime) -> None:
    """Stop asking; answers that were given stay, under the question as it was.

    Raises:
        NotFound: this activity does not ask this question.
    """
    _lock(activity_id)
    question = _question(activity_id, question_id)
    number = len(asked(activity_id))
    if _is_answered(question_id):
        question.retired_at = now
    else:
        db.session.delete(question)
    db.session.flush()
    _note("remove_question", activity_id, number, number - 1, now=now)


def move_up(activity_id: int, question_id: int, *, now: datetime) -> None:
    """Ask this question one place earlier; the first one stays where it is.

    Raises:
        NotFound: this activity does not ask this question.
    """
    _lock(activity_id)
    question = _question(activity_id, question_id)
    order = [one.id for one in asked(activity_id)]
    at = order.index(question.id)
    if at == 0:
        return
    order[at - 1], order[at] = order[at], order[at - 1]
    for position, moved in enumerate(order, start=1):
        db.session.execute(sa.update(Question).where(Question.id == moved).values(position=position))
    journal.note("move_question", "activity", activity_id, after={"questions": "order"}, now=now)


def _checked(new: NewQuestion) -> dict[str, object]:
    choices = rules.choices_of(new.choices) if new.kind is QuestionKind.CHOICE else []
    if faults := rules.question_faults(new.kind, new.wording, new.purpose, choices):
        raise Invalid(faults)
    return {
        "kind": new.kind,
        "wording": clean_line(new.wording),
        "purpose": clean_line(new.purpose),
        "choices": choices,
        "is_required": new.is_required,
    }


def _lock(activity_id: int) -> None:
    """Let no other change of the same form go on meanwhile."""
    if db.session.scalar(sa.select(Activity.id).where(Activity.id == activity_id).with_for_update()) is None:
        raise NotFound("We cannot find this activity.")


def _question(activity_id: int, question_id: int) -> Question:
    question = db.session.get(Question, question_id, populate_existing=True)
    if question is None or question.activity_id != activity_id or question.retired_at is not None:
        raise NotFound("We cannot find this question. Load the page again.")
    return question


def _last_position(activity_id: int) -> int:
    return db.session.scalar(sa.select(sa.func.max(Question.position)).where(Question.activity_id == activity_id)) or 0


def _is_answered(question_id: int) -> bool:
    return db.session.scalar(sa.select(Answer.id).where(Answer.question_id == question_id).limit(1)) is not None


def _note(act: str, activity_id: int, before: int, after: int, *, now: datetime) -> None:
    journal.note(act, "activity", activity_id, before={"questions": before}, after={"questions": after}, now=now)
