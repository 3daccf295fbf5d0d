"""The yearly overview for its readers, and what is asked for it."""

from __future__ import annotations

from ecwi_events.web.overview import (
    asking,
    editions,
)

PAGES = (asking, editions)
