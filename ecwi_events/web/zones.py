"""The reader's time zone: where it comes from, and the page that changes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries, dates, zone_table
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


@dataclass(frozen=True)
class Option:
    """One line of the list of all zones."""

    name: str
    words: str
    is_chosen: bool = False


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


def own_zone() -> str:
    """Return the zone in which the reader sees times, so that hosts find their own one in every list."""
    return reader_zone("UTC").name


@lru_cache(maxsize=256)
def short_list(*more: str) -> tuple[tuple[str, str], ...]:
    """Return id and words of the network's zones and of ``more``, by city."""
    names = {*NETWORK, *(name for name in more if dates.canonical_zone(name))}
    pairs = ((name, dates.city(name)) for name in names)
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


def all_zones(chosen: str, *, now: datetime) -> list[tuple[str, list[Option]]]:
    """Return every zone below its country, with its city and its distance from UTC now; what is likely comes first.

    Args:
        chosen: the zone that stands in the field, or the empty text.
        now: the door's instant.
    """
    table = dict(zone_table.zones_by_country())
    likely = table.get(_country_of(chosen) or _country_of_browser(), ())
    first = [Option(zone.name, _words(zone, now), zone.name == chosen) for zone in likely]
    if chosen and chosen not in {zone.name for zones in table.values() for zone in zones}:
        first.append(Option(chosen, _words(zone_table.CountryZone(chosen, dates.city(chosen)), now), is_chosen=True))
    groups = [("Likely for you", first)] if first else []
    for code, zones in table.items():
        if zones is not likely:
            groups.append((countries.label(code), [Option(zone.name, _words(zone, now)) for zone in zones]))
    return [*groups, ("No country", [Option("UTC", "UTC")])] if chosen != "UTC" else groups


def _words(zone: zone_table.CountryZone, now: datetime) -> str:
    region = f", {zone.region}" if zone.region else ""
    return "UTC" if zone.name == "UTC" else f"{zone.city}{region} ({dates.offset_label(now, zone.name)})"


def _country_of(chosen: str) -> str:
    """Return the country whose zone this is; empty if it is none's."""
    found = (code for code, zones in zone_table.zones_by_country() if chosen in {zone.name for zone in zones})
    return next((code for code in found if code not in zone_table.BORROWED), "")


def _country_of_browser() -> str:
    """Return the country in the language that the browser asks for, such as NP in ``ne-NP``; empty if it says none."""
    for language, _ in flask.request.accept_languages:
        country = language.partition("-")[2].upper()
        if countries.is_country(country):
            return country
    return ""


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
    chosen = zone.name if zone.is_known else ""
    return flask.render_template(
        "site/time_zone.html",
        groups=all_zones(chosen, now=now),
        chosen=chosen,
        local_time=dates.moment(now, zone.name, now=now),
        next=own_path(flask.request.values.get("next")),
        faults={"zone": fault} if fault else {},
    )
