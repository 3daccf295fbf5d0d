"""The resources of one activity, for its hosts and for the office: what was made or used, who may open it, and from when."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid
from ecwi_events.overview import sent_in
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import no_resources, resources
from ecwi_events.programme.models import Theme
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.web import uploads
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import own_activity
from ecwi_events.web.once import SAID, once
from ecwi_events.web.record_words import THEMES
from ecwi_events.web.resource_words import AUDIENCES, KINDS, LICENCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.models import Resource

blueprint = flask.Blueprint(
    "host_resources", __name__, url_prefix="/host/activities/<int(max=2147483647):activity_id>/resources"
)

FIELDS = (
    "kind", "title", "url", "language", "country", "theme", "licence", "audience", "available_on", "session", "drop_file",
)  # fmt: skip
LONGEST_DAY = len("2026-11-21")
LONGEST_ID = len("2147483647") - 1


@blueprint.get("")
def page(activity_id: int) -> ResponseReturnValue:
    """Show the resources, and the form of a new one."""
    return _page(activity_id)


@blueprint.post("")
def add(activity_id: int) -> ResponseReturnValue:
    """Add a resource."""
    own_activity(activity_id)
    form, now = typed(*FIELDS), clock.utc_now()
    try:
        with uploads.received("file") as file, transaction():
            is_new = once(lambda: resources.add_resource(activity_id, _typed(form), file=file, now=now), now=now)
    except Invalid as invalid:
        return _page(activity_id, form.wrong(invalid)), 422
    return _back(activity_id, "The resource is added." if is_new else SAID)


@blueprint.get("/<int(max=2147483647):resource_id>")
def resource(activity_id: int, resource_id: int) -> ResponseReturnValue:
    """Show the form of one resource."""
    return _resource_page(activity_id, resource_id)


@blueprint.post("/<int(max=2147483647):resource_id>")
def save(activity_id: int, resource_id: int) -> ResponseReturnValue:
    """Save a resource."""
    own_activity(activity_id)
    form, now = typed(*FIELDS), clock.utc_now()
    drop = bool(form.value("drop_file"))
    try:
        with uploads.received("file") as file, transaction():
            resources.change_resource(activity_id, resource_id, _typed(form), file=file, drop_file=drop, now=now)
    except Invalid as invalid:
        return _resource_page(activity_id, resource_id, form.wrong(invalid)), 422
    return _back(activity_id, "The resource is saved.")


@blueprint.post("/<int(max=2147483647):resource_id>/move")
def move(activity_id: int, resource_id: int) -> ResponseReturnValue:
    """Let a resource change places with the one above or below."""
    up, now = flask.request.form.get("act") == "up", clock.utc_now()
    return _do(
        activity_id, "The order is saved.",
        lambda: resources.move_resource(activity_id, resource_id, up=up, now=now),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):resource_id>/remove")
def remove(activity_id: int, resource_id: int) -> ResponseReturnValue:
    """Take a resource out."""
    now = clock.utc_now()
    return _do(
        activity_id, "The resource is removed.",
        lambda: resources.remove_resource(activity_id, resource_id, now=now),
    )  # fmt: skip


@blueprint.post("/none")
def say_none(activity_id: int) -> ResponseReturnValue:
    """Say that there are no resources, or take it back."""
    now = clock.utc_now()
    own_activity(activity_id)
    if flask.request.form.get("act") == "take_back":
        return _do(activity_id, "It is open again.", lambda: no_resources.take_back(activity_id, now=now))
    return _do(
        activity_id, "Noted: there are no resources.", lambda: no_resources.say_none(activity_id, now=now)
    )  # fmt: skip


def _do(activity_id: int, said: str, act: Callable[[], None]) -> ResponseReturnValue:
    own_activity(activity_id)
    with transaction():
        act()
    return _back(activity_id, said)


def _back(activity_id: int, said: str) -> ResponseReturnValue:
    flask.flash(said)
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


def _page(activity_id: int, form: Form | None = None) -> str:
    found = own_activity(activity_id)
    return flask.render_template(
        "host/resources.html",
        nav="host",
        activity=found,
        resources=resources.resources_of(activity_id),
        sessions={one.id: f"session {one.number}: {one.title}" for one in found.sessions},
        says_none=no_resources.is_said(activity_id),
        waiting=[one for one in sent_in.waiting(activity_id) if one.kind != "outcome"],
        accepted=[one for one in sent_in.accepted(activity_id) if one.kind != "outcome"],
        form=form or Form({"kind": "handout", "audience": "everyone"}),
        **_words(),
    )


def _resource_page(activity_id: int, resource_id: int, form: Form | None = None) -> str:
    found = own_activity(activity_id)
    there = resources.get_resource(activity_id, resource_id)
    return flask.render_template(
        "host/resource.html", nav="host", activity=found, resource=there, form=form or _filled(there), **_words()
    )


def _words() -> dict[str, object]:
    now, zone = clock.utc_now(), _zone()
    return {
        "kinds": list(KINDS.items()),
        "kind_words": KINDS,
        "audiences": list(AUDIENCES.items()),
        "audience_words": AUDIENCES,
        "themes": THEMES,
        "languages": list(LANGUAGES.items()),
        "countries": sorted(countries.NAMES.items(), key=lambda pair: pair[1]),
        "licences": LICENCES,
        "sessions_of": lambda activity: [(str(one.id), f"{one.number}. {one.title}") for one in activity.sessions],
        "most": uploads.most_words(),
        "day": lambda at: dates.day_label(at.astimezone(dates.zone_info(zone)).date(), this_year=now.year),
        "is_to_come": lambda at: at is not None and now < at,
    }


def _filled(resource: Resource) -> Form:
    """Return the form of a resource that is there."""
    day = resource.available_at and resource.available_at.astimezone(dates.zone_info(_zone())).date()
    plain = {name: getattr(resource, name) for name in FIELDS if hasattr(resource, name)}
    return Form(
        {name: str(value or "") for name, value in plain.items()}
        | {"available_on": str(day or ""), "session": str(resource.session_id or "")}
    )


def _typed(form: Form) -> TypedResource:
    """Return what was typed, with the choices and the day read.

    Raises:
        Invalid: a choice is none of those offered, or the day is none.
    """
    faults, available_at = {}, None
    for name, choices in (("kind", set(ResourceKind)), ("audience", set(Audience)), ("theme", {"", *Theme})):
        if form.value(name) not in choices:
            faults[name] = "Choose one from the list"
    if form.value("available_on"):
        try:
            day = datetime.fromisoformat(form.value("available_on")[:LONGEST_DAY]).date()
            available_at = datetime.combine(day, time(), dates.zone_info(_zone()))
            available_at.astimezone(dates.zone_info("UTC"))
        except (ValueError, OverflowError):
            faults["available_on"] = "Enter a day like 2026-11-21"
    session_id = form.value("session") or None
    if session_id and not (session_id.isascii() and session_id.isdigit() and len(session_id) <= LONGEST_ID):
        faults["session"] = "Choose a session from the list"
    if faults:
        raise Invalid(faults)
    return TypedResource(
        kind=ResourceKind(form.value("kind")),
        title=form.value("title"),
        url=form.value("url"),
        language=form.value("language"),
        country=form.value("country"),
        theme=Theme(form.value("theme")) if form.value("theme") else None,
        licence=form.value("licence"),
        audience=Audience(form.value("audience")),
        available_at=available_at,
        session_id=int(session_id) if session_id else None,
    )


def _zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
