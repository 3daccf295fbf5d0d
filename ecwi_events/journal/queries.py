"""Reads of the journal, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import eq, ge, lt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry, JournalKey
from ecwi_events.kernel.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from ecwi_events.journal.rules import Door


@dataclass(frozen=True)
class Entry:
    """An entry as it is shown; ``person_id`` is None when nobody is known, or nobody any more."""

    id: int
    at: datetime
    actor: str | None
    person_id: int | None
    door: Door
    act: str
    subject: str
    subject_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty fields ask nothing."""

    act: str = ""
    subject: str = ""
    subject_id: int | None = None
    person_id: int | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def search(wanted: Wanted, *, older_than: int | None = None, limit: int) -> Sequence[Entry]:
    """Return the newest entries that fit, or those that are older than an entry."""
    asked = [
        (JournalEntry.act, eq, wanted.act),
        (JournalEntry.subject, eq, wanted.subject),
        (JournalEntry.subject_id, eq, wanted.subject_id),
        (JournalKey.person_id, eq, wanted.person_id),
        (JournalEntry.actor, eq, wanted.actor),
        (JournalEntry.at, ge, wanted.since),
        (JournalEntry.at, lt, wanted.until),
        (JournalEntry.id, lt, older_than),
    ]
    return _read([compare(column, value) for column, compare, value in asked if value not in {None, ""}], limit=limit)


def find_entry(entry_id: int) -> Entry | None:
    """Return one entry, or None."""
    return next(iter(_read([JournalEntry.id == entry_id], limit=1)), None)


def history(records: Iterable[tuple[str, Collection[int]]], *, limit: int) -> Sequence[Entry]:
    """Return the newest entries about any of these records: pairs of a kind and its ids."""
    about = [
        sa.and_(JournalEntry.subject == subject, JournalEntry.subject_id.in_(list(ids)))
        for subject, ids in records
        if ids
    ]
    return _read([sa.or_(*about)], limit=limit) if about else []


def acts() -> Sequence[str]:
    """Return the acts that occur."""
    return db.session.scalars(sa.select(JournalEntry.act).distinct().order_by(JournalEntry.act)).all()


def subjects() -> Sequence[str]:
    """Return the kinds of records that occur."""
    return db.session.scalars(sa.select(JournalEntry.subject).distinct().order_by(JournalEntry.subject)).all()


def _read(conditions: Sequence[sa.ColumnElement[bool]], *, limit: int) -> Sequence[Entry]:
    rows = db.session.execute(
        sa.select(JournalEntry, JournalKey.person_id)
        .outerjoin(JournalKey, JournalKey.key == JournalEntry.actor)
        .where(*conditions)
        .order_by(JournalEntry.id.desc())
        .limit(limit)
    )
    return [
        Entry(
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            person_id=person_id,
            door=entry.door,
            act=entry.act,
            subject=entry.subject,
            subject_id=entry.subject_id,
            before=json.loads(entry.before or "{}"),
            after=json.loads(entry.after or "{}"),
        )
        for entry, person_id in rows
    ]
