"""The record of an activity from before our records: its period is typed in, and no sessions are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme import sessions, wording

if TYPE_CHECKING:
    from datetime import date, datetime

    from ecwi_events.programme.models import Activity, ActivityStatus

LONGEST_HEADING = 60
_TOLD = ("records_complete", "period_start", "period_end", "open_end", "resources_heading")


@dataclass(frozen=True)
class PastRecord:
    """What is typed in of an activity; months are given by their first days."""

    records_complete: bool
    period_start: date | None = None
    period_end: date | None = None
    open_end: bool = False
    resources_heading: str = ""


def past_record_of(activity_id: int) -> PastRecord:
    """Return what stands in the record now.

    Raises:
        NotFound: there is no such activity.
    """
    activity = sessions.get_activity(activity_id)
    return PastRecord(
        activity.records_complete,
        activity.period_start,
        activity.period_end,
        activity.open_end,
        activity.resources_heading or "",
    )


def change_past_record(activity_id: int, typed: PastRecord, *, now: datetime) -> None:
    """Take over what is typed in. Of an activity that is recorded, the period follows from its sessions as before.

    Raises:
        NotFound: there is no such activity.
        Invalid: the months do not fit together, or the heading is too long.
    """
    activity = sessions.get_activity(activity_id)
    before = _told(activity)
    heading = clean_line(typed.resources_heading)
    faults = _period_faults(activity.status, typed)
    if len(heading) > LONGEST_HEADING:
        faults["resources_heading"] = f"Use {LONGEST_HEADING} letters or fewer"
    if faults:
        raise Invalid(faults)
    activity.records_complete = typed.records_complete
    activity.resources_heading = heading or None
    if typed.records_complete:
        sessions.derive_period(activity)
    else:
        activity.period_start, activity.period_end = typed.period_start, typed.period_end
        activity.open_end = typed.open_end
    db.session.flush()
    if before != _told(activity):
        journal.note("change_past_record", "activity", activity_id, before=before, after=_told(activity), now=now)
        sessions.touch(activity, now=now)


def _period_faults(status: ActivityStatus, typed: PastRecord) -> dict[str, str]:
    if typed.records_complete:
        return {}
    fault = wording.period_fault(status, typed.period_start, typed.period_end, open_end=typed.open_end)
    return {"period_start": fault} if fault else {}


def _told(activity: Activity) -> dict[str, object]:
    return {name: getattr(activity, name) for name in _TOLD}
