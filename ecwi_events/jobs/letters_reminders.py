"""Reminders: to those who have a place, before a session and after it, and to the host people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.attendance import queries as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.feedback import service as feedback
from ecwi_events.jobs.letter_parts import facts_of, joins, line, line_in, page_of
from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.programme import published
from ecwi_events.programme.rules import takes_place
from ecwi_events.programme.session_rules import has_meeting, where
from ecwi_events.registration import joining
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place
from ecwi_events.reminders import queries, rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.registration.queries import MySignUp

BEFORE = ("reminder.week_before", "reminder.day_before", "reminder.hour_before", "reminder.starting", "reminder.own")
JOINS_WITHIN = timedelta(hours=2)  # so near the start a reminder carries the joining link


def before(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the reminder of one session, in the words of the time that is really left."""
    found = _found(mail.subject_id, mail.session_id)
    if found is None:
        return NotWanted("erased")
    mine, session = found
    if reason := _unwanted(mine, session, mail.revision or 0):
        return NotWanted(reason)
    return _letter(mine, session, sender, now=now, join=_join_if_near(mine, session, now=now))


def after(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the thanks after a session, with the way to what is left of it."""
    found = _found(mail.subject_id, mail.session_id)
    if found is None:
        return NotWanted("erased")
    mine, session = found
    if reason := _unwanted(mine, session, mail.revision or 0, is_over=True):
        return NotWanted(reason)
    letter = _letter(mine, session, sender, now=now, join=links.absolute(f"/j/{_join(mine)}"))
    there = {
        "published": _published(mine, [session.id], now=now),
        "feedback": links.absolute(f"/f/{feedback.token_of(mine, session.id)}"),
        "was_there": attendance.verdict_of(mine.person_id, session.id) in {Verdict.PRESENT, Verdict.BRIEF},
    }
    return replace(letter, facts={**letter.facts, **there})


def recording(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what participants can open since one session or several, if there still is something."""
    told, reasons = _told(mail, is_over=True, also_for_absent=True)
    if reason := rules.first_reason(reasons):
        return NotWanted(reason)
    (mine, session), *_ = told
    there = _published(mine, [one.id for _, one in told], now=now)
    if not there:
        return NotWanted("taken_back")
    letter = _letter(mine, session, sender, now=now, join=links.absolute(f"/j/{_join(mine)}"))
    return replace(letter, facts={**letter.facts, "published": there, "of": len(told)})


def digest(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the reminder of several sessions; those that are no longer wanted are left out."""
    told, reasons = _told(mail)
    if reason := rules.first_reason(reasons):
        return NotWanted(reason)
    (mine, first), *_ = told
    entries = [
        {
            "activity": one.activity,
            "page": page_of(one),
            "link": links.absolute(f"/m/{one.token}"),
            "session": line(session, one, now=now),
        }
        for one, session in told
    ]
    facts = {**facts_of(mine, [first], now=now), "sender": sender, "entries": entries}
    facts["joins"] = joins([session for _, session in told])
    return Letter(mine.name, {**facts, "left": dates.time_left(first.starts_at, now=now, zone=mine.zone)})


def for_host(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a host person needs before a session: how many come, and the way to the pages. Names stay on the pages."""
    roster = attendance.find_roster(mail.session_id or 0)
    host = queries.find_host_person(mail.person_id or 0)
    if roster is None or host is None:
        return NotWanted("erased")
    session, activity = roster.session, roster.activity
    if not takes_place(activity.status) or session.is_cancelled:
        return NotWanted("cancelled")
    if session.schedule_revision != mail.revision:
        return NotWanted("superseded")
    name, zone = host[0], host[1] or session.zone
    facts = {
        "greeting": mail_rules.greeting(name),
        "activity": activity,
        "session": session,
        "page": links.absolute(f"/a/{activity.slug}"),
        "attendance": links.absolute(f"/host/sessions/{session.id}/attendance"),
        "meeting": session.meeting_url or "",
        "joins": has_meeting(session.format, session.meeting_url),
        "where": where(session.format, session.place, session.meeting_url),
        "times": dates.session_times(session.starts_at, session.ends_at, zone, now=now).line,
        "left": dates.time_left(session.starts_at, now=now, zone=zone),
        "starts": dates.moment(session.starts_at, zone, now=now),
        "places": sum(1 for row in roster.rows if not row.is_visitor),
        "waiting": queries.waiting_for(activity.id, session.id),
        "sender": sender,
    }
    return Letter(name, facts)


def _found(registration_id: int, session_id: int | None) -> tuple[MySignUp, SessionView] | None:
    mine = registrations.find_sign_up(registration_id)
    session = next((s for s in mine.sessions if s.id == session_id), None) if mine else None
    return (mine, session) if mine and session else None


def _told(
    mail: Outgoing, *, is_over: bool = False, also_for_absent: bool = False
) -> tuple[list[tuple[MySignUp, SessionView]], list[str | None]]:
    """Return of what a mail still speaks, by time, and for each of its sessions why it does not."""
    told, reasons = [], []
    for registration_id, session_id, revision in queries.told_by(mail.speaks_for):
        found = _found(registration_id, session_id)
        reason = _unwanted(*found, revision, is_over=is_over) if found else "erased"
        reasons.append(None if also_for_absent and reason == "absent" else reason)
        if found and reasons[-1] is None:
            told.append(found)
    if not reasons:
        reasons.append("erased")  # nobody knows any more of what it speaks
    return sorted(told, key=lambda pair: pair[1].starts_at), reasons


def _published(mine: MySignUp, session_ids: Sequence[int], *, now: datetime) -> list[dict[str, object]]:
    """Return what participants can open since these sessions, each thing once."""
    news = published.after_sessions(now=now, activity_id=mine.activity.id)
    found = [one for session_id in session_ids for one in news.get(session_id, []) if one.at <= now]
    return [{"title": one.title, "is_recording": one.is_recording} for one in found]


def _unwanted(mine: MySignUp, session: SessionView, revision: int, *, is_over: bool = False) -> str | None:
    if mine.account_closed_at:
        return "closed"
    status = mine.activity.status
    facts = rules.Wanted(
        has_place=mine.place is Place.CONFIRMED,
        session_takes_place=(takes_place(status) or (is_over and status == "completed")) and not session.is_cancelled,
        is_current=session.schedule_revision == revision,
        was_away=is_over and attendance.verdict_of(mine.person_id, session.id) in {Verdict.ABSENT, Verdict.EXCUSED},
    )
    return rules.unwanted(facts)


def _letter(mine: MySignUp, session: SessionView, sender: Sender, *, now: datetime, join: str) -> Letter:
    facts = {**shared_facts(session, mine.activity, mine.zone, sender, now=now), **_own_facts(mine), "join": join}
    return Letter(mine.name, facts, thread=thread_of(mine))


def session_of(mine: MySignUp, mail: Outgoing) -> SessionView | None:
    """Return the session before which a mail reminds, if it is still wanted as far as was read."""
    session = next((s for s in mine.sessions if s.id == mail.session_id), None)
    return None if session is None or _unwanted(mine, session, mail.revision or 0) else session


def shared_facts(
    session: SessionView, activity: ActivityPage, zone: str, sender: Sender, *, now: datetime
) -> dict[str, object]:
    """Return what the mails about a session say to everybody in a zone."""
    return {
        "activity": activity,
        "page": links.absolute(f"/a/{activity.slug}"),
        "sender": sender,
        "session": line_in(zone, session, activity, now=now),
        "starts": dates.moment(session.starts_at, zone, now=now),
        "left": dates.time_left(session.starts_at, now=now, zone=zone),
        "of": len(activity.sessions),
        "join": "",
    }


def own_facts_before(mine: MySignUp, session: SessionView, *, now: datetime) -> dict[str, str]:
    """Return what a reminder says to this reader alone: words that are printed as they are, none of them empty."""
    join = _join_if_near(mine, session, now=now)
    return {**_own_facts(mine), "join": join} if join else _own_facts(mine)


def thread_of(mine: MySignUp) -> str:
    """Return the thread in which mail programs show the mails about a sign-up."""
    return f"<registration-{mine.uid}@{links.host()}>"


def _own_facts(mine: MySignUp) -> dict[str, str]:
    facts = {"greeting": mail_rules.greeting(mine.name), "link": links.absolute(f"/m/{mine.token}")}
    return facts if mine.activity.visibility == "public" else {**facts, "page": page_of(mine)}


def _join_if_near(mine: MySignUp, session: SessionView, *, now: datetime) -> str:
    is_near = session.starts_at - now <= JOINS_WITHIN
    return links.absolute(f"/j/{_join(mine)}") if is_near and has_meeting(session.format, session.meeting_url) else ""


def _join(mine: MySignUp) -> str:
    return joining.token_of(mine.registration_id, mine.uid, mine.link_version)
