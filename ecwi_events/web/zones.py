"""The reader's time zone: where it comes from, and the page that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.people import service as people
from ecwi_events.web import identity
from ecwi_events.web.forms import own_path

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("zones", __name__)

CHOSEN = "zone"  # the cookie of an explicit choice
SEEN = "seen_zone"  # the cookie of what the browser says; the script sets it, we check it
KEPT_SECONDS = 365 * 24 * 3600

# Where the people of the network live; offered first, and enough for the small list of the sign-up form.
NETWORK = (
    "Europe/Tirane", "Asia/Yerevan", "Asia/Baku", "Europe/Minsk", "Europe/Brussels", "Europe/Sarajevo", "Europe/Sofia",
    "Europe/Zagreb", "Europe/Prague", "Europe/Copenhagen", "Europe/Tallinn", "Europe/Paris", "Asia/Tbilisi",
    "Europe/Berlin", "Europe/Athens", "Europe/Budapest", "Europe/Dublin", "Europe/Rome", "Asia/Almaty", "Asia/Bishkek",
    "Europe/Riga", "Europe/Vilnius", "Europe/Chisinau", "Europe/Podgorica", "Europe/Amsterdam", "Europe/Skopje",
    "Europe/Warsaw", "Europe/Lisbon", "Europe/Bucharest", "Europe/Belgrade", "Europe/Bratislava", "Europe/Ljubljana",
    "Europe/Madrid", "Europe/Zurich", "Asia/Dushanbe", "Europe/Istanbul", "Europe/Kyiv", "Europe/London",
    "Asia/Tashkent", "America/New_York", "UTC",
)  # fmt: skip
# Where the list says more than a time does: people look for their own city.
_IN_THE_LIST = {"Europe/Amsterdam": "Amsterdam, Leiden"}
_PARTS_OF_THE_WORLD = {
    "Africa": "Africa", "America": "America", "Antarctica": "Antarctica", "Arctic": "Arctic", "Asia": "Asia",
    "Atlantic": "Atlantic", "Australia": "Australia", "Europe": "Europe", "Indian": "Indian Ocean", "Pacific": "Pacific",
}  # fmt: skip


@dataclass(frozen=True)
class ReaderZone:
    """The zone in which one reader sees times, and whether we know it or only assume it."""

    name: str
    is_known: bool


def reader_zone(assumed: str) -> ReaderZone:
    """Return the reader's zone: the signed-in person's, else the chosen one, else the browser's, else ``assumed``."""
    who = identity.present()
    cookies = flask.request.cookies
    for name in (who.zone if who else None, cookies.get(CHOSEN), cookies.get(SEEN)):
        if zone := dates.canonical_zone(name):
            return ReaderZone(zone, is_known=True)
    return ReaderZone(dates.canonical_zone(assumed) or "UTC", is_known=False)


def short_list(*more: str) -> list[tuple[str, str]]:
    """Return id and words of the network's zones and of ``more``, by city."""
    names = {*NETWORK, *(name for name in more if dates.canonical_zone(name))}
    return sorted(((name, _IN_THE_LIST.get(name) or dates.city(name)) for name in names), key=lambda pair: pair[1])


@cache
def all_zones() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return every zone by part of the world, the network's first."""
    groups: list[tuple[str, tuple[tuple[str, str], ...]]] = [("Our network", tuple(short_list()))]
    for prefix, words in _PARTS_OF_THE_WORLD.items():
        names = (name for name in dates.zone_names() if name.startswith(f"{prefix}/") and name not in NETWORK)
        found = sorted((dates.city(name), name) for name in names)
        groups.append((words, tuple((name, city) for city, name in found)))
    return tuple(groups)


@blueprint.get("/time-zone")
def choose() -> ResponseReturnValue:
    """Show the list of cities."""
    return _page(clock.utc_now())


@blueprint.post("/time-zone")
def save() -> ResponseReturnValue:
    """Keep the choice in a cookie, and for people who are signed in with them; go back to where the reader came from."""
    zone = dates.canonical_zone(flask.request.form.get("zone"))
    if zone is None:
        return _page(clock.utc_now(), fault="Choose a city from the list"), 422
    if who := identity.present():
        with transaction():
            people.choose_zone(who.person_id, zone)
    answer = flask.redirect(own_path(flask.request.form.get("next")), 303)
    secure = bool(flask.current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(CHOSEN, zone, max_age=KEPT_SECONDS, samesite="Lax", secure=secure)
    return answer


def _page(now: datetime, fault: str = "") -> str:
    zone = reader_zone("UTC")
    return flask.render_template(
        "site/time_zone.html",
        groups=all_zones(),
        chosen=zone.name if zone.is_known else "",
        local_time=dates.moment(now, zone.name, now=now),
        next=own_path(flask.request.values.get("next")),
        faults={"zone": fault} if fault else {},
    )
