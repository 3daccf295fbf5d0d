"""Reads of feedback: what people thought of the sessions of an activity, without who."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.feedback import rules
from ecwi_events.feedback.models import Feedback
from ecwi_events.kernel.db import db
from ecwi_events.programme.models import ActivitySession

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Answers:
    """What was answered about one session; empty while there are too few answers to show them."""

    number: int
    scores: dict[int, int]
    comments: Sequence[str]

    @property
    def is_shown(self) -> bool:
        """Tell whether there are enough to be shown."""
        return rules.may_show(self.number)

    @property
    def mean(self) -> float | None:
        """The mean score, or None while answers are not shown."""
        if not self.is_shown:
            return None
        return sum(score * count for score, count in self.scores.items()) / self.number


def answers_of(activity_id: int) -> dict[int, Answers]:
    """Return what was answered about each session of an activity that has answers. Comments come in no order of time."""
    rows = db.session.execute(
        sa.select(Feedback.session_id, Feedback.score, Feedback.comment)
        .join(ActivitySession, ActivitySession.id == Feedback.session_id)
        .where(ActivitySession.activity_id == activity_id)
        .order_by(Feedback.session_id, Feedback.key)
    ).all()
    found = {}
    for session_id in dict.fromkeys(row.session_id for row in rows):
        mine = [row for row in rows if row.session_id == session_id]
        is_shown = rules.may_show(len(mine))
        counted = Counter(row.score for row in mine) if is_shown else Counter[int]()
        comments = [row.comment for row in mine if row.comment] if is_shown else []
        found[session_id] = Answers(len(mine), {score: counted[score] for score in rules.SCORES}, comments)
    return found
