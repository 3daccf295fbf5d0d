"""Signing in by a mailed link, and out again. Opening the link spends nothing: mail scanners open links first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_login import login_user

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.people import queries, rules, signing_in
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, own_path, typed
from ecwi_events.web.identity import Visitor

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity

blueprint = flask.Blueprint("people", __name__)

NEXT = "next"  # in the signed cookie, from asking for a link until it is used in the same browser


@blueprint.get("/sign-in")
def ask() -> ResponseReturnValue:
    """Ask for the email address."""
    return _ask_page()


@blueprint.post("/sign-in")
def send_link() -> ResponseReturnValue:
    """Mail a link, and say the same to known and unknown addresses."""
    form = typed("email")
    if fault := rules.address_fault(form.value("email")):
        return _ask_page(Form(form.values, {"email": fault})), 422
    with transaction():
        signing_in.request_sign_in(form.value("email"), now=clock.utc_now())
    flask.session[NEXT] = own_path(flask.request.form.get("next"), otherwise="")
    return flask.render_template("people/link_sent.html", address=form.value("email"))


@blueprint.get("/sign-in/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Ask whether to sign in; only the button does it."""
    pending = signing_in.find_sign_in(token, now=clock.utc_now())
    if pending is None:
        return flask.render_template("people/link_too_old.html", message=signing_in.OLD_LINK), 410
    return flask.render_template("people/confirm.html", name=pending.name, token=token)


@blueprint.post("/sign-in/<token>")
def sign_in(token: str) -> ResponseReturnValue:
    """Spend the link and give this browser a session of its own; whatever the cookie said before is gone."""
    now = clock.utc_now()
    try:
        with transaction():
            browser = signing_in.sign_in(token, now=now)
    except Refused as refused:
        return flask.render_template("people/link_too_old.html", message=refused.message), 410
    wanted = own_path(flask.session.get(NEXT), otherwise="")
    _leave_browser_session()
    flask.session.clear()
    who = queries.find_identity(browser, now=now)
    if who is None:
        return flask.redirect("/", 303)
    flask.session.permanent = True  # the record on the server decides when it ends
    login_user(Visitor(who, browser))
    return flask.redirect(wanted or _first_page(who), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session on the server too, so that a copy of the cookie is worth nothing."""
    _leave_browser_session()
    flask.session.clear()
    flask.flash("You are signed out.")
    return flask.redirect("/", 303)


def _leave_browser_session() -> None:
    if token := identity.browser_token():
        with transaction():
            signing_in.sign_out(token, now=clock.utc_now())


def _first_page(who: Identity) -> str:
    if who.reads_office:
        return "/office"
    return "/host" if who.is_host else "/"


def _ask_page(form: Form | None = None) -> str:
    wanted = own_path(flask.request.values.get("next"), otherwise="")
    return flask.render_template("people/ask.html", form=form or Form(), next=wanted)
