"""The page behind the link in "what is missing for the overview": a host sends it in without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.overview import asking, board
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.overview.asking import Asked

blueprint = flask.Blueprint("asking", __name__)

LINKS = range(3)


@blueprint.get("/ask/<token>")
def page(token: str) -> ResponseReturnValue:
    """Show what is missing, with a form for each activity."""
    now = clock.utc_now()
    return _page(_asked(token, now=now), token, now=now)


@blueprint.post("/ask/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Take in what was sent about one activity."""
    now = clock.utc_now()
    asked, form = _asked(token, now=now), _typed()
    activity_id = form.value("activity")
    try:
        with transaction():
            asking.take_in(asked, _number(activity_id), _sent(form), now=now)
    except Invalid as invalid:
        return _page(asked, token, form.wrong(invalid), now=now), 422
    flask.flash(
        "Thank you. We have it. The office looks at it before it is printed. You can write to us again at any time."
    )
    return flask.redirect(flask.url_for("asking.page", token=token), 303)


def _asked(token: str, *, now: datetime) -> Asked:
    asked = asking.find_asked(token, now=now)
    if asked is None:
        raise NotFound("This link is no longer open. Ask the office for a new one.")
    return asked


def _page(asked: Asked, token: str, form: Form | None = None, *, now: datetime) -> str:
    hosts = board.board(asked.year, zone="UTC", now=now, host_id=asked.organisation_id)
    return flask.render_template(
        "overview/ask.html",
        asked=asked,
        token=token,
        until=dates.day_label(asked.expires_at.date()),
        lines=[line for host in hosts for line in host.lines],
        form=form or Form(),
        links=LINKS,
    )


def _typed() -> Form:
    return typed(
        "activity",
        "outcomes",
        "note",
        "no_resources",
        *(f"{name}-{number}" for name in ("title", "url") for number in LINKS),
    )


def _sent(form: Form) -> asking.Sent:
    return asking.Sent(
        outcomes=form.value("outcomes").splitlines(),
        links=[(form.value(f"title-{number}"), form.value(f"url-{number}")) for number in LINKS],
        note=form.value("note"),
        no_resources=bool(form.value("no_resources")),
    )


def _number(typed_id: str) -> int:
    return int(typed_id) if typed_id.isascii() and typed_id.isdigit() and len(typed_id) < len("2147483647") else 0
