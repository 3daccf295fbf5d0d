"""The pages of hosts, which the office uses too."""

from __future__ import annotations

from ecwi_events.web.host import (
    attendance,
    messages,
    moves,
    outcomes,
    people,
    people_files,
    places,
    proposals,
    questions,
    reminders,
    resources,
    sent_in,
)

PAGES = (
    attendance,
    messages,
    moves,
    outcomes,
    people,
    people_files,
    places,
    proposals,
    questions,
    reminders,
    resources,
    sent_in,
)
