"""The invitation link of an activity: derived from its key and the link's version, so that only the hash is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.programme import sessions
from ecwi_events.programme.models import Activity, Visibility

if TYPE_CHECKING:
    from datetime import datetime

PURPOSE = "invitation"


def find_token(activity_id: int) -> str | None:
    """Return the token of the invitation link that opens an activity now, or None if it needs none."""
    row = db.session.execute(
        sa.select(Activity.key, Activity.link_version).where(
            Activity.id == activity_id, Activity.visibility == Visibility.INVITED
        )
    ).one_or_none()
    return token_of(row.key, row.link_version) if row else None


def token_of(key: str, version: int) -> str:
    """Return the token of one version of an activity's link."""
    return tokens.derived(PURPOSE, key, version)


def make_link(activity: Activity) -> None:
    """See to it that the link of this version opens the activity."""
    activity.link_hash = tokens.digest(token_of(activity.key, activity.link_version))


def renew_link(activity_id: int, *, now: datetime) -> None:
    """Make the present link void and another one in its place. Who has signed up still sees the activity.

    Raises:
        NotFound: there is no such activity.
        Refused: the activity is not seen by invitation.
    """
    activity = sessions.get_activity(activity_id)
    if activity.visibility is not Visibility.INVITED:
        raise Refused("not_by_invitation", "This activity needs no invitation link. Choose who may see it first.")
    before = {"link_version": activity.link_version}
    activity.link_version += 1
    make_link(activity)
    sessions.touch(activity, now=now)
    after = {"link_version": activity.link_version}
    journal.note("renew_invitation_link", "activity", activity_id, before=before, after=after, now=now)
