"""Exporting feeds, and the calendar objects that people download or get by mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.calendars import events, queries
from ecwi_events.calendars.events import Entry, FeedFacts
from ecwi_events.calendars.models import StoredFeed
from ecwi_events.kernel import dates, links, product
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import ActivityKind, ActivityStatus, Format, SessionStatus
from ecwi_events.programme.session_rules import has_meeting, shown_place
from ecwi_events.registration import joining
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecwi_events.programme.models import Activity, ActivitySession
    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.programme.rules import Viewer
    from ecwi_events.registration.queries import MySignUp

PROGRAMME = "programme"
PROGRAMME_PATH = "/feeds/programme.ics"
EXPORT = "feed.export"
BEFORE_ALL_CHANGES = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: dict[str, str] = {ActivityKind.PLA: "Peer Learning Activity", ActivityKind.WEBINAR: "Webinar"}
ONLINE = "Online"
_ONLINE: tuple[str, ...] = (Format.ONLINE_SESSION, Format.WEBINAR, Format.HYBRID_SESSION)


@dataclass(frozen=True)
class FeedBytes:
    """A feed, ready to be sent, with what HTTP needs to know about it."""

    body: bytes
    etag: str
    last_modified: datetime


def export_programme_feed(*, now: datetime) -> bool:
    """Write the programme's feed anew; return False if nothing in it has changed."""
    blank = {"name": PROGRAMME, "body": b"", "etag": "", "last_modified": now, "exported_at": now}
    insert_unless_there(StoredFeed, [blank], key=["name"])
    # Lock first, read after: of two exports at once the later one has the later facts.
    stored = db.session.execute(
        sa.select(StoredFeed).where(StoredFeed.name == PROGRAMME).with_for_update()
    ).scalar_one()
    fresh = build_programme_feed(now=now)
    stored.exported_at = now
    changed = stored.etag != fresh.etag
    if changed:
        stored.body, stored.etag, stored.last_modified = fresh.body, fresh.etag, fresh.last_modified
    db.session.flush()
    return changed


def export_daily(*, now: datetime) -> bool:
    """Ask for one export a day, because old sessions leave the feed by time alone; return False if it was asked."""
    return work.put(EXPORT, 0, dedup_key=f"feed:programme:{now:%Y-%m-%d}", now=now, priority=70)


def programme_feed(*, now: datetime) -> FeedBytes:
    """Return the programme's feed as last exported; before the first export, build it without storing it."""
    stored = queries.find_stored_feed(PROGRAMME)
    if stored is None or not stored.etag:
        return build_programme_feed(now=now)
    return FeedBytes(stored.body, stored.etag, stored.last_modified)


def build_programme_feed(*, now: datetime) -> FeedBytes:
    """Build the programme's feed from the present facts."""
    sessions = queries.programme_sessions(now=now)
    entries = [_public_entry(_mapped(session)) for session in sessions]
    facts = FeedFacts(
        name=product.NAME,
        description="Webinars and peer learning activities of ISSA and the Early Childhood Workforce Initiative.",
        address=links.absolute(PROGRAMME_PATH),
        page=links.absolute("/"),
    )
    body = events.feed(facts, entries)
    latest = max((entry.updated_at for entry in entries), default=BEFORE_ALL_CHANGES)
    return FeedBytes(body, hashlib.sha256(body).hexdigest()[:32], latest)


def activity_file(slug: str, viewer: Callable[[], Viewer] = programme.stranger) -> bytes | None:
    """Return all sessions of an activity for "add to calendar", or None if there is none that this viewer may see."""
    page = programme.find_activity_page(slug, viewer)
    return events.download([_public_entry(_viewed(view, page)) for view in page.sessions]) if page else None


def personal_file(mine: MySignUp) -> bytes | None:
    """Return a person's sessions of an activity for "add to calendar", their own link in each; None before a place.

    After a withdrawal the same sessions are cancelled ones, so that opening the file again clears them.
    """
    had = [one for one in registrations.all_of(mine) if one.confirmed_at]
    return events.download(entries_of(had)) if had else None


def entries_of(chosen: Sequence[MySignUp]) -> list[Entry]:
    """Return the sessions of several sign-ups of one person for one activity, as far as they had a place, by time."""
    found = [entry for one in chosen if one.confirmed_at for entry in personal_entries(one)]
    return sorted(found, key=lambda entry: (entry.starts_at, entry.uid))


def personal_entries(mine: MySignUp) -> list[Entry]:
    """Return the sessions of a person's place; after a withdrawal those they would have come to, as cancelled ones."""
    since = mine.withdrawn_at or mine.confirmed_at or mine.created_at
    page = mine.activity
    return [_personal_entry(_viewed(view, page), mine) for view in mine.sessions if view.ends_at > since]


@dataclass(frozen=True)
class _Session:
    """What an entry says about a session, wherever it was read."""

    uid: str
    title: str
    slug: str
    kind: str
    format: str
    joins: bool
    place: str | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    sequence: int
    is_cancelled: bool
    is_postponed: bool
    created_at: datetime
    updated_at: datetime


def _mapped(session: ActivitySession) -> _Session:
    activity = session.activity
    return _session(session, activity, is_cancelled=session.status is SessionStatus.CANCELLED)


def _viewed(view: SessionView, page: ActivityPage) -> _Session:
    return _session(view, page, is_cancelled=view.is_cancelled)


def _session(
    session: ActivitySession | SessionView, activity: Activity | ActivityPage, *, is_cancelled: bool
) -> _Session:
    named_alike = session.title == activity.title
    return _Session(
        uid=session.uid,
        title=activity.title if named_alike else f"{activity.title}: {session.title}",
        slug=activity.slug,
        kind=activity.kind,
        format=session.format,
        joins=has_meeting(session.format, session.meeting_url),
        place=shown_place(session.place),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        sequence=session.ical_sequence,
        is_cancelled=is_cancelled or activity.status == ActivityStatus.CANCELLED,
        is_postponed=activity.status == ActivityStatus.POSTPONED,
        created_at=session.created_at,
        updated_at=max(session.updated_at, activity.updated_at),
    )


def _public_entry(session: _Session) -> Entry:
    """Return a session as anybody may see it: no people, no joining link."""
    page = links.absolute(f"/a/{session.slug}")
    return _entry(session, reader=session.zone, notes=f"About this activity and sign-up: {page}")


def _personal_entry(session: _Session, mine: MySignUp) -> Entry:
    has_place = mine.place is Place.CONFIRMED
    page = links.absolute(f"/m/{mine.token}")
    join = links.absolute(f"/j/{joining.token_of(mine.registration_id, mine.uid, mine.link_version)}")
    way = f"Join: {join}\n" if session.joins else ""
    notes = (
        f"{way}Your page: {page}\nYour plans changed? Withdraw (give up your place) there."
        if has_place
        else "You no longer have a place in this activity."
    )
    moments = (session.updated_at, mine.created_at, mine.confirmed_at, mine.withdrawn_at)
    entry = _entry(session, reader=mine.zone, notes=notes)
    return replace(
        entry,
        # Most programs make an address in it a link; who comes to a real place needs its name there.
        place=join if has_place and entry.place == ONLINE else entry.place,
        # Each change of the place or of the session makes the sum larger, so no calendar takes the news for stale.
        sequence=session.sequence + mine.revision - 1,
        is_cancelled=session.is_cancelled or session.is_postponed or not has_place,
        is_private=True,
        updated_at=max(moment for moment in moments if moment is not None),
    )


def _entry(session: _Session, *, reader: str, notes: str) -> Entry:
    return Entry(
        uid=f"session-{session.uid}@{links.host()}",
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        sequence=session.sequence,
        is_cancelled=session.is_cancelled,
        is_postponed=session.is_postponed,
        description=f"{dates.full_times(session.starts_at, session.ends_at, reader)}\n\n{notes}",
        place=session.place or (ONLINE if session.format in _ONLINE else None),
        url=links.absolute(f"/a/{session.slug}"),
        category=_KINDS[session.kind],
        created_at=session.created_at,
        updated_at=session.updated_at,
    )
