"""The pages. Views read like this: form, ``with transaction():``, one act of one room, redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.web import (
    access,
    account,
    cookies,
    errors,
    headers,
    host,
    identity,
    layout,
    limits,
    office,
    once,
    overview,
    pieces,
    programme,
    registration,
    sessions,
    site,
    static,
    tabs,
    uploads,
    zones,
)

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings

PAGES = (
    *(site, zones),
    *programme.PAGES,
    *registration.PAGES,
    *account.PAGES,
    *sessions.PAGES,
    *host.PAGES,
    *office.PAGES,
    *overview.PAGES,
)


def install(app: Flask, settings: Settings) -> None:
    """Give the application its pages and everything that guards them."""
    cookies.install(app)
    static.install(app)
    layout.install(app)
    pieces.install(app)
    once.install(app)
    tabs.install(app)
    identity.install(app)
    uploads.install(app, settings)
    headers.install(app, settings)
    errors.install(app)
    for pages in PAGES:
        app.register_blueprint(pages.blueprint)
    limits.install(app, settings)
    access.install(app)
