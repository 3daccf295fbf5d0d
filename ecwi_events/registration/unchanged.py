"""Whether a sign-up still stands as it was read a moment ago, asked within a statement of another room.

Reminders to thousands are written ahead of their turn. The statement that starts one asks this: so whoever withdrew since
then, whose account was closed, or whose session moved or was cancelled, gets nothing that is no longer true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration.models import Registration

if TYPE_CHECKING:
    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.queries import MySignUp

_R = sa.inspect(Registration).local_table
_P = sa.inspect(Person).local_table
_A = sa.inspect(Activity).local_table
_S = sa.inspect(ActivitySession).local_table


def _as_read(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    return column == sa.bindparam(f"read_{name}", type_=column.type)


# Every change of an activity or of its sessions makes a new revision of the activity.
IS_UNCHANGED = (
    sa.exists()
    .where(_P.c.id == _R.c.person_id, _A.c.id == _R.c.activity_id, _S.c.activity_id == _R.c.activity_id)
    .where(_as_read(_R.c.id, "sign_up"), _as_read(_S.c.id, "session"))
    .where(_as_read(_R.c.place, "place"), _as_read(_R.c.revision, "revision"), _as_read(_R.c.zone, "zone"))
    .where(_as_read(_R.c.link_version, "link_version"), _as_read(_P.c.name, "name"))
    .where(_P.c.disabled_at.is_(None))
    .where(_as_read(_A.c.revision, "of_activity"), _as_read(_A.c.status, "status"))
    .where(_as_read(_S.c.revision, "of_session"), _as_read(_S.c.schedule_revision, "of_schedule"))
)


def asked_of(mine: MySignUp, session: SessionView) -> dict[str, object]:
    """Return the parameters of `IS_UNCHANGED` for a sign-up and one of its sessions, as they were read."""
    return {
        "read_sign_up": mine.registration_id,
        "read_place": mine.place,
        "read_revision": mine.revision,
        "read_zone": mine.zone,
        "read_link_version": mine.link_version,
        "read_name": mine.name,
        "read_of_activity": mine.activity.revision,
        "read_status": mine.activity.status,
        "read_session": session.id,
        "read_of_session": session.revision,
        "read_of_schedule": session.schedule_revision,
    }
