"""One question after a session, through the link in the mail of thanks; and for hosts, what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.feedback import queries, service
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import own_activity

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.feedback.service import Asked

blueprint = flask.Blueprint("feedback", __name__)

WORDS = {5: "Very useful", 4: "Useful", 3: "Partly useful", 2: "A little useful", 1: "Not useful"}


@blueprint.get("/f/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Ask the question, with what was answered before."""
    asked = _asked(token)
    return _page(asked, token, Form({"score": str(asked.score or ""), "comment": asked.comment}))


@blueprint.post("/f/<token>")
def give(token: str) -> ResponseReturnValue:
    """Keep the answer."""
    asked, form = _asked(token), typed("score", "comment")
    score = int(form.value("score")) if form.value("score") in {str(score) for score in WORDS} else None
    try:
        with transaction():
            service.give(token, score, form.value("comment"), now=clock.utc_now())
    except Invalid as invalid:
        return _page(asked, token, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(asked, token, form, more=refused.message), 409
    flask.flash("Thank you. Your answer is saved. You can change it on this page.")
    return flask.redirect(flask.url_for(".ask", token=token), 303)


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/feedback")
def answers(activity_id: int) -> ResponseReturnValue:
    """Show what people thought of the sessions, without who."""
    activity = own_activity(activity_id)
    found = queries.answers_of(activity_id)
    return flask.render_template(
        "host/feedback.html",
        nav="host",
        activity=activity,
        sessions=[(session, found.get(session.id)) for session in activity.sessions],
        words=WORDS,
    )


def _asked(token: str) -> Asked:
    asked = service.find_asked(token)
    if asked is None:
        raise NotFound("We cannot find this page.")
    return asked


def _page(asked: Asked, token: str, form: Form, more: str = "") -> str:
    now, session = clock.utc_now(), asked.session
    return flask.render_template(
        "registration/feedback.html",
        nav="my",
        asked=asked,
        token=token,
        form=form,
        more=more,
        is_open=asked.is_open(now=now),
        closed=service.CLOSED,
        when=dates.session_times(session.starts_at, session.ends_at, asked.mine.zone, now=now).line,
        words=WORDS,
    )
