"""What people answer when they sign up: taken with the sign-up, changed by its link, read by host and office.

Answers belong to the sign-up and stand in no journal and no work row. A person who signed up for several sessions of one
activity answers once; the answers of all their sign-ups for it are read as one set.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line
from ecwi_events.people import rules as people_rules
from ecwi_events.registration import questions, rules_groups, rules_questions, service
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_questions import Answer, Question
from ecwi_events.registration.rows import HELD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.registration.rules_questions import Asked
    from ecwi_events.registration.service import GroupResult, SignedUp, SignUp


@dataclass(frozen=True)
class Answered:
    """One answer, under the question as it was when it was given."""

    question_id: int
    kind: str
    wording: str
    text: str
    is_asked: bool  # the form still asks it in these words

    @property
    def words(self) -> str:
        """The answer as people read it."""
        return rules_questions.in_words(self.kind, self.text)


def sign_up(new: SignUp, typed: Mapping[str, str], *, asked: Sequence[Asked] | None = None, now: datetime) -> SignedUp:
    """Sign a person up and keep their answers; whoever is signed up already changes none of theirs by it.

    Args:
        new: the sign-up as it is typed.
        typed: what was typed, by the fields of the questions.
        asked: what the form asks, if it was read in this transaction before.
        now: the door's instant.

    Raises:
        Invalid: a field or an answer cannot be taken.
        NotFound: there is no such activity.
        Refused: they cannot sign up now.
    """
    asked = questions.asked(new.activity_id) if asked is None else asked
    if asked and (wrong := rules_questions.answer_faults(asked, typed)):
        raise Invalid({**_faults(new), **wrong})
    got = service.sign_up(new, now=now)
    if asked and not got.is_repeat:
        _save(got.registration_id, asked, typed, now=now)
    return got


def sign_up_group(
    activity_id: int,
    people: Sequence[tuple[SignUp, Mapping[str, str]]],
    *,
    by_person_id: int | None,
    by_representative: bool = False,
    now: datetime,
) -> list[GroupResult]:
    """Sign a group up and keep what was answered for each; what nobody could answer is asked by their own links.

    What only people themselves can agree to is not taken from anybody else, and whoever is signed up already keeps the
    own answers.

    Raises:
        Invalid: the group is empty or too large, or an answer cannot be taken.
        NotFound: there is no such activity.
        Refused: sign-up is not open, or not for groups of a representative.
    """
    asked = rules_groups.answerable(questions.asked(activity_id))
    for _, typed in people:
        if wrong := rules_groups.shared_faults(asked, typed):
            raise Invalid(wrong)
    results = service.sign_up_group(
        activity_id, [new for new, _ in people], by_person_id=by_person_id, by_representative=by_representative, now=now
    )
    for result, (_, typed) in zip(results, people, strict=True):
        if result.signed_up and not result.signed_up.is_repeat and any(typed.values()):
            _save(result.signed_up.registration_id, asked, typed, now=now)
    return results


def left_open(activity_id: int, person_id: int) -> Sequence[Asked]:
    """Return what must be answered and is not, of somebody whom another person has signed up."""
    asked = questions.asked(activity_id)
    given = of_person(activity_id, person_id) if any(one.is_required for one in asked) else []
    return rules_groups.left_open(asked, {f"answer-{one.question_id}": one.text for one in given})


def all_left_open(activity_id: int) -> dict[int, Sequence[Asked]]:
    """Return the same for everybody whom another person has signed up and who still comes or waits, by person."""
    asked = questions.asked(activity_id)
    if not any(one.is_required for one in asked):
        return {}
    by_others = sa.select(Registration.person_id).where(
        Registration.activity_id == activity_id, Registration.signed_up_by_id.is_not(None), Registration.place.in_(HELD)
    )
    given = of_activity(activity_id)
    found = {
        person: rules_groups.left_open(asked, {f"answer-{one.question_id}": one.text for one in given.get(person, [])})
        for person in db.session.scalars(by_others)
    }
    return {person: left for person, left in found.items() if left}


def change(registration_id: int, typed: Mapping[str, str], *, now: datetime) -> None:
    """Take new answers to what the form asks now; they take the place of the old ones.

    Raises:
        Invalid: an answer cannot be taken.
    """
    activity_id = db.session.scalar(sa.select(Registration.activity_id).where(Registration.id == registration_id))
    asked = questions.asked(activity_id or 0)
    if wrong := rules_questions.change_faults(asked, typed):
        raise Invalid(wrong)
    _save(registration_id, asked, typed, now=now)
    journal.note("change_answers", "registration", registration_id, after={"answers": "new"}, now=now)


def of_person(activity_id: int, person_id: int) -> Sequence[Answered]:
    """Return what a person answered in an activity, in the order of the questions, old questions too."""
    return of_activity(activity_id, person_id=person_id).get(person_id, [])


def of_activity(activity_id: int, *, person_id: int | None = None) -> dict[int, list[Answered]]:
    """Return all answers of an activity by person, in one query; of two answers to one question the later one."""
    statement = (
        sa.select(
            Registration.person_id, Question.id, Question.kind, Question.wording, Answer.text, Question.retired_at
        )
        .join(Registration, Registration.id == Answer.registration_id)
        .join(Question, Question.id == Answer.question_id)
        .where(Registration.activity_id == activity_id)
        .order_by(Question.position, Question.id, Answer.given_at, Answer.id)
    )  # fmt: skip
    if person_id is not None:
        statement = statement.where(Registration.person_id == person_id)
    found: dict[int, dict[int, Answered]] = defaultdict(dict)
    for row in db.session.execute(statement):
        found[row.person_id][row.id] = Answered(row.id, row.kind.value, row.wording, row.text, row.retired_at is None)
    return {person: list(given.values()) for person, given in found.items()}


def _save(registration_id: int, asked: Sequence[Asked], typed: Mapping[str, str], *, now: datetime) -> None:
    """Write these answers in place of all that the person gave to the same questions."""
    given = sa.select(Registration.activity_id, Registration.person_id).where(Registration.id == registration_id)
    activity_id, person_id = db.session.execute(given).one()
    theirs = sa.select(Registration.id).where(
        Registration.activity_id == activity_id, Registration.person_id == person_id
    )
    db.session.execute(
        sa.delete(Answer)
        .where(Answer.registration_id.in_(theirs), Answer.question_id.in_([question.id for question in asked]))
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"registration_id": registration_id, "question_id": question.id, "text": text, "given_at": now}
        for question in asked
        if (text := clean_line(typed.get(question.field, "")))
    ]
    if rows:
        db.session.execute(sa.insert(Answer), rows)


def _faults(new: SignUp) -> dict[str, str]:
    """Return what is wrong with the person's own fields, so that everything wrong is said at once."""
    faults = {
        "name": people_rules.name_fault(new.name),
        "email": people_rules.address_fault(new.address),
        "organisation": people_rules.organisation_fault(new.organisation),
    }
    return {field: fault for field, fault in faults.items() if fault}
