"""What an activity has besides people, for the ground of the test of permissions: money, outcomes, resources."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ecwi_events.kernel.db import transaction
from ecwi_events.programme import files, money, outcomes, resources
from ecwi_events.programme.models import MoneyStage, OutcomeKind, Payer
from ecwi_events.programme.models_files import ResourceKind
from ecwi_events.programme.money import TypedLine
from ecwi_events.programme.resources import TypedResource
from tests.make import NOW
from tests.programme.files_by_hand import PDF

if TYPE_CHECKING:
    from ecwi_events.programme.files import Sent


def make_left_behind(activity_id: int, words: str) -> dict[str, int]:
    """Make one of each, and return their ids by the names of variables in addresses."""
    evidence, file = (_sent(activity_id, words, number) for number in (1, 2))
    line = TypedLine(Payer.MEMBERS, MoneyStage.ACTUAL, "5", note=words)
    resource = TypedResource(ResourceKind.HANDOUT, words, licence=words)
    with transaction():
        return {
            "line_id": money.add_line(activity_id, line, evidence=evidence, now=NOW),
            "removed_id": _removed(activity_id, words),
            "outcome_id": outcomes.add_outcome(activity_id, OutcomeKind.ACHIEVED, words, now=NOW),
            "resource_id": resources.add_resource(activity_id, resource, file=file, now=NOW),
            "bare_id": resources.add_resource(activity_id, resource, now=NOW),
        }


def _removed(activity_id: int, words: str) -> int:
    """Return the number of an outcome that was removed a moment ago and can be put back."""
    outcome_id = outcomes.add_outcome(activity_id, OutcomeKind.PLANNED, words, now=NOW)
    outcomes.remove_outcome(activity_id, outcome_id, now=NOW)
    [removed] = outcomes.removed_lately(activity_id, now=NOW)
    return removed.id


def _sent(activity_id: int, words: str, number: int) -> Sent:
    body = PDF + f"{activity_id} {number}".encode()
    return files.receive(io.BytesIO(body), f"{words}.pdf", most_bytes=1_000_000)
