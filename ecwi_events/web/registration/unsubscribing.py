"""The link at the foot of a mail: stop these mails, or let them come again. No account, no cookie, no page needed.

Opening the page changes nothing, because mail scanners open links. Mail programs press its button themselves (RFC 8058): so
the POST takes no form token. The address is the authority, and all that it can do is stop or start one kind of mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import TOPICS
from ecwi_events.mail.models_delivery import EVERYTHING
from ecwi_events.people.unsubscribing import find_stop
from ecwi_events.programme import queries as programme
from ecwi_events.web.headers import csrf

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.mail.stopping import Stop

blueprint = flask.Blueprint("unsubscribing", __name__)


@blueprint.get("/u/<token>")
def page(token: str) -> ResponseReturnValue:
    """Say which mails the link stops, and whether they are stopped."""
    return _page(_get(token), token)


@blueprint.post("/u/<token>")
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF is untyped
def change(token: str) -> ResponseReturnValue:
    """Stop these mails, or start them again; the answer is a page, not a redirect, as RFC 8058 wants it."""
    what = _get(token)
    with transaction():
        if flask.request.form.get("act") == "start":
            stopping.start_again(what, now=clock.utc_now())
        else:
            stopping.stop(what, now=clock.utc_now())
    return _page(what, token, is_done=True)


def _get(token: str) -> Stop:
    """Return what the link stops.

    Raises:
        NotFound: we did not make this link, or the person is gone.
    """
    if stopping.find(token) is None:
        raise NotFound("This link is not complete. Copy all of it from the mail, or open it there again.")
    if (what := find_stop(token)) is None:
        raise NotFound("We know nobody to whom this link belongs, so no mails come.")
    return what


def _page(what: Stop, token: str, *, is_done: bool = False) -> str:
    activity = programme.find_activity(what.activity_id) if what.activity_id else None
    everything = stopping.Stop(what.person_id, what.topic)
    return flask.render_template(
        "unsubscribing/page.html",
        token=token,
        words=TOPICS[what.topic],
        activity=activity,
        is_done=is_done,
        is_stopped=stopping.is_stopped(what.person_id, what.topic, what.activity_id),
        wider=stopping.token_of(everything) if what.activity_id else "",
        is_all_stopped=what.activity_id != EVERYTHING and stopping.is_stopped(what.person_id, what.topic),
    )
