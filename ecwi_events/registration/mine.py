"""All sign-ups of one person, with their sessions: what a person sees of themselves, and the office of a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.queries import of_session, token_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class MySession:
    """A session of an activity that somebody signed up for."""

    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_cancelled: bool


@dataclass(frozen=True)
class OwnSignUp:
    """A sign-up of one person."""

    registration_id: int
    activity_id: int
    title: str
    slug: str
    place: Place
    is_cancelled: bool
    token: str
    sessions: list[MySession] = field(default_factory=list)

    def is_to_come(self, now: datetime) -> bool:
        """Tell whether something is still to come of it for this person."""
        return self.place in {Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING} and any(
            session.ends_at > now for session in self.sessions
        )


def sign_ups_of(person_id: int) -> Sequence[OwnSignUp]:
    """Return the sign-ups of a person, the latest first, in one query."""
    rows = db.session.execute(
        sa.select(
            Registration.id, Registration.activity_id, Activity.title, Activity.slug, Registration.place, Activity.status,
            Registration.uid, Registration.link_version, ActivitySession.title, ActivitySession.starts_at,
            ActivitySession.ends_at, ActivitySession.zone, ActivitySession.status,
        )
        .join(Activity, Activity.id == Registration.activity_id)
        .outerjoin(
            ActivitySession, sa.and_(ActivitySession.activity_id == Activity.id, of_session(ActivitySession.id))
        )
        .where(Registration.person_id == person_id)
        .order_by(Registration.id.desc(), ActivitySession.starts_at, ActivitySession.id)
    )  # fmt: skip
    found: dict[int, OwnSignUp] = {}
    for row in rows:
        is_cancelled = row[5] is ActivityStatus.CANCELLED
        mine = found.setdefault(row[0], OwnSignUp(*row[:5], is_cancelled, token_of(row[6], row[7])))
        if row[9] is not None:
            mine.sessions.append(MySession(row[8], row[9], row[10], row[11], row[12] is SessionStatus.CANCELLED))
    return list(found.values())


def has_signed_up(person_id: int, activity_id: int) -> bool:
    """Tell whether somebody ever signed up for an activity; others can have come all the same."""
    asked = sa.select(Registration.id).where(
        Registration.person_id == person_id, Registration.activity_id == activity_id
    )
    return db.session.scalar(asked.limit(1)) is not None


def find_own_link(activity_id: int, person_id: int) -> str | None:
    """Return the token of the page of somebody who has signed up for an activity already, or None."""
    row = db.session.execute(
        sa.select(Registration.uid, Registration.link_version)
        .where(
            Registration.activity_id == activity_id,
            Registration.person_id == person_id,
            Registration.place.in_((Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING)),
        )
        .order_by(Registration.id)
        .limit(1)
    ).one_or_none()
    return token_of(row.uid, row.link_version) if row else None
