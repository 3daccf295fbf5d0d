"""Telling people what has changed: written down once when it happens, and told to each of them by the worker in batches.

News about sessions waits ten minutes, so that whoever corrects a slip, or moves five sessions, sends everybody one mail.
News about the whole activity, and about a session that is near, goes out at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_row
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.mail import service as mail
from ecwi_events.people.models import EmailAddress
from ecwi_events.registration import concerned
from ecwi_events.registration.concerned import TOLD
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_announcements import Announcement, News
from ecwi_events.registration.news import (
    ABOUT_SESSIONS,
    Seen,
    Span,
    Times,
    known_before,
    news_between,
    who_to_tell,
)
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.news import SessionChange

    Untold = sa.Row[int, News, datetime | None, datetime | None, datetime | None, datetime | None, datetime]

WORK_KIND = "registration.tell_all"
PRIORITY = 15
SETTLES = timedelta(minutes=10)
NEAR = timedelta(hours=3)
BATCH = 200


def announce_activity(
    activity_id: int, news: News, *, reason: str | None, by_person_id: int | None, now: datetime
) -> int:
    """Write down news about the whole activity; what was not told yet about it is left out. Return its id."""
    _supersede(activity_id, None, now=now)
    return _put(activity_id, news, reason=reason, by_person_id=by_person_id, due_at=now, now=now)


def announce_session(change: SessionChange, *, now: datetime) -> list[int]:
    """Write down news about one session, and return the ids: who came at another time may know it in another way.

    Empty if it is again as everybody knows it. The caller holds the locks of the counted rows.
    """
    untold = _supersede(change.activity_id, change.session_id, now=now)
    latest = concerned.latest_came_at(change.activity_id)
    # Who signed up while we waited for the locks read the clock after us.
    whom = who_to_tell([_knowledge(row) for row in untold], change, max(now, latest) if latest else now)
    return [
        _put(
            change.activity_id,
            news,
            due_at=now if _soonest(known, change.present) < now + NEAR else now + SETTLES,
            now=now,
            session_id=change.session_id,
            was_starts_at=known.times.starts_at if known.times else None,
            was_ends_at=known.times.ends_at if known.times else None,
            came_after_at=span.after,
            came_by_at=span.by,
            reason=change.reason,
            by_person_id=change.by_person_id,
        )
        for known, span in whom
        if (news := news_between(known, change.present))
    ]


def tell_some(announcement_id: int, *, now: datetime, at_most: int = BATCH) -> int:
    """Queue the mails to the next people; return how many, and ask again until it is fewer than ``at_most``.

    Each person gets one mail, however many sign-ups they have and however often this is called.
    """
    one = _begun(announcement_id, now=now)
    if one is None:
        return 0
    people = _next_people(one, at_most=at_most)
    mail.queue_all(
        [
            mail.NewMail(
                mail_kind(one.news),
                person_id=person_id,
                address=address,
                subject_id=registration_id,
                dedup_key=f"{mail_kind(one.news)}:{one.id}:{person_id}",
                revision=one.id,
            )
            for person_id, registration_id, address in people
        ],
        now=now,
    )
    one.told += len(people)
    one.told_up_to = people[-1][0] if people else one.told_up_to
    one.done_at = now if len(people) < at_most else None
    db.session.flush()
    return len(people)


def stop_telling(announcement_id: int, *, now: datetime) -> None:
    """Tell nobody else of it, because the office called the work off; what has gone out has gone out."""
    db.session.execute(
        sa.update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.done_at.is_(None), Announcement.superseded_at.is_(None))
        .values(stopped_at=now)
        .execution_options(synchronize_session=False)
    )


def tell_after_all(announcement_id: int, *, now: datetime) -> int:
    """Tell at once what the office had stopped; pressed twice, it is done once. Return the activity that it is about.

    Raises:
        NotFound: there is no such news.
        Refused: it was not stopped, or something newer was decided meanwhile.
    """
    one = db.session.scalar(
        sa.select(Announcement)
        .where(Announcement.id == announcement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if one is None:
        raise NotFound("We cannot find this news.")
    if one.stopped_at is None or one.superseded_at:
        raise Refused("not_stopped", "This news is not stopped any more. Load the page again.")
    key = f"tell_all:{announcement_id}:{one.stopped_at.isoformat()}"
    one.stopped_at = None
    db.session.flush()
    work.put(WORK_KIND, announcement_id, dedup_key=key, due_at=now, priority=PRIORITY, now=now)
    journal.note("tell_after_all", "activity", one.activity_id, after={"news": one.news}, now=now)
    return one.activity_id


def known_by(row: Announcement | Untold) -> Seen:
    """Return how those whom an announcement concerns know its session."""
    was = Times(row.was_starts_at, row.was_ends_at) if row.was_starts_at and row.was_ends_at else None
    return known_before(row.news, was)


def mail_kind(news: News) -> str:
    """Return the kind of the mails that tell of news."""
    return f"registration.{news}"


def _put(activity_id: int, news: News, *, due_at: datetime, now: datetime, **values: object) -> int:
    row = {"activity_id": activity_id, "news": news, "told": 0, "told_up_to": 0, "created_at": now, **values}
    announcement_id = insert_row(Announcement, **row)
    key = f"tell_all:{announcement_id}"
    work.put(WORK_KIND, announcement_id, dedup_key=key, due_at=due_at, priority=PRIORITY, now=now)
    return announcement_id


def _knowledge(row: Untold) -> tuple[Seen, Span]:
    return known_by(row), Span(row.came_after_at, row.came_by_at or row.created_at)


def _soonest(known: Seen, present: Seen) -> datetime:
    return min(seen.times.starts_at for seen in (known, present) if seen.times)


def _supersede(activity_id: int, session_id: int | None, *, now: datetime) -> Sequence[Untold]:
    """Lay aside what nobody was told yet: of one session, or everything about the activity; return it, the oldest first."""
    of_session = sa.true() if session_id is None else Announcement.session_id == session_id
    rows = db.session.execute(
        sa.update(Announcement)
        .where(
            Announcement.activity_id == activity_id,
            of_session,
            Announcement.begun_at.is_(None),
            Announcement.superseded_at.is_(None),
        )
        .values(superseded_at=now)
        .returning(
            Announcement.id, Announcement.news, Announcement.was_starts_at, Announcement.was_ends_at,
            Announcement.came_after_at, Announcement.came_by_at, Announcement.created_at,
        )
        .execution_options(synchronize_session="fetch")
    ).all()  # fmt: skip
    return sorted(rows, key=lambda row: row.id)


def _begun(announcement_id: int, *, now: datetime) -> Announcement | None:
    """Return the announcement under its lock, begun; None if it is laid aside, told with another, or done."""
    one = db.session.scalar(
        sa.select(Announcement)
        .where(Announcement.id == announcement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if one is None or one.superseded_at or one.stopped_at or one.done_at or one.told_with_id not in {None, one.id}:
        return None
    if one.begun_at is None:
        one.begun_at, one.told_with_id = now, one.id
        db.session.flush()
        if one.news in ABOUT_SESSIONS:
            _gather(one, now=now)
    return one


def _gather(one: Announcement, *, now: datetime) -> None:
    """Take the same news about other sessions of the activity into the same mail."""
    db.session.execute(
        sa.update(Announcement)
        .where(
            Announcement.activity_id == one.activity_id,
            Announcement.news == one.news,
            Announcement.begun_at.is_(None),
            Announcement.superseded_at.is_(None),
            Announcement.stopped_at.is_(None),
        )
        .values(begun_at=now, told_with_id=one.id, done_at=now)
        .execution_options(synchronize_session=False)
    )


def _next_people(one: Announcement, *, at_most: int) -> Sequence[tuple[int, int, str]]:
    """Return person, registration and address of the next people; who signed up after the change knows it already.

    Also of those whose account is closed: they keep their places, so they must know what becomes of them.
    """
    return [
        (row.person_id, row.registration_id, row.address)
        for row in db.session.execute(
            sa.select(
                Registration.person_id,
                sa.func.min(Registration.id).label("registration_id"),
                sa.func.min(EmailAddress.address).label("address"),
            )
            .join(EmailAddress, sa.and_(EmailAddress.person_id == Registration.person_id, EmailAddress.is_primary))
            .where(
                Registration.activity_id == one.activity_id,
                Registration.place.in_(TOLD),
                Registration.person_id > one.told_up_to,
                concerned.by_any(concerned.rows_of(one.id)),
            )
            .group_by(Registration.person_id)
            .order_by(Registration.person_id)
            .limit(at_most)
        )
    ]
