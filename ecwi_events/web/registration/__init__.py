"""Signing up, and everything behind a personal link."""

from __future__ import annotations

from ecwi_events.web.registration import (
    feedback,
    groups,
    joining,
    personal,
    proving,
    signing_up,
    unsubscribing,
)

PAGES = (feedback, groups, joining, personal, proving, signing_up, unsubscribing)
