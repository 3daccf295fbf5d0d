"""Signed-in browsers: a row each, which ends when it lies idle, grows old, or is ended by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound
from ecwi_events.people import rules
from ecwi_events.people.models_signing_in import BrowserSession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

KEPT_AFTER_ITS_END = timedelta(days=90)


@dataclass(frozen=True)
class Device:
    """A signed-in browser, as its owner sees it."""

    id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_strong: bool


def start(person_id: int, *, device: str, now: datetime) -> str:
    """Sign a browser in and return the token for its cookie."""
    browser = tokens.fresh()
    row = BrowserSession(
        person_id=person_id,
        token_hash=tokens.digest(browser),
        device=device,
        created_at=now,
        last_seen_at=now,
        fresh_at=now,
        expires_at=now + rules.SIGNED_IN_FOR,
    )
    db.session.add(row)
    db.session.flush()
    return browser


def renew(browser_id: int, *, strong: bool, now: datetime) -> str:
    """Give a browser a new token, because what it may do changes; the old cookie is dead. Return the new one.

    Args:
        browser_id: which.
        strong: the second factor was given just now.
        now: the door's instant.

    Raises:
        NotFound: the browser is not signed in any more.
    """
    browser = tokens.fresh()
    values: dict[str, object] = {"token_hash": tokens.digest(browser), "fresh_at": now, "last_seen_at": now}
    if strong:
        values |= {"strong_at": now, "rested": False}
    done = db.session.execute(_one(browser_id).values(**values))
    if done.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise NotFound("This browser is not signed in any more.")
    return browser


def weaken(person_id: int) -> None:
    """Take back, in all browsers of a person, what the second factor gave, because there is none any more."""
    db.session.execute(sa.update(BrowserSession).where(BrowserSession.person_id == person_id).values(strong_at=None))


def note_use(browser_id: int, *, now: datetime) -> None:
    """Write down that a browser is in use, and whether it was away for so long that the office pages ask again."""
    away = BrowserSession.last_seen_at <= now - rules.OFFICE_IDLE_FOR
    db.session.execute(
        _one(browser_id)
        .where(BrowserSession.last_seen_at <= now - rules.SEEN_EVERY)
        .values(last_seen_at=now, rested=sa.or_(BrowserSession.rested, away))
        .execution_options(synchronize_session=False)
    )


def sign_out(browser_token: str, *, now: datetime) -> None:
    """End the browser session for good: the cookie, replayed, finds nothing."""
    ended = db.session.scalar(
        sa.update(BrowserSession)
        .where(BrowserSession.token_hash == tokens.digest(browser_token), BrowserSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(BrowserSession.person_id)
    )
    if ended:
        journal.note("sign_out", "person", ended, now=now)


def devices_of(person_id: int, *, now: datetime) -> Sequence[Device]:
    """Return the browsers in which a person is signed in, the last used first."""
    rows = db.session.scalars(
        sa.select(BrowserSession)
        .where(
            BrowserSession.person_id == person_id,
            BrowserSession.ended_at.is_(None),
            BrowserSession.expires_at > now,
            BrowserSession.last_seen_at > now - rules.IDLE_FOR,
        )
        .order_by(BrowserSession.last_seen_at.desc(), BrowserSession.id.desc())
    )
    return [Device(r.id, r.device, r.created_at, r.last_seen_at, r.strong_at is not None) for r in rows]


def end_one(person_id: int, browser_id: int, *, now: datetime) -> None:
    """Sign one of a person's own browsers out.

    Raises:
        NotFound: it is not signed in, or it is another person's.
    """
    if _end(BrowserSession.person_id == person_id, BrowserSession.id == browser_id, now=now) == 0:
        raise NotFound("This device is not signed in any more.")
    journal.note("end_device", "person", person_id, after={"sessions_ended": 1}, now=now)


def end_others(person_id: int, *, but: int, now: datetime) -> int:
    """Sign a person out everywhere except in one browser; return how many ended."""
    ended = _end(BrowserSession.person_id == person_id, BrowserSession.id != but, now=now)
    journal.note("end_other_devices", "person", person_id, after={"sessions_ended": ended}, now=now)
    return ended


def end_all(person_id: int, *, now: datetime) -> int:
    """Sign a person out everywhere: for whoever disables, merges or erases a person. Return how many ended."""
    ended = _end(BrowserSession.person_id == person_id, now=now)
    journal.note("end_all_devices", "person", person_id, after={"sessions_ended": ended}, now=now)
    return ended


def forget_old(*, now: datetime) -> None:
    """Delete records of browsers that ended long ago."""
    db.session.execute(sa.delete(BrowserSession).where(BrowserSession.expires_at < now - KEPT_AFTER_ITS_END))


def _one(browser_id: int) -> sa.Update:
    return sa.update(BrowserSession).where(BrowserSession.id == browser_id, BrowserSession.ended_at.is_(None))


def _end(*which: sa.ColumnElement[bool], now: datetime) -> int:
    done = db.session.execute(
        sa.update(BrowserSession).where(*which, BrowserSession.ended_at.is_(None)).values(ended_at=now)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count
