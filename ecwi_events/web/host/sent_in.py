"""What came in through the asking link: hosts and the office look at it, accept or decline it, and take it out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.overview import sent_in
from ecwi_events.web.forms import own_path, typed
from ecwi_events.web.hosting import own_activity

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("host_sent_in", __name__)

OUT = "Taken out. It does not count any more."
CHANGED = "Nothing was changed: this was taken out before, or somebody has changed it since."


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/sent-in")
def look(activity_id: int) -> ResponseReturnValue:
    """Accept, decline or take out one thing that was sent in; go back to the page where the button was."""
    own_activity(activity_id)
    form, now = typed("item", "act", "next"), clock.utc_now()
    number = form.value("item")
    if form.value("act") not in {"accept", "decline", "take_out"} or not (
        number.isascii() and number.isdigit() and len(number) < len("2147483647")
    ):
        raise Invalid({"act": "Choose one of the buttons"})
    try:
        with transaction():
            said = _do(activity_id, int(number), form.value("act"), now=now)
    except (Invalid, Refused) as error:
        said = f"{error.message.removesuffix('.')}."
    flask.flash(said)
    page = flask.url_for("host_outcomes.page", activity_id=activity_id)
    return flask.redirect(own_path(form.value("next").rstrip("?"), otherwise=page), 303)


def _do(activity_id: int, item_id: int, act: str, *, now: datetime) -> str:
    """Do what the button says; return the sentence about it."""
    if act == "take_out":
        return OUT if sent_in.take_out(activity_id, item_id, now=now) else CHANGED
    is_accepted = act == "accept"
    return _said(is_accepted=is_accepted, holds=sent_in.look_at(activity_id, item_id, accept=is_accepted, now=now))


def _said(*, is_accepted: bool, holds: bool) -> str:
    """Return what became of the thing, also for who decides after somebody else did."""
    if is_accepted is not holds:
        return "This was accepted before. It counts." if holds else "This was declined before. It does not count."
    return "Accepted. It counts from now on." if holds else "Declined. It does not count."
