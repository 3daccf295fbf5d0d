"""Writing down that a person is to be told something, and what became of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from ecwi_events.kernel import links
from ecwi_events.kernel.db import insert_unless_there
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from datetime import datetime

WORK_KIND = "mail.send"


def queue(  # noqa: PLR0913 - the columns of a mail row, all by name
    kind: str,
    *,
    person_id: int | None,
    address: str,
    subject_id: int,
    dedup_key: str,
    now: datetime,
    session_id: int | None = None,
    revision: int | None = None,
    not_after: datetime | None = None,
    priority: int = 50,
) -> int | None:
    """Write down one message to one person, in the caller's transaction; return its id, or None if it was there before.

    Args:
        kind: what it says; the jobs door maps it to its words and to the check that it is still wanted.
        person_id: who is meant; None for an address without a person.
        address: where it goes; exactly one.
        subject_id: the id that the kind speaks about.
        dedup_key: the same key makes the same message, for ever.
        now: the door's instant.
        session_id: the session that it speaks about, if it is one.
        revision: the revision of that session's schedule; a newer one makes this message superseded.
        not_after: later than this it is of no use.
        priority: smaller goes first.
    """
    row = {
        "kind": kind, "person_id": person_id, "address": address, "subject_id": subject_id, "dedup_key": dedup_key,
        "message_id": f"<{uuid.uuid4()}@{links.host()}>", "session_id": session_id, "revision": revision,
        "not_after": not_after, "state": MailState.QUEUED, "attempts": 0, "created_at": now,
    }  # fmt: skip
    new = insert_unless_there(Mail, [row], key=["dedup_key"])
    if not new:
        return None
    # The work row has no not_after of its own: a late mail is skipped with its reason, not laid aside as dead work.
    work.put(WORK_KIND, new[0], dedup_key=f"mail:{new[0]}", now=now, priority=priority)
    return new[0]
