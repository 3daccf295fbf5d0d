"""Links that put one session into a calendar on the web; they carry no personal link."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ecwi_events.kernel import links

if TYPE_CHECKING:
    from ecwi_events.programme.queries import ActivityPage, SessionView

GOOGLE = "https://calendar.google.com/calendar/render"


def google(session: SessionView, activity: ActivityPage) -> str:
    """Return the address that puts a session into a Google calendar."""
    span = f"{session.starts_at:%Y%m%dT%H%M%SZ}/{session.ends_at:%Y%m%dT%H%M%SZ}"
    name = activity.title if session.title == activity.title else f"{activity.title}: {session.title}"
    page = links.absolute(f"/a/{activity.slug}")
    return f"{GOOGLE}?{urlencode({'action': 'TEMPLATE', 'text': name, 'dates': span, 'details': page})}"
