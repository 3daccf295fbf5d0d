"""The sessions and components of an activity, for its hosts and the office."""

from __future__ import annotations

from ecwi_events.web.sessions import (
    components,
    pages,
)

PAGES = (components, pages)
