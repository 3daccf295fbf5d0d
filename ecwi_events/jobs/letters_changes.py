"""Mails with news of organisers: cancelled, postponed, planned again, moved, sessions cancelled or added.

Nobody can switch them off. Which news is still the newest is asked again just before a mail goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs.letter_parts import facts_of, line
from ecwi_events.kernel import dates, links
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import telling
from ecwi_events.registration.models_announcements import News

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.telling import Story, Told


def about_change(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about a change says to one person, or why it is not wanted any more."""
    mine = registrations.find_sign_up(mail.subject_id)
    story = telling.find_story(mail.revision or 0)
    if mine is None or story is None:
        return NotWanted("erased")
    if mine.place not in telling.TOLD:
        return NotWanted("withdrawn")
    if not story.is_current:
        return NotWanted("superseded")
    changed = _changed(story, mine, now=now)
    if story.news in telling.ABOUT_SESSIONS and not changed:
        return NotWanted("late")
    calendar = invitations.for_news(mine, [told.session_id for told, _ in changed], sender, now=now)
    facts = {
        **facts_of(mine, _standing(story, mine, now=now), now=now),
        **_news(story, changed, mine, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
    }
    return Letter(mine.name, facts, thread=f"<registration-{mine.uid}@{links.host()}>", calendar=calendar)


def _changed(story: Story, mine: MySignUp, *, now: datetime) -> list[tuple[Told, SessionView]]:
    """Return the sessions of the news that still matter to a reader."""
    by_id = {session.id: session for session in mine.activity.sessions if session.ends_at > now}
    pairs = [(told, by_id[told.session_id]) for told in story.sessions if told.session_id in by_id]
    is_cancelled = story.news is News.SESSION_CANCELLED
    return [(told, session) for told, session in pairs if session.is_cancelled is is_cancelled]


def _standing(story: Story, mine: MySignUp, *, now: datetime) -> Sequence[SessionView]:
    """Return the sessions that the mail lists besides: those to come; of moved or added ones, the first of them."""
    to_come = [s for s in mine.activity.sessions if s.ends_at > now and not s.is_cancelled]
    if story.news in {News.MOVED, News.SESSIONS_ADDED}:
        return [session for _, session in _changed(story, mine, now=now)]
    return to_come


def _news(
    story: Story, changed: Sequence[tuple[Told, SessionView]], mine: MySignUp, *, now: datetime
) -> dict[str, object]:
    reasons = {told.reason for told, _ in changed}
    shared = reasons.pop() if len(reasons) == 1 else None
    return {
        "reason": shared if story.news in telling.ABOUT_SESSIONS else story.reason,
        "of": len(mine.activity.sessions),
        "changed": [
            {"line": line(session, mine, now=now), "reason": told.reason, **_was(told, session, mine, now=now)}
            for told, session in changed
        ],
    }


def _was(told: Told, session: SessionView, mine: MySignUp, *, now: datetime) -> dict[str, str]:
    """Return the old time as the reader knew it: own zone first, the host's second."""
    if told.was is None:
        return {"was": "", "was_host": ""}
    start, end = told.was.starts_at, told.was.ends_at
    return {
        "was": dates.session_times(start, end, mine.zone, now=now).line,
        "was_host": dates.other_zone(start, end, session.zone, reader=mine.zone),
    }
