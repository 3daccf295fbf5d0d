"""The pages. Views read like this: form, ``with transaction():``, one act of one room, redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.web import access, calendars, errors, headers, identity, layout, site, static

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def install(app: Flask, settings: Settings) -> None:
    """Give the application its pages and everything that guards them."""
    static.install(app)
    layout.install(app)
    identity.install(app)
    headers.install(app, settings)
    errors.install(app)
    for blueprint in (site.blueprint, calendars.blueprint):
        app.register_blueprint(blueprint)
    access.install(app)
