"""What an activity lacks before everybody sees it, each with the page where it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.programme import record_rules, rules, whole
from ecwi_events.programme.record_rules import Lack
from ecwi_events.web import hosting

if TYPE_CHECKING:
    from collections.abc import Sequence

_MENDED_AT = {
    Lack.TITLE: "/office/activities/{id}/edit#title",
    Lack.HOST: "/office/activities/{id}/edit#host_id",
    Lack.SESSIONS: "/host/activities/{id}/sessions",
    Lack.THEME: "/office/activities/{id}/edit#theme",
    Lack.SUMMARY: "/office/activities/{id}/edit#summary",
}


@dataclass(frozen=True)
class Missing:
    """One thing to do; ``path`` is empty for readers who cannot do it, ``is_needed`` says that it must be done first."""

    words: str
    path: str
    is_needed: bool


def before_publishing(activity_id: int, status: str) -> Sequence[Missing]:
    """Return what to do before an activity is published; nothing if everybody sees it already."""
    if rules.is_public(status):
        return []
    runs_office = hosting.who_asks().runs_office
    return [
        Missing(
            words=record_rules.TO_DO[lack],
            path=path.format(id=activity_id) if runs_office or path.startswith("/host/") else "",
            is_needed=lack in record_rules.BEFORE_PUBLISHING,
        )
        for lack in record_rules.missing_in_record(whole.record_facts(activity_id))
        for path in (_MENDED_AT[lack],)
    ]
