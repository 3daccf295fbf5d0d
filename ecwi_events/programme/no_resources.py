"""That an activity has no resources, said by its host: unknown is not none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.programme import resources
from ecwi_events.programme.models import Activity

if TYPE_CHECKING:
    from datetime import datetime

THERE_ARE = "This activity has resources. Remove them first, or leave it as it is."


def is_said(activity_id: int) -> bool:
    """Tell whether somebody said that there are none.

    Raises:
        NotFound: there is no such activity.
    """
    said = db.session.execute(sa.select(Activity.no_resources_at).where(Activity.id == activity_id)).one_or_none()
    if said is None:
        raise NotFound("We cannot find this activity.")
    return said.no_resources_at is not None


def say_none(activity_id: int, *, now: datetime) -> None:
    """Say that there are no resources; twice changes nothing. A resource that is added later takes it back.

    Raises:
        NotFound: there is no such activity.
        Refused: there are some.
    """
    activity = _hold(activity_id)
    if resources.resources_of(activity_id):
        raise Refused("there_are", THERE_ARE)
    if activity.no_resources_at is None:
        _set(activity, now, now=now)


def take_back(activity_id: int, *, now: datetime) -> None:
    """Take it back: whether there are resources is unknown again.

    Raises:
        NotFound: there is no such activity.
    """
    activity = _hold(activity_id)
    if activity.no_resources_at is not None:
        _set(activity, None, now=now)


def _set(activity: Activity, at: datetime | None, *, now: datetime) -> None:
    activity.no_resources_at = at
    db.session.flush()
    after: dict[str, object] = {"no_resources": at is not None}
    journal.note("say_no_resources", "activity", activity.id, before={"no_resources": at is None}, after=after, now=now)


def _hold(activity_id: int) -> Activity:
    """Return the activity for an act, which nobody else may do at the same time."""
    activity = db.session.get(Activity, activity_id, with_for_update=True)
    if activity is None:
        raise NotFound("We cannot find this activity.")
    return activity
