"""What an activity has besides people, for the ground of the test of permissions: money with evidence, outcomes."""

from __future__ import annotations

import io

from ecwi_events.kernel.db import transaction
from ecwi_events.programme import files, money, outcomes
from ecwi_events.programme.models import MoneyStage, OutcomeKind, Payer
from ecwi_events.programme.money import TypedLine
from tests.make import NOW
from tests.programme.files_by_hand import PDF


def make_left_behind(activity_id: int, words: str) -> dict[str, int]:
    """Make one of each, and return their ids by the names of variables in addresses."""
    sent = files.receive(io.BytesIO(PDF + str(activity_id).encode()), f"{words}.pdf", most_bytes=1_000_000)
    with transaction():
        line = TypedLine(Payer.MEMBERS, MoneyStage.ACTUAL, "5", note=words)
        return {
            "line_id": money.add_line(activity_id, line, evidence=sent, now=NOW),
            "outcome_id": outcomes.add_outcome(activity_id, OutcomeKind.ACHIEVED, words, now=NOW),
        }
