"""What is on: the public programme, an activity, the library, calendars."""

from __future__ import annotations

from ecwi_events.web.programme import (
    activities,
    calendars,
    library,
    seeing,
)

PAGES = (activities, calendars, library, seeing)
