"""Mails with news of organisers: cancelled, postponed, planned again, moved, sessions cancelled, added or brought back.

Nobody can switch them off. Which news is still the newest is asked again just before a mail goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.calendars import invitations
from ecwi_events.jobs.letter_parts import facts_of, line
from ecwi_events.jobs.trying import PutOff
from ecwi_events.kernel import dates, links
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import stories
from ecwi_events.registration.concerned import TOLD
from ecwi_events.registration.models import Place
from ecwi_events.registration.models_announcements import News
from ecwi_events.registration.news import ABOUT_SESSIONS, Seen, Times, news_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import CalendarFile, Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import SessionView
    from ecwi_events.registration.news import Story, Told
    from ecwi_events.registration.queries import MySignUp


@dataclass(frozen=True)
class Reader:
    """One person, with everything that they hold in the activity: one sign-up for all of it, or one for each session."""

    lead: MySignUp  # the one that the mail speaks about
    held: Sequence[MySignUp]

    @property
    def sessions(self) -> list[SessionView]:
        """The sessions that they come to or wait for, by time."""
        theirs = {session.id for one in self.held for session in one.sessions}
        return [session for session in self.lead.activity.sessions if session.id in theirs]


def about_change(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a mail about a change says to one person, or why it is not wanted any more."""
    mine = registrations.find_sign_up(mail.subject_id)
    story = stories.find_story(mail.revision or 0, mine.person_id, now=now) if mine else None
    if mine is None or story is None:
        return NotWanted("erased")
    reader = _reader(mine, story)
    if reader is None:
        return NotWanted("withdrawn")
    if not story.is_current:
        return NotWanted("superseded")
    if story.waits_until is not None:
        raise PutOff(story.waits_until, "something newer has happened, and may be taken back")
    changed = _changed(story, reader, now=now)
    if story.news in ABOUT_SESSIONS and not changed:
        return NotWanted("superseded" if any(session.ends_at > now for session in reader.sessions) else "late")
    calendar = _calendar(reader, [session.id for _, session in changed], sender, now=now)
    facts = {
        **facts_of(reader.lead, _listed(story, changed, reader, now=now), now=now),
        **_news(story, changed, reader, now=now),
        "sender": sender,
        "file": calendar.name if calendar else "",
    }
    thread = f"<registration-{reader.lead.uid}@{links.host()}>"
    return Letter(mine.name, facts, thread=thread, calendar=calendar)


def _reader(mine: MySignUp, story: Story) -> Reader | None:
    """Return the reader, unless they have given up everything that the news is about."""
    about = {told.session_id for told in story.sessions}
    held = [one for one in registrations.all_of(mine) if one.place in TOLD]
    concerned = [one for one in held if not about or about & {session.id for session in one.sessions}]
    if not concerned:
        return None
    return Reader(next((one for one in concerned if one.place is Place.CONFIRMED), concerned[0]), held)


def _changed(story: Story, reader: Reader, *, now: datetime) -> list[tuple[Told, SessionView]]:
    """Return the sessions of the news that still matter to a reader."""
    by_id = {session.id: session for session in reader.sessions if session.ends_at > now}
    pairs = [(told, by_id[told.session_id]) for told in story.sessions if told.session_id in by_id]
    is_cancelled = story.news is News.SESSION_CANCELLED
    return [
        (told, session)
        for told, session in pairs
        if session.is_cancelled is is_cancelled and news_between(told.known, _seen(session))
    ]


def _seen(session: SessionView) -> Seen:
    return Seen(Times(session.starts_at, session.ends_at), is_cancelled=session.is_cancelled)


def _listed(
    story: Story, changed: Sequence[tuple[Told, SessionView]], reader: Reader, *, now: datetime
) -> Sequence[SessionView]:
    """Return the sessions that the mail lists: those to come; of moved or added ones, just those."""
    if story.news in {News.MOVED, News.SESSIONS_ADDED, News.SESSION_RESTORED}:
        return [session for _, session in changed]
    return [session for session in reader.sessions if session.ends_at > now and not session.is_cancelled]


def _calendar(reader: Reader, changed: Sequence[int], sender: Sender, *, now: datetime) -> CalendarFile | None:
    if len(changed) == 1 or len(reader.held) == 1:
        return invitations.for_news(reader.lead, changed, sender, now=now)
    return invitations.for_sign_ups(reader.held)


def _news(
    story: Story, changed: Sequence[tuple[Told, SessionView]], reader: Reader, *, now: datetime
) -> dict[str, object]:
    reasons = {told.reason for told, _ in changed}
    shared = reasons.pop() if len(reasons) == 1 else None
    mine = reader.lead
    return {
        "reason": shared if story.news in ABOUT_SESSIONS else story.reason,
        "of": len(reader.sessions),
        "deadline": dates.moment(mine.offer_expires_at, mine.zone, now=now) if mine.offer_expires_at else "",
        "changed": [
            {"line": line(session, mine, now=now), "reason": told.reason, **_was(told, session, mine, now=now)}
            for told, session in changed
        ],
    }


def _was(told: Told, session: SessionView, mine: MySignUp, *, now: datetime) -> dict[str, str]:
    """Return the old time as the reader knew it: own zone first, the host's second."""
    known = told.known.times
    if known is None or known == _seen(session).times:
        return {"was": "", "was_host": ""}
    start, end = known.starts_at, known.ends_at
    return {
        "was": dates.session_times(start, end, mine.zone, now=now).line,
        "was_host": dates.other_zone(start, end, session.zone, reader=mine.zone),
    }
