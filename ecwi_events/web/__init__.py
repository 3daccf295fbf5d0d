"""The pages. Views read like this: form, ``with transaction():``, one act of one room, redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.web import (
    access,
    asking,
    calendars,
    closing,
    components,
    devices,
    errors,
    factors,
    feedback,
    groups,
    headers,
    host,
    host_messages,
    host_outcomes,
    host_people,
    host_people_files,
    host_places,
    host_proposals,
    host_questions,
    host_reminders,
    host_resources,
    identity,
    joining,
    layout,
    library,
    limits,
    me,
    moves,
    office,
    office_completeness,
    office_declared,
    office_journal,
    office_mails,
    office_money,
    office_organisation,
    office_organisations,
    office_overview,
    office_people,
    office_proposals,
    office_record,
    office_roles,
    office_tabs,
    office_texts,
    office_work,
    once,
    overview,
    people,
    personal,
    programme,
    registration,
    second_factor,
    seeing,
    sessions,
    site,
    static,
    unsubscribing,
    uploads,
    zones,
)

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

PAGES = (
    closing, feedback, site, zones, programme, seeing, registration, people, devices, second_factor, factors, host,
    office, calendars, overview, sessions, components, moves, office_completeness, asking, office_overview,
    office_journal, office_work, office_record, office_proposals, host_proposals, office_texts, office_roles, me,
    office_people, office_organisations, office_organisation, unsubscribing, office_money, office_declared,
    host_outcomes, host_resources, library, host_questions, host_reminders, joining, personal, host_people,
    host_people_files, host_places, groups, host_messages,
    office_mails,
)  # fmt: skip


def install(app: Flask, settings: Settings) -> None:
    """Give the application its pages and everything that guards them."""
    static.install(app)
    layout.install(app)
    once.install(app)
    office_tabs.install(app)
    identity.install(app)
    uploads.install(app, settings)
    headers.install(app, settings)
    errors.install(app)
    for pages in PAGES:
        app.register_blueprint(pages.blueprint)
    limits.install(app, settings)
    access.install(app)
