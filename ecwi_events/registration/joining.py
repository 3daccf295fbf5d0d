"""The joining link: which sessions of one activity its holder has a place in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.people.models import Person
from ecwi_events.programme import queries as programme
from ecwi_events.registration.models import Registration
from ecwi_events.registration.rules_joining import Chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecwi_events.programme.queries import ActivityPage, SessionView

LINK = "join"
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Joiner:
    """The holder of a joining link, and what they have in each session of the activity."""

    registration_id: int
    person_id: int
    name: str
    zone: str
    token: str
    activity: ActivityPage
    chances: tuple[Chance, ...]

    def session_of(self, chance: Chance) -> SessionView:
        """Return the session that a chance is about."""
        return next(session for session in self.activity.sessions if session.id == chance.session_id)

    def chance_of(self, session_id: int) -> Chance | None:
        """Return what they have in a session, or None if it is none of this activity."""
        return next((chance for chance in self.chances if chance.session_id == session_id), None)


def token_of(registration_id: int, uid: str, link_version: int) -> str:
    """Return the token of a sign-up's joining link: the number of the sign-up, and a seal that only we can make.

    It opens the meeting and nothing else: whoever gets a forwarded calendar entry can neither withdraw nor read answers.
    """
    return f"{registration_id}.{tokens.derived(LINK, uid, link_version)}"


def find_joiner(token: str) -> Joiner | None:
    """Return who this joining link belongs to, or None; a wrong link and one that was replaced look alike."""
    number, _, _ = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(LARGEST_NUMBER))):
        return None
    row = db.session.execute(
        sa.select(
            Registration.id, Registration.uid, Registration.link_version, Registration.activity_id, Registration.zone,
            Person.name, sa.func.coalesce(Person.merged_into_id, Person.id).label("person_id"),
        )
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.id == min(int(number), LARGEST_NUMBER))
    ).one_or_none()  # fmt: skip
    if row is None or not hmac.compare_digest(token.encode(), token_of(row.id, row.uid, row.link_version).encode()):
        return None
    activity = programme.find_activity(row.activity_id)
    if activity is None:
        return None
    chances = _chances(activity, row.person_id)
    return Joiner(row.id, row.person_id, row.name, row.zone, token, activity, tuple(chances))


def _chances(activity: ActivityPage, person_id: int) -> Sequence[Chance]:
    """Return each session with the person's place in it: of its own, or that of the whole activity."""
    held = dict(
        db.session.execute(
            sa.select(Registration.session_id, Registration.place).where(
                Registration.activity_id == activity.id, Registration.person_id == person_id
            )
        ).all()
    )
    return [
        Chance(session.id, session.starts_at, session.ends_at, session.is_cancelled, place.value if place else None)
        for session in activity.sessions
        for place in [held.get(session.id, held.get(None))]
    ]
