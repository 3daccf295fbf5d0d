"""Acts on sessions: adding, editing their texts, moving, cancelling and bringing back.

They keep the record, the journal, the feed and the numbers by which calendars and reminders know a change. Who must hear of
it is the business of `ecwi_events.registration`, which calls these acts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import dates
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.programme import rules, session_rules
from ecwi_events.programme.models import Activity, ActivitySession, Format, SessionStatus
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class Promise:
    """When a session is, as it is promised: wall time and zone; ``fold`` says which one where clocks show it twice."""

    starts_local: datetime
    zone: str
    duration_minutes: int
    fold: int | None = None


@dataclass(frozen=True)
class SessionTexts:
    """What is said about a session besides its time."""

    title: str
    format: Format = Format.ONLINE_SESSION
    summary: str = ""
    language: str = "en"
    place: str = ""
    meeting_url: str = ""


@dataclass(frozen=True)
class NewSession:
    """A session as it is typed: wall time and zone are the promise."""

    title: str
    starts_local: datetime
    zone: str
    duration_minutes: int
    fold: int | None = None
    format: Format = Format.ONLINE_SESSION
    summary: str = ""
    meeting_url: str = ""
    language: str = "en"
    place: str = ""

    @property
    def promise(self) -> Promise:
        """When it is."""
        return Promise(self.starts_local, self.zone, self.duration_minutes, self.fold)

    @property
    def texts(self) -> SessionTexts:
        """What is said about it."""
        return SessionTexts(self.title, self.format, self.summary, self.language, self.place, self.meeting_url)


def add_sessions(activity_id: int, new: Sequence[NewSession], *, now: datetime) -> list[int]:
    """Add sessions to an activity and return their ids in the same order.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken; the fields are called ``sessions-0-starts_local`` and so on.
    """
    activity = get_activity(activity_id)
    faults = {
        f"sessions-{number}-{name}": words for number, one in enumerate(new) for name, words in faults_of(one).items()
    }
    if faults:
        raise Invalid(faults)
    made = [insert(activity_id, one, now=now) for one in new]
    derive_period(activity)
    touch(activity, now=now)
    for session in made:
        after = {"activity_id": activity_id, **_promise_of(session)}
        journal.note("add_session", "session", session.id, after=after, now=now)
    return [session.id for session in made]


def edit_session(session_id: int, texts: SessionTexts, *, revision: int | None = None, now: datetime) -> frozenset[str]:
    """Change what is said about a session, and return the names of the fields that changed.

    A change of the place or of the format is news for calendars (`ical_sequence` rises); people are not told by this act.

    Args:
        session_id: which.
        texts: all texts, as they shall be.
        revision: the revision that the editor saw; None takes the change whatever was there.
        now: the door's instant.

    Raises:
        NotFound: there is no such session.
        Invalid: a field cannot be taken.
        Refused: ``edited``, somebody else changed the session since this revision.
    """
    session = get_session(session_id)
    if faults := text_faults(texts):
        raise Invalid(faults)
    _refuse_if_edited(session, revision)
    values = _text_values(texts)
    before = {name: getattr(session, name) for name in values}
    changed = frozenset(name for name, value in values.items() if before[name] != value)
    if not changed:
        return changed
    for name in changed:
        setattr(session, name, values[name])
    if changed & {"place", "format"}:
        session.ical_sequence += 1
    _changed(session, now=now)
    journal.note("edit_session", "session", session_id, before=before, after=values, now=now)
    return changed


def reschedule(session_id: int, new: Promise, *, reason: str | None, by_person_id: int | None, now: datetime) -> bool:
    """Move a session: another wall time, zone or length. Returns False if it is the same promise, and changes nothing.

    `ical_sequence` rises always, `schedule_revision` (on which reminders hang) only if the instants change: whoever writes
    the same moment in another zone moves nobody.

    Raises:
        NotFound: there is no such session.
        Invalid: a field cannot be taken; a time that clocks skip, or show twice without ``fold``.
        Refused: the session is cancelled.
    """
    session = get_session(session_id)
    if session.status is SessionStatus.CANCELLED:
        raise Refused("cancelled", "This session is cancelled. Bring it back before you move it.")
    if faults := promise_faults(new):
        raise Invalid(faults)
    before, was_at, was_until = _promise_of(session), session.starts_at, session.ends_at
    if not _set_promise(session, new):
        return False
    session.ical_sequence += 1
    if (session.starts_at, session.ends_at) != (was_at, was_until):
        session.schedule_revision += 1
        session.scheduled_at = now
    activity = get_activity(session.activity_id)
    if session.starts_at != was_at and rules.is_public(activity.status):
        session.moved_from_at, session.reason = was_at, _reason(reason)
    session.changed_by_id = by_person_id
    derive_period(activity)
    _changed(session, now=now)
    journal.note("reschedule", "session", session_id, before=before, after=_promise_of(session), now=now)
    return True


def cancel_session(session_id: int, *, reason: str | None, by_person_id: int | None, now: datetime) -> bool:
    """Cancel a session, with a reason that everybody reads. Returns False if it was cancelled already.

    Raises:
        NotFound: there is no such session.
        Invalid: the reason is too long.
    """
    session = get_session(session_id)
    if session.status is SessionStatus.CANCELLED:
        return False
    session.status, session.cancelled_at = SessionStatus.CANCELLED, now
    session.reason, session.changed_by_id = _reason(reason), by_person_id
    _status_changed(session, now=now)
    after = {"status": SessionStatus.CANCELLED, "reason": session.reason or ""}
    journal.note(
        "cancel_session", "session", session_id, before={"status": SessionStatus.PLANNED}, after=after, now=now
    )
    return True


def restore_session(session_id: int, *, by_person_id: int | None, now: datetime) -> bool:
    """Bring a cancelled session back at its time. Returns False if it was not cancelled.

    Raises:
        NotFound: there is no such session.
    """
    session = get_session(session_id)
    if session.status is not SessionStatus.CANCELLED:
        return False
    session.status, session.cancelled_at = SessionStatus.PLANNED, None
    session.reason, session.changed_by_id = None, by_person_id
    _status_changed(session, now=now)
    before, after = {"status": SessionStatus.CANCELLED}, {"status": SessionStatus.PLANNED}
    journal.note("restore_session", "session", session_id, before=before, after=after, now=now)
    return True


def faults_of(new: NewSession) -> dict[str, str]:
    """Return what is wrong with a session as it is typed, by field; empty if nothing."""
    return text_faults(new.texts) | promise_faults(new.promise)


def text_faults(texts: SessionTexts) -> dict[str, str]:
    """Return what is wrong with the texts of a session, by field."""
    faults = {
        "title": rules.title_fault(texts.title),
        "language": session_rules.language_fault(texts.language),
        "place": session_rules.place_fault(texts.place),
        "meeting_url": session_rules.meeting_url_fault(texts.meeting_url),
    }
    return {name: words for name, words in faults.items() if words}


def promise_faults(promise: Promise) -> dict[str, str]:
    """Return what is wrong with a time, by field: also a time that clocks skip, or show twice."""
    faults = {}
    if fault := rules.date_fault(promise.starts_local):
        faults["starts_local"] = fault
    if fault := rules.length_fault(promise.duration_minutes):
        faults["duration_minutes"] = fault
    if dates.canonical_zone(promise.zone) is None:
        faults["zone"] = "Choose a time zone from the list"
    elif "starts_local" not in faults:
        try:
            dates.resolve(promise.starts_local, promise.zone, fold=promise.fold)
        except Invalid as invalid:
            faults |= invalid.fields
    return faults


def insert(activity_id: int, new: NewSession, *, now: datetime) -> ActivitySession:
    """Write a session whose fields were checked; the caller derives the period and writes the journal."""
    session = ActivitySession(
        uid=str(uuid.uuid4()),
        activity_id=activity_id,
        created_at=now,
        updated_at=now,
        **_text_values(new.texts),
    )
    _set_promise(session, new.promise)
    db.session.add(session)
    db.session.flush()
    return session


def makes_period(activity: Activity) -> bool:
    """Tell whether the period follows from the sessions: there are some, and they are all that there was."""
    return activity.records_complete and _has_sessions(activity.id)


def derive_period(activity: Activity) -> None:
    """Let the period follow from the sessions that take place; what was typed without sessions stays as it is."""
    if not makes_period(activity):
        return
    starts = db.session.scalars(
        sa.select(ActivitySession.starts_local).where(
            ActivitySession.activity_id == activity.id, ActivitySession.status == SessionStatus.PLANNED
        )
    ).all()
    activity.period_start, activity.period_end = rules.period_of([start.date() for start in starts]) or (None, None)
    if activity.open_end:
        activity.period_end = None


def touch(activity: Activity, *, now: datetime) -> None:
    """Note that an activity has changed, and have the feed exported anew."""
    activity.revision += 1
    activity.updated_at = now
    db.session.flush()
    key = f"feed:programme:{activity.id}:{activity.revision}"
    work.put("feed.export", activity.id, dedup_key=key, now=now, priority=70)


def get_session(session_id: int) -> ActivitySession:
    """Return a session's row.

    Raises:
        NotFound: there is no such session.
    """
    session = db.session.get(ActivitySession, session_id)
    if session is None:
        raise NotFound("We cannot find this session.")
    return session


def get_activity(activity_id: int) -> Activity:
    """Return an activity's row.

    Raises:
        NotFound: there is no such activity.
    """
    activity = db.session.get(Activity, activity_id)
    if activity is None:
        raise NotFound("We cannot find this activity.")
    return activity


def _set_promise(session: ActivitySession, promise: Promise) -> bool:
    """Write a checked promise and what follows from it; tell whether it is another one."""
    zone = dates.canonical_zone(promise.zone) or promise.zone
    starts_at = dates.resolve(promise.starts_local, zone, fold=promise.fold)
    values = {
        "starts_local": promise.starts_local,
        "fold": promise.fold or 0,
        "zone": zone,
        "duration_minutes": promise.duration_minutes,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=promise.duration_minutes),
        "tzdata_version": dates.tzdata_version(),
    }
    is_other = any(getattr(session, name) != value for name, value in values.items() if name != "tzdata_version")
    for name, value in values.items():
        setattr(session, name, value)
    return is_other


def _text_values(texts: SessionTexts) -> dict[str, object]:
    tidy = replace(texts, title=clean_line(texts.title), place=clean_line(texts.place))
    return {
        "title": tidy.title,
        "format": tidy.format,
        "summary": clean_prose(tidy.summary) or None,
        "language": tidy.language,
        "place": tidy.place or None,
        "meeting_url": clean_line(tidy.meeting_url) or None,
    }


def _promise_of(session: ActivitySession) -> dict[str, object]:
    return {
        "starts_local": session.starts_local,
        "zone": session.zone,
        "duration_minutes": session.duration_minutes,
    }


def _status_changed(session: ActivitySession, *, now: datetime) -> None:
    session.ical_sequence += 1
    session.schedule_revision += 1
    session.scheduled_at = now
    db.session.flush()
    derive_period(get_activity(session.activity_id))
    _changed(session, now=now)


def _changed(session: ActivitySession, *, now: datetime) -> None:
    session.revision += 1
    session.updated_at = now
    touch(get_activity(session.activity_id), now=now)


def _refuse_if_edited(session: ActivitySession, revision: int | None) -> None:
    if revision is not None and revision != session.revision:
        raise Refused("edited", "Somebody else changed this session while you were writing. Compare, and save again.")


def _has_sessions(activity_id: int) -> bool:
    found = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id).limit(1)
    return db.session.scalar(found) is not None


def _reason(reason: str | None) -> str | None:
    if fault := session_rules.reason_fault(reason or ""):
        raise Invalid({"reason": fault})
    return clean_line(reason or "") or None
