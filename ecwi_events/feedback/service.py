"""Giving feedback through the link in the mail of thanks."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.feedback import rules
from ecwi_events.feedback.models import Feedback
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.queries import MySignUp

LINK = "feedback"
PARTS = 3
LONGEST_NUMBER = len("2147483647") - 1
CLOSED = "You can answer from the start of the session, for 60 days."


@dataclass(frozen=True)
class Asked:
    """Whom we ask about which session, and what was answered before."""

    mine: MySignUp
    session: SessionView
    key: str
    score: int | None
    comment: str

    def is_open(self, *, now: datetime) -> bool:
        """Tell whether an answer is taken now."""
        return rules.is_open(
            self.session.starts_at,
            self.session.ends_at,
            has_place=self.mine.place is Place.CONFIRMED,
            takes_place=not self.session.is_cancelled and self.mine.activity.status not in {"cancelled", "postponed"},
            now=now,
        )


def token_of(mine: MySignUp, session_id: int) -> str:
    """Return the token of the link that asks somebody about a session; the same each time."""
    return f"{mine.registration_id}.{session_id}.{tokens.derived(LINK, f'{mine.uid} {session_id}', mine.link_version)}"


def find_asked(token: str) -> Asked | None:
    """Return whom a link asks, or None; a wrong link and one that was replaced look alike. Reading changes nothing."""
    parts = token.split(".")
    if len(parts) != PARTS or not token.isascii() or not (_is_number(parts[0]) and _is_number(parts[1])):
        return None
    mine = registrations.find_sign_up(int(parts[0]))
    session = next((one for one in mine.sessions if one.id == int(parts[1])), None) if mine else None
    if mine is None or session is None or not hmac.compare_digest(token, token_of(mine, session.id)):
        return None
    key = tokens.derived("feedback key", f"{mine.uid} {session.id}")
    row = db.session.execute(sa.select(Feedback.score, Feedback.comment).where(Feedback.key == key)).one_or_none()
    return Asked(mine, session, key, row.score if row else None, (row.comment or "") if row else "")


def give(token: str, score: int | None, comment: str, *, now: datetime) -> None:
    """Keep an answer; a second one replaces the first.

    Raises:
        NotFound: the link is none of ours.
        Refused: the session has not begun, is long over, or does not take place.
        Invalid: a field cannot be taken.
    """
    asked = find_asked(token)
    if asked is None:
        raise NotFound("We cannot find this page.")
    if not asked.is_open(now=now):
        raise Refused("closed", CLOSED)
    said = clean_line(comment)
    if wrong := rules.faults(score, said):
        raise Invalid(wrong)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)  # the hour could tell who it was
    values = {"score": score, "comment": said or None, "given_on": day}
    row = {**values, "session_id": asked.session.id, "key": asked.key}
    if not insert_unless_there(Feedback, [row], key=["key"]):
        db.session.execute(sa.update(Feedback).where(Feedback.key == asked.key).values(**values))


def _is_number(text: str) -> bool:
    return text.isdigit() and len(text) <= LONGEST_NUMBER
