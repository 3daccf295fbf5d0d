"""Calendar files: the programme's feed, an activity's sessions, a person's own sessions. GET writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.calendars import service
from ecwi_events.kernel import clock
from ecwi_events.kernel.errors import NotFound
from ecwi_events.registration import queries as registrations
from ecwi_events.web.programme import seeing

if TYPE_CHECKING:
    from flask import Response

blueprint = flask.Blueprint("calendars", __name__)

CALENDAR = "text/calendar; charset=utf-8"


@blueprint.get(service.PROGRAMME_PATH)
def programme_feed() -> Response:
    """Answer a poll of the programme's feed; unchanged, it costs one read and no body."""
    feed = service.programme_feed(now=clock.utc_now())
    response = _file(feed.body, "programme.ics", disposition="inline")
    response.set_etag(feed.etag)
    # The ETag decides: a session that leaves the feed by its age changes the body without a newer date.
    response.last_modified = feed.last_modified
    response.headers["Cache-Control"] = "public, max-age=900"
    response.make_conditional(flask.request)  # in place: 304 without a body when the poll knows this ETag
    return response


@blueprint.get("/a/<slug>.ics")
def activity_file(slug: str) -> Response:
    """Give all sessions of an activity for "add to calendar".

    Raises:
        NotFound: there is no such activity, or it is not public.
    """
    body = service.activity_file(slug, seeing.viewer)
    if body is None:
        raise NotFound("We cannot find this activity.")
    return _file(body, f"{slug}.ics")


@blueprint.get("/m/<token>.ics")
def personal_file(token: str) -> Response:
    """Give the sessions of one person for "add to calendar", with the personal link in each.

    Raises:
        NotFound: the link is unknown, or its holder has no place yet.
    """
    mine = registrations.find_by_link(token)
    if mine is None:
        raise NotFound("This link no longer works. Look for a newer mail from us.")
    body = service.personal_file(mine)
    if body is None:
        raise NotFound("You are still in the waiting list. You get your sessions when you have a place.")
    response = _file(body, "my-sessions.ics")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _file(body: bytes, name: str, *, disposition: str = "attachment") -> Response:
    response = flask.Response(body, content_type=CALENDAR)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    return response
