"""Remembering activities while many mails about them are written one after the other.

A batch of reminders asks for the same activity again and again. Inside `activities`, what was read once is used again
as long as a single question finds the activity and all its sessions unchanged: state, times, places, texts. Only the
names of organisations and the outcomes are not looked at again; a batch lasts a moment, and the next one reads them anew.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from ecwi_events.kernel.db import run
from ecwi_events.programme.models import Activity, ActivitySession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Print = tuple[tuple[Any, ...], ...]

Page = TypeVar("Page")
_A = sa.inspect(Activity).local_table
_S = sa.inspect(ActivitySession).local_table
# Plain text of the columns: they are compared, never looked at, so no type needs to convert them.
_PRINT = (
    sa.select(
        *(
            sa.type_coerce(column, sa.String)
            for column in (
                _A.c.revision, _A.c.text_revision, _A.c.updated_at, _A.c.status, _A.c.visibility, _A.c.title, _A.c.slug,
                _S.c.id, _S.c.revision, _S.c.schedule_revision, _S.c.updated_at, _S.c.status, _S.c.title, _S.c.starts_at,
                _S.c.ends_at, _S.c.zone, _S.c.meeting_url, _S.c.place, _S.c.reason,
            )
        )
    )
    .select_from(_A.outerjoin(_S, _S.c.activity_id == _A.c.id))
    .where(_A.c.id == sa.bindparam("activity"))
    .order_by(_S.c.id)
)  # fmt: skip
_remembered: ContextVar[dict[int, tuple[Print, Any]] | None] = ContextVar("remembered", default=None)


@contextmanager
def activities() -> Iterator[None]:
    """Remember the activities that are found in this block, and forget them at its end."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def again(activity_id: int, read: Callable[[int], Page | None]) -> Page | None:
    """Return an activity: as remembered if it is unchanged, else read; outside of `activities` always read."""
    known = _remembered.get()
    if known is None:
        return read(activity_id)
    found = tuple(map(tuple, run(_PRINT, {"activity": activity_id})))
    before = known.get(activity_id)
    if before and before[0] == found:
        return before[1]  # type: ignore[no-any-return]  # what this very reader gave
    page = read(activity_id)
    if page:
        known[activity_id] = (found, page)
    return page
