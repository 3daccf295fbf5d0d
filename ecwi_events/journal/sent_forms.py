"""Forms that do something once, however often they are sent: a double click, or a browser that sends a form again."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal.models_forms import FormOnce
from ecwi_events.kernel.db import db, insert_unless_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

KEEP = timedelta(days=7)
AT_MOST = 1_000


def is_first(parts: Sequence[str], *, now: datetime) -> bool:
    """Tell whether a form comes for the first time, and keep in the caller's transaction that it came.

    Whoever comes a moment later waits until this transaction ends: if it is taken back, the form did not come.

    Args:
        parts: what tells this form from all others: its address, its sender, its random word, and what it says.
        now: the door's instant.
    """
    digest = hashlib.sha256("\0".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()
    return bool(insert_unless_there(FormOnce, [{"digest": digest, "sent_at": now}], key=["digest"]))


def forget_old(*, now: datetime) -> int:
    """Forget forms that were sent long ago; return how many."""
    old = sa.select(FormOnce.id).where(FormOnce.sent_at < now - KEEP).limit(AT_MOST)
    gone = db.session.execute(
        sa.delete(FormOnce).where(FormOnce.id.in_(old.scalar_subquery())).execution_options(synchronize_session=False)
    )
    return gone.rowcount  # type: ignore[attr-defined,no-any-return]  # a DELETE has a row count
