"""The page behind a personal link: all of a person's sign-ups for one activity, and what they can do with them.

A GET changes nothing. The link of any of the sign-ups shows them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_wtf.csrf import CSRFError

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.registration import answers, choosing, queries, questions, service
from ecwi_events.web import errors
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.programme import sign_up_form
from ecwi_events.web.programme.seeing import INVITATIONS
from ecwi_events.web.registration import personal_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from ecwi_events.registration.queries import MySignUp

blueprint = flask.Blueprint("personal", __name__)

OPEN_FOR_LONG = "This page was open for a long time. Nothing is lost: press the button once more."
MOST_FIELDS = 250


@blueprint.get("/m/<token>")
def page(token: str) -> ResponseReturnValue:
    """Show what the holder of this link has."""
    return personal_page.render(_mine(token), now=clock.utc_now())


@blueprint.post("/m/<token>/withdraw")
def withdraw(token: str) -> ResponseReturnValue:
    """Give up one place, or all of them; a second press changes nothing."""
    mine, now = _mine(token), clock.utc_now()
    which = _which(mine)
    with transaction():
        if which is None:
            service.withdraw_all(mine.registration_id, now=now)
        else:
            service.withdraw(which, now=now)
    return _back(token)


@blueprint.post("/m/<token>/undo")
def undo(token: str) -> ResponseReturnValue:
    """Take the withdrawal back, or say why that is too late."""
    mine, now = _mine(token), clock.utc_now()
    return _try(mine, lambda: choosing.undo_all(mine.registration_id, now=now))


@blueprint.post("/m/<token>/sessions")
def change_sessions(token: str) -> ResponseReturnValue:
    """Come to the sessions that are ticked, and to no other."""
    mine, now = _mine(token), clock.utc_now()
    form = sign_up_form.read_form()
    chosen = sign_up_form.session_ids(form.values)
    invitations = frozenset(flask.session.get(INVITATIONS, []))

    def act() -> None:
        later = bool(form.value("later"))
        choosing.change_sessions(mine.registration_id, chosen, later_too=later, invitations=invitations, now=now)

    return _try(mine, act, form, said="Your sessions are saved.")


@blueprint.post("/m/<token>/answers")
def change_answers(token: str) -> ResponseReturnValue:
    """Take new answers to the questions of the activity."""
    mine, now = _mine(token), clock.utc_now()
    form = typed(*(question.field for question in questions.asked(mine.activity.id)))
    return _try(
        mine, lambda: answers.change(mine.registration_id, form.values, now=now), form, said="Your answers are saved."
    )


@blueprint.post("/m/<token>/offer")
def answer_offer(token: str) -> ResponseReturnValue:
    """Take the place that is offered, or say no to it."""
    mine, now = _mine(token), clock.utc_now()
    which = _which(mine) or mine.registration_id
    act = service.accept_offer if flask.request.form.get("act") == "accept" else service.decline_offer
    return _try(mine, lambda: act(which, now=now))


@blueprint.post("/m/<token>/pass")
def pass_on(token: str) -> ResponseReturnValue:
    """Give the place to a colleague of the same organisation."""
    mine, now, form = _mine(token), clock.utc_now(), typed("name", "email", "which")
    which = _which(mine) or mine.registration_id

    def act() -> None:
        service.pass_place_on(which, form.value("name"), form.value("email"), now=now)

    return _try(mine, act, form, said=f"Your place is with {form.value('name')} now. We have written to both of you.")


@blueprint.errorhandler(CSRFError)
def form_expired(error: CSRFError) -> ResponseReturnValue:
    """Give the page anew, with everything that was typed, to somebody who had it open for hours."""
    mine = queries.find_by_link((flask.request.view_args or {}).get("token", ""))
    if mine is None:
        return errors.form_expired(error)
    form = typed(*list(flask.request.form)[:MOST_FIELDS])
    return personal_page.render(mine, form, now=clock.utc_now(), more=OPEN_FOR_LONG), 400


def _mine(token: str) -> MySignUp:
    mine = queries.find_by_link(token)
    if mine is None:
        raise NotFound("We cannot find this page.")
    return mine


def _which(mine: MySignUp) -> int | None:
    """Return the sign-up that a button is about, one of the person's own; None if the button is about all.

    Raises:
        NotFound: it is none of theirs.
    """
    number = flask.request.form.get("which", "")
    if not number:
        return None
    if number not in {str(one.registration_id) for one in queries.all_of(mine)}:
        raise NotFound("We cannot find this page.")
    return int(number)


def _try(mine: MySignUp, act: Callable[[], object], form: Form | None = None, *, said: str = "") -> ResponseReturnValue:
    """Do it and show the page anew, or show why not, with everything that was typed."""
    try:
        with transaction():
            act()
    except Invalid as invalid:
        return personal_page.render(mine, (form or Form()).wrong(invalid), now=clock.utc_now()), 422
    except Refused as refused:
        return personal_page.render(mine, form, now=clock.utc_now(), more=refused.message), 409
    if said:
        flask.flash(said)
    return _back(mine.token)


def _back(token: str) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("personal.page", token=token), 303)
