"""Looking after the addresses of resources: asking for a look at each, once a week, and keeping what was seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Resource
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from datetime import datetime

KIND = "resource.check_link"
EVERY = timedelta(days=7)
AT_MOST = 200
NOT_URGENT = 95


def ask(resource_id: int, url: str | None, *, now: datetime) -> None:
    """Have an address that is new looked at soon."""
    if url:
        key = f"link:{resource_id}:{now:%Y-%m-%dT%H:%M:%S.%f}"
        work.put(KIND, resource_id, dedup_key=key, now=now, priority=NOT_URGENT)


def derive_due(*, now: datetime) -> int:
    """Ask for a look at addresses that nobody has looked at for a week; return how many rows were looked through."""
    due = db.session.scalars(
        sa.select(Resource.id)
        .where(
            Resource.url.is_not(None),
            sa.or_(Resource.checked_at.is_(None), Resource.checked_at <= now - EVERY),
        )
        .order_by(Resource.checked_at.is_not(None), Resource.checked_at, Resource.id)
        .limit(AT_MOST)
    ).all()
    for resource_id in due:
        key = f"link:{resource_id}:{now:%G-W%V}"
        work.put(KIND, resource_id, dedup_key=key, now=now, priority=NOT_URGENT)
    return len(due)


def url_of(resource_id: int) -> str | None:
    """Return the address to look at, or None if there is none any more."""
    return db.session.scalar(sa.select(Resource.url).where(Resource.id == resource_id))


def note_answer(resource_id: int, url: str, *, answers: bool, result: str, now: datetime) -> bool:
    """Keep what was seen, unless the address has changed meanwhile; return whether it was kept.

    Since when an address is silent stays with the first look that found it so.
    """
    silent_since = (
        None if answers else sa.func.coalesce(Resource.silent_since, sa.literal(now, Resource.silent_since.type))
    )
    changed = db.session.execute(
        sa.update(Resource)
        .where(Resource.id == resource_id, Resource.url == url)
        .values(checked_at=now, check_result=result[:100], silent_since=silent_since)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]  # an UPDATE has a row count
