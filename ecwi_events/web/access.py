"""One table says who may open which page; a page that is missing from it fails the build and is closed to everyone."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel.errors import NotAllowed
from ecwi_events.web import identity

if TYPE_CHECKING:
    from flask import Flask


class Door(StrEnum):
    """Who may come in. ``host`` is narrowed further by the act: own activities only."""

    ANYONE = "anyone"
    LINK = "link"  # whoever holds the personal link in the address
    SIGNED_IN = "signed_in"
    HOST = "host"
    OFFICE = "office"


ACCESS: dict[str, Door] = {
    "static": Door.ANYONE,
    "site.health": Door.ANYONE,
    "site.ready": Door.ANYONE,
    "site.help_page": Door.ANYONE,
    "site.privacy": Door.ANYONE,
    "site.accessibility": Door.ANYONE,
    "site.robots": Door.ANYONE,
    "zones.choose": Door.ANYONE,
    "zones.save": Door.ANYONE,
    "programme.index": Door.ANYONE,
    "programme.activity": Door.ANYONE,
    "registration.sign_up": Door.ANYONE,
    "registration.done": Door.ANYONE,
    "registration.my_sign_up": Door.LINK,
    "registration.withdraw": Door.LINK,
    "registration.undo_withdrawal": Door.LINK,
    "people.ask": Door.ANYONE,
    "people.send_link": Door.ANYONE,
    "people.confirm": Door.LINK,
    "people.sign_in": Door.LINK,
    "people.sign_out": Door.ANYONE,
    "host.index": Door.HOST,
    "host.attendance": Door.HOST,
    "host.mark": Door.HOST,
    "host.add_visitor": Door.HOST,
    "office.index": Door.OFFICE,
    "office.new_activity": Door.OFFICE,
    "office.create_activity": Door.OFFICE,
    "office.activity": Door.OFFICE,
    "office.move": Door.OFFICE,
    "calendars.programme_feed": Door.ANYONE,
    "calendars.activity_file": Door.ANYONE,
    "calendars.personal_file": Door.LINK,
    "overview.years": Door.ANYONE,
    "overview.year": Door.ANYONE,
    "overview.pdf": Door.ANYONE,
    "overview.figures": Door.ANYONE,
    "office_overview.years": Door.OFFICE,
    "office_overview.year": Door.OFFICE,
    "office_overview.compile_year": Door.OFFICE,
    "office_overview.run": Door.OFFICE,
    "office_overview.edition": Door.OFFICE,
    "office_overview.records": Door.OFFICE,
    "office_overview.publish": Door.OFFICE,
    "office_overview.preview": Door.OFFICE,
    "office_overview.pdf": Door.OFFICE,
    "office_overview.snapshot": Door.OFFICE,
}


def install(app: Flask) -> None:
    """Check every request against the table, before anything else is done for it."""
    app.before_request(check)


def check() -> None:
    """Let the request pass, or raise `NotAllowed`.

    Raises:
        NotAllowed: the page is not for the person who asks, or nobody wrote down whom it is for.
    """
    if not flask.request.path.isprintable():
        flask.abort(404)  # PostgreSQL refuses NUL in any text, so no such path can name a thing of ours
    if any(letter.isdigit() and not letter.isascii() for letter in flask.request.path):
        flask.abort(404)  # routing reads every script's digits, and each page has one address
    endpoint = flask.request.endpoint
    if endpoint is None:
        return  # no such page: routing answers 404
    door = ACCESS.get(endpoint)
    if door in {Door.ANYONE, Door.LINK}:
        return
    who = identity.present()
    if door is None or who is None:
        raise NotAllowed("You cannot see this page. Sign in first.")
    if door is Door.OFFICE and not who.runs_office:
        raise NotAllowed("You cannot see this page. It is for the office.")
    if door is Door.HOST and not (who.runs_office or who.host_of):
        raise NotAllowed("You cannot see this page. It is for hosts.")
