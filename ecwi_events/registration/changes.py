"""Acts of organisers that reach everybody who signed up: cancelling, postponing, planning again, moving, adding.

Each takes the locks of the counted rows first, so that no sign-up slips in between; writes what changed, who did it and why;
lets calendars and reminders follow; and puts the news as one row, which the worker tells to each person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme import moves, record_rules, rules, sessions, whole
from ecwi_events.programme import service as programme
from ecwi_events.programme.models import ActivityStatus, SessionStatus
from ecwi_events.programme.rules import Mover
from ecwi_events.registration import places, telling, told
from ecwi_events.registration import standing as standing_sign_ups
from ecwi_events.registration.models_announcements import News
from ecwi_events.registration.news import Seen, SessionChange, Times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.models import ActivitySession
    from ecwi_events.programme.moves import Standing
    from ecwi_events.programme.sessions import NewSession, Promise


@dataclass(frozen=True)
class Move:
    """A move of status as somebody asks for it."""

    to: ActivityStatus
    by_person_id: int | None
    by: Mover = Mover.OFFICE
    reason: str = ""
    until: str = ""  # of a postponed one: an exact date, or words such as "autumn 2027"; empty if it is open


def move_activity(activity_id: int, move: Move, *, now: datetime) -> None:
    """Move an activity to another status, with everything that follows for those who signed up.

    A move to the status that it has already, as by a second press of the button, changes nothing.

    Raises:
        NotFound: there is no such activity.
        Invalid: the reason is missing or too long, or the new date cannot be taken.
        Refused: the move is not allowed, or something else must be done first; the sentence says what.
    """
    places.halt(activity_id, is_halted=not rules.takes_place(move.to))
    standing = moves.find_standing(activity_id, now=now)
    if standing is None:
        raise NotFound("We cannot find this activity.")
    if standing.status is move.to:
        return
    if faults := rules.move_faults(move.to, reason=move.reason, until=move.until, today=now.date()):
        raise Invalid(faults)
    if refused := refusal(activity_id, standing, move.to, by=move.by, now=now):
        raise refused
    reason = clean_line(move.reason) or None
    programme.move_to_status(activity_id, move.to, by_person_id=move.by_person_id, reason=reason, now=now)
    moves.follow(activity_id, was=standing.status, until=rules.new_date_words(move.until), now=now)
    if news := _news(standing.status, move.to):
        telling.announce_activity(activity_id, news, reason=reason, by_person_id=move.by_person_id, now=now)


def refusal(activity_id: int, standing: Standing, to: ActivityStatus, *, by: Mover, now: datetime) -> Refused | None:
    """Return why an activity cannot be moved now, or None if it can: the page that offers the move asks this as well.

    The code is ``move`` for what is not allowed; any other names what must be done first.
    """
    cancelled_at = standing.changed_at if standing.status is ActivityStatus.CANCELLED else None
    if words := rules.move_refusal(standing.status, to, by=by, cancelled_at=cancelled_at, now=now):
        return Refused("move", words)
    if not rules.is_public(to) and told.has_sign_ups(activity_id):
        return Refused("signed_up", "People have signed up. Postpone it instead.")
    stood_still = standing.status in {ActivityStatus.POSTPONED, ActivityStatus.CANCELLED}
    if stood_still and to is ActivityStatus.PLANNED and not standing.sessions_to_come:
        return Refused("no_session", "All its sessions are over or cancelled. First give a session a new time.")
    return _not_whole(activity_id) if rules.is_public(to) and not rules.is_public(standing.status) else None


def move_session(session_id: int, new: Promise, *, reason: str | None, by_person_id: int | None, now: datetime) -> bool:
    """Move a session to another time, and tell everybody who has a place in it or waits for one.

    Returns False if it is the same time as before: then nobody is told.

    Raises:
        NotFound: there is no such session.
        Invalid: a field cannot be taken.
        Refused: the session is cancelled.
    """
    session, was = _locked(session_id)
    if not sessions.reschedule(session_id, new, reason=reason, by_person_id=by_person_id, now=now):
        return False
    if _times(session) != was:
        _announce(session, Seen(was), reason=reason, by_person_id=by_person_id, now=now)
    return True


def cancel_session(session_id: int, reason: str, *, by_person_id: int | None, now: datetime) -> bool:
    """Cancel one session, and tell everybody who has a place in it or waits for one. False if it was cancelled already.

    Raises:
        NotFound: there is no such session.
        Invalid: the reason is missing or too long.
    """
    if faults := rules.move_faults("cancelled", reason=reason):
        raise Invalid(faults)
    session, was = _locked(session_id)
    if not sessions.cancel_session(session_id, reason=reason, by_person_id=by_person_id, now=now):
        return False
    _announce(session, Seen(was), reason=reason, by_person_id=by_person_id, now=now)
    return True


def restore_session(session_id: int, *, by_person_id: int | None, now: datetime) -> bool:
    """Bring a cancelled session back at its time; who was told that it is cancelled is told that it takes place.

    Raises:
        NotFound: there is no such session.
    """
    session, was = _locked(session_id)
    if not sessions.restore_session(session_id, by_person_id=by_person_id, now=now):
        return False
    _announce(session, Seen(was, is_cancelled=True), reason=None, by_person_id=by_person_id, now=now)
    return True


def add_sessions(activity_id: int, new: Sequence[NewSession], *, by_person_id: int | None, now: datetime) -> list[int]:
    """Add sessions; everybody who signed up for the whole activity has a place in them too, and is told.

    Where people sign up per session, the new ones get places of their own, and who wanted later sessions is signed up.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken.
    """
    places.lock_all(activity_id)
    made = sessions.add_sessions(activity_id, new, now=now)
    standing_sign_ups.open_sessions(activity_id, made, now=now)
    tell_of_added(made, by_person_id=by_person_id, now=now)
    return made


def tell_of_added(session_ids: Sequence[int], *, by_person_id: int | None, now: datetime) -> None:
    """Tell those who signed up for the whole activity of sessions that were added just now."""
    for session_id in session_ids:
        session = sessions.get_session(session_id)
        _announce(session, Seen(), reason=None, by_person_id=by_person_id, now=now)


def _not_whole(activity_id: int) -> Refused | None:
    missing = record_rules.missing_before_publishing(whole.record_facts(activity_id))
    return Refused("incomplete", record_rules.refusal_words(missing)) if missing else None


def _news(was: ActivityStatus, to: ActivityStatus) -> News | None:
    if to is ActivityStatus.CANCELLED:
        return News.CANCELLED
    if to is ActivityStatus.POSTPONED:
        return News.POSTPONED
    stood_still = was in {ActivityStatus.POSTPONED, ActivityStatus.CANCELLED}
    return News.PLANNED_AGAIN if stood_still and to is ActivityStatus.PLANNED else None


def _locked(session_id: int) -> tuple[ActivitySession, Times]:
    """Return a session and its time, under the locks of the counted rows."""
    session = sessions.get_session(session_id)
    places.lock_all(session.activity_id)
    db.session.refresh(session)  # somebody else may have changed it while we waited
    return session, _times(session)


def _times(session: ActivitySession) -> Times:
    return Times(session.starts_at, session.ends_at)


def _announce(
    session: ActivitySession, was: Seen, *, reason: str | None, by_person_id: int | None, now: datetime
) -> None:
    """Write the news, if anybody can still come: nobody is told of what is over, or of dates while all is put off."""
    activity = sessions.get_activity(session.activity_id)
    present = Seen(_times(session), is_cancelled=session.status is SessionStatus.CANCELLED)
    ends = [seen.times.ends_at for seen in (was, present) if seen.times]
    if not rules.takes_place(activity.status) or max(ends) <= now:
        return
    telling.announce_session(
        SessionChange(
            activity_id=activity.id,
            session_id=session.id,
            was=was,
            present=present,
            reason=clean_line(reason or "") or None,
            by_person_id=by_person_id,
        ),
        now=now,
    )
