"""Writing in the journal, and forgetting whose name a pseudonym was."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import acting, rules
from ecwi_events.journal.models import JournalEntry, JournalKey
from ecwi_events.kernel.db import db, insert_row, insert_unless_there

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def note(
    act: str,
    subject: str,
    subject_id: int,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    now: datetime,
) -> int | None:
    """Write that an act happened, in the caller's transaction; return the entry's id, or None if nothing was to write.

    Who acts and through which door comes from `ecwi_events.journal.acting`. Only fields of the closed list
    `rules.CLEAR` are written with their values; of all others only that they changed. Given both before and after, only
    the fields that differ are written, and nothing at all if none does.

    Args:
        act: the imperative, as the function is called: ``move_to_status``.
        subject: the kind of record: ``activity``, ``session``, ``registration``, ``person``, ``organisation`` …
        subject_id: its id.
        before: fields as they were.
        after: fields as they are now.
        now: the door's instant.
    """
    was, is_now = rules.changed_fields(subject, before, after)
    if before is not None and after is not None and not was and not is_now:
        return None
    who = acting.present()
    return insert_row(
        JournalEntry,
        at=now,
        actor=key_of(who.person_id),
        door=who.door,
        act=act,
        subject=subject,
        subject_id=subject_id,
        before=rules.canonical(was),
        after=rules.canonical(is_now),
    )


def key_of(person_id: int | None) -> str | None:
    """Return a person's pseudonym, made at the first need; None for nobody."""
    if person_id is None:
        return None
    if key := _find_key(person_id):
        return key
    insert_unless_there(JournalKey, [{"person_id": person_id, "key": secrets.token_hex(16)}], key=["person_id"])
    return _find_key(person_id)


def forget(person_id: int) -> None:
    """Cut the thread between a person and the pseudonym: part of erasing the person. The entries stay."""
    db.session.execute(sa.delete(JournalKey).where(JournalKey.person_id == person_id))


def _find_key(person_id: int) -> str | None:
    return db.session.scalar(sa.select(JournalKey.key).where(JournalKey.person_id == person_id))
