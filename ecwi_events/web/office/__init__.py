"""The pages of the office."""

from __future__ import annotations

from ecwi_events.web.office import (
    activities,
    completeness,
    declared,
    journal,
    mails,
    money,
    organisation,
    organisations,
    overview,
    people,
    proposals,
    record,
    roles,
    texts,
    work,
)

PAGES = (
    activities,
    completeness,
    declared,
    journal,
    mails,
    money,
    organisation,
    organisations,
    overview,
    people,
    proposals,
    record,
    roles,
    texts,
    work,
)
