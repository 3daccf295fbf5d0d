"""The common row of links on the pages of one activity, for the office and for hosts.

Each line is the address of a page and its words. A line shows when the page exists and the table of permissions lets the
reader in, so that pages can come one by one. To add a page, append its line; to show the row, include
``office/activity_tabs.html`` in a template that has ``activity`` (anything with an ``id``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask
from werkzeug.exceptions import HTTPException

from ecwi_events.web import identity
from ecwi_events.web.access import ACCESS, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

TABS = (
    ("/office/activities/{id}", "Summary"),
    ("/office/activities/{id}/edit", "Edit"),
    ("/office/activities/{id}/texts", "Translations"),
    ("/host/activities/{id}/status", "Status"),
    ("/host/activities/{id}/sessions", "Sessions and attendance"),
    ("/host/activities/{id}/components", "Components"),
    ("/host/activities/{id}/people", "People"),
    ("/host/activities/{id}/places", "Places and terms"),
    ("/host/activities/{id}/questions", "Questions"),
    ("/host/activities/{id}/messages", "Messages"),
    ("/host/activities/{id}/reminders", "Reminders"),
    ("/host/activities/{id}/feedback", "Feedback"),
    ("/host/activities/{id}/outcomes", "Outcomes"),
    ("/host/activities/{id}/resources", "Resources"),
    ("/office/activities/{id}/money", "Money"),
    ("/office/activities/{id}/declared", "Typed in"),
)


@dataclass(frozen=True)
class Tab:
    """One link of the row."""

    path: str
    words: str
    is_current: bool


def install(app: Flask) -> None:
    """Give templates the row."""
    app.jinja_env.globals["activity_tabs"] = activity_tabs


def activity_tabs(activity_id: int) -> list[Tab]:
    """Return the links that this reader may follow from the pages of an activity."""
    return list(_tabs(activity_id))


def _tabs(activity_id: int) -> Iterator[Tab]:
    who = identity.present()
    for pattern, words in TABS:
        path = pattern.format(id=activity_id)
        endpoint = _endpoint(path)
        if endpoint and not refused(ACCESS.get(endpoint), who, "GET"):
            yield Tab(path, words, is_current=path == flask.request.path)


def _endpoint(path: str) -> str | None:
    """Return the endpoint that reads this address, or None if there is no such page yet."""
    try:
        return str(flask.current_app.url_map.bind("localhost").match(path, method="GET")[0])
    except HTTPException:
        return None
