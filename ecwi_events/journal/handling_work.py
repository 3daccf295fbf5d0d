"""What people do about single pieces of work, each with its entry in the journal: `ecwi_events.work` stands below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.journal.service import note
from ecwi_events.work import handling

if TYPE_CHECKING:
    from datetime import datetime


def retry_work(work_id: int, *, now: datetime) -> bool:
    """Try given-up work again; return False if there is no such dead row."""
    if not handling.revive(work_id, now=now):
        return False
    note("retry_work", "work", work_id, after={"state": "due"}, now=now)
    return True


def cancel_work(work_id: int, *, now: datetime) -> bool:
    """Call work off; return False if there is nothing to call off."""
    if not handling.cancel(work_id, now=now):
        return False
    note("cancel_work", "work", work_id, after={"state": "cancelled"}, now=now)
    return True
