"""What a mail about a change says to one person, measured from what this person was told: asked just before it goes out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.registration import concerned
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_announcements import Announcement
from ecwi_events.registration.news import ABOUT_SESSIONS, Seen, Story, Told
from ecwi_events.registration.telling import SETTLES, known_by, mail_kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NEVER_LEFT = (MailState.QUEUED, MailState.RETRY, MailState.FAILED, MailState.SKIPPED)
AT_LONGEST = timedelta(hours=1)  # to wait for news that does not come: its work may have been given up
A_MOMENT = timedelta(minutes=1)


def find_story(announcement_id: int, person_id: int, *, now: datetime) -> Story | None:
    """Return what is to be told to a person, as it stands now, or None if there is no such announcement."""
    rows = concerned.rows_of(announcement_id)
    lead = next((row for row in rows if row.id == announcement_id), None)
    if lead is None:
        return None
    mine = concerned.concerning(person_id, rows) if len(rows) > 1 else {lead.id}
    newer = _newer_than(lead, now=now)
    newer_for_them = _about(newer, concerned.concerning(person_id, [row for row in newer if row.begun_at]))
    standing = [row for row in rows if row.id in mine and row.session_id not in newer_for_them]
    unheard = _unheard(lead, person_id)
    told = {  # who belongs to two rows of a session knows it as the later one says
        row.session_id: Told(row.session_id, unheard.get(row.session_id, known_by(row)), row.reason)
        for row in sorted(standing, key=lambda row: (row.came_by_at or row.created_at, row.id))
        if row.session_id is not None
    }
    waits_for = [row.created_at for row in newer if row.begun_at is None and row.session_id in told]
    return Story(
        lead.news,
        lead.reason,
        tuple(told.values()),
        is_current=None not in newer_for_them and bool(standing),
        waits_until=max(*waits_for, now - SETTLES) + SETTLES + A_MOMENT if waits_for else None,
    )


def _about(rows: Sequence[Announcement], ids: set[int]) -> set[int | None]:
    """Return the sessions that some announcements are about; None stands for the activity as a whole."""
    return {row.session_id for row in rows if row.id in ids or row.session_id is None}


def _newer_than(lead: Announcement, *, now: datetime) -> Sequence[Announcement]:
    """Return what is newer and still holds, whether it is being told or will be."""
    is_coming = sa.and_(Announcement.stopped_at.is_(None), Announcement.created_at > now - AT_LONGEST)
    return db.session.scalars(
        sa.select(Announcement)
        .where(
            Announcement.activity_id == lead.activity_id,
            Announcement.id > lead.id,
            Announcement.superseded_at.is_(None),
            sa.or_(Announcement.told_with_id.is_(None), Announcement.told_with_id != lead.id),
            sa.or_(Announcement.session_id.is_(None), Announcement.begun_at.is_not(None), is_coming),
        )
        .order_by(Announcement.id)
    ).all()


def _unheard(lead: Announcement, person_id: int) -> dict[int | None, Seen]:
    """Return how a person still knows sessions, because the mails about changes before this one never left."""
    leads = sa.func.coalesce(Announcement.told_with_id, Announcement.id)
    rows = db.session.execute(
        sa.select(Announcement, Mail.state)
        .join(Mail, sa.and_(Mail.revision == leads, Mail.kind.in_([mail_kind(news) for news in ABOUT_SESSIONS])))
        .where(
            Announcement.activity_id == lead.activity_id,
            Announcement.id < lead.id,
            Announcement.begun_at.is_not(None),
            sa.or_(Announcement.told_with_id.is_(None), Announcement.told_with_id != lead.id),
            Mail.person_id == person_id,
        )
        .order_by(Announcement.id.desc())
    ).all()
    if not any(state in NEVER_LEFT for _, state in rows):
        return {}
    theirs = concerned.concerning(person_id, [row for row, _ in rows])
    heard_at = _heard_at(lead.activity_id, person_id)
    found: dict[int | None, Seen] = {}
    heard: set[int | None] = set()
    for row, state in rows:
        if state not in NEVER_LEFT or (heard_at and heard_at >= row.created_at):
            heard.add(row.session_id)
        elif row.session_id not in heard and row.id in theirs:
            found[row.session_id] = known_by(row)
    return found


def _heard_at(activity_id: int, person_id: int) -> datetime | None:
    """Return when the last mail left that told a person the times of all that they signed up for."""
    sign_ups = sa.select(Registration.id).where(
        Registration.activity_id == activity_id, Registration.person_id == person_id
    )
    return db.session.scalar(
        sa.select(sa.func.max(Mail.sent_at)).where(
            Mail.person_id == person_id,
            concerned.SAYS_TIMES,
            Mail.kind.not_in([mail_kind(news) for news in ABOUT_SESSIONS]),
            Mail.subject_id.in_(sign_ups),
        )
    )
