"""My devices: where I am signed in, and signing out there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.people import browser_sessions
from ecwi_events.web import identity, zones

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity

blueprint = flask.Blueprint("devices", __name__)

PAGE = "/me/devices"
# What a browser says about itself, and our word for it; the first that fits counts.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "a Chromebook"),
    ("Mac OS", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(agent: str) -> str:
    """Return what a browser is in a few coarse words, like "Firefox on Windows"; nothing finer is kept."""
    browser = next((words for sign, words in BROWSERS if sign in agent), "A browser")
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    return f"{browser} on {system}" if system else browser


def this_device() -> str:
    """Return the words for the browser that asks."""
    return device_words(flask.request.user_agent.string)


@blueprint.get(PAGE)
def index() -> ResponseReturnValue:
    """List the browsers in which I am signed in, this one first."""
    who, now = _me(), clock.utc_now()
    zone = zones.reader_zone("UTC").name
    devices = sorted(browser_sessions.devices_of(who.person_id, now=now), key=lambda d: d.id != who.browser_id)
    rows = [
        {
            "id": device.id,
            "words": device.device or "A browser",
            "first": dates.moment(device.created_at, zone, now=now),
            "last": dates.moment(device.last_seen_at, zone, now=now),
            "is_this": device.id == who.browser_id,
        }
        for device in devices
    ]
    return flask.render_template("people/devices.html", devices=rows)


@blueprint.post(f"{PAGE}/<int(max=2147483647):browser_id>/sign-out")
def sign_out(browser_id: int) -> ResponseReturnValue:
    """Sign one of my devices out."""
    with transaction():
        browser_sessions.end_one(_me().person_id, browser_id, now=clock.utc_now())
    flask.flash("That device is signed out.")
    return flask.redirect(PAGE, 303)


@blueprint.post(f"{PAGE}/sign-out-others")
def sign_out_others() -> ResponseReturnValue:
    """Sign me out everywhere but here."""
    who = _me()
    with transaction():
        browser_sessions.end_others(who.person_id, but=who.browser_id, now=clock.utc_now())
    flask.flash("You are signed out on all other devices.")
    return flask.redirect(PAGE, 303)


def _me() -> Identity:
    who = identity.present()
    if who is None:  # the check of access has let nobody else in
        flask.abort(403)
    return who
