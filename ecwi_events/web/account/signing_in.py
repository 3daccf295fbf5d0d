"""Signing in by a mailed link or code, and out again. Opening the link spends nothing: mail scanners open links first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, tokens
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people import browser_sessions, rules, signing_in
from ecwi_events.web import identity, old_links
from ecwi_events.web.account.devices import this_device
from ecwi_events.web.forms import Form, own_path, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity

blueprint = flask.Blueprint("people", __name__)

# In the signed cookie, from asking for a link until it is used in the same browser:
NEXT = "next"  # where to go on to
ASKED_FOR = "asked_for"  # the address as it was typed
BROWSER = "asked_by"  # a secret of this browser; a code works only beside it


@blueprint.get("/sign-in")
def ask() -> ResponseReturnValue:
    """Ask for the email address."""
    return _ask_page()


@blueprint.post("/sign-in")
def send_link() -> ResponseReturnValue:
    """Mail a link and a code, and say the same to known and unknown addresses."""
    form = typed("email")
    address = form.value("email")
    if fault := rules.address_fault(address):
        return _ask_page(Form(form.values, {"email": fault})), 422
    if flask.session.get(ASKED_FOR) != address or BROWSER not in flask.session:
        flask.session[BROWSER] = tokens.fresh()
    flask.session[ASKED_FOR] = address
    flask.session[NEXT] = own_path(flask.request.form.get("next"), otherwise="")
    with transaction():
        signing_in.request_sign_in(address, browser=flask.session[BROWSER], now=clock.utc_now())
    return flask.redirect("/sign-in/code", 303)


@blueprint.get("/sign-in/code")
def link_sent() -> ResponseReturnValue:
    """Say where to look, and take the code."""
    if ASKED_FOR not in flask.session:
        return flask.redirect("/sign-in", 303)
    return _code_page()


@blueprint.post("/sign-in/code")
def try_code() -> ResponseReturnValue:
    """Sign in with the code, in the browser that asked for it."""
    if BROWSER not in flask.session or ASKED_FOR not in flask.session:
        return flask.redirect("/sign-in", 303)
    now = clock.utc_now()
    form = typed("code")
    try:
        with transaction():
            answer = signing_in.try_code(
                form.value("code"),
                browser=flask.session[BROWSER],
                address=flask.session[ASKED_FOR],
                device=this_device(),
                now=now,
            )
    except Invalid as invalid:
        return _code_page(Form(faults=invalid.fields)), 422
    if answer.browser:
        return _welcome(answer.browser)
    if answer.must_wait:
        words = "Too many tries. Wait 10 minutes, then try again. The link in our email still works"
        return _code_page(Form(faults={"code": words})), 429
    return _code_page(Form(faults={"code": _wrong_code(answer.tries_left)})), 422


@blueprint.get("/sign-in/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Ask whether to sign in; only the button does it."""
    pending = signing_in.find_sign_in(token, now=clock.utc_now())
    if pending is None:
        return _too_old(signing_in.OLD_LINK)
    return flask.render_template("people/confirm.html", name=pending.name, token=token)


@blueprint.post("/sign-in/<token>")
def sign_in(token: str) -> ResponseReturnValue:
    """Spend the link and give this browser a session of its own."""
    now = clock.utc_now()
    try:
        with transaction():
            browser = signing_in.sign_in(
                token, browser=flask.session.get(BROWSER), device=this_device(), now=now
            )  # fmt: skip
    except Refused as refused:
        return _too_old(refused.message)
    return _welcome(browser)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session on the server too, so that a copy of the cookie is worth nothing."""
    _leave_browser_session()
    flask.session.clear()
    flask.flash("You are signed out.")
    return flask.redirect("/", 303)


def _too_old(message: str) -> ResponseReturnValue:
    return old_links.too_old(
        f"{message} A link works once, for 15 minutes.", button="Send me a new link", path="/sign-in"
    )


def _welcome(browser: str) -> ResponseReturnValue:
    """Sign this browser in; whatever the cookie said before is gone. Staff go on to their second factor."""
    wanted = own_path(flask.session.get(NEXT), otherwise="")
    _leave_browser_session()
    flask.session.clear()
    who = identity.remember(browser, now=clock.utc_now())
    if who is None:
        return flask.redirect("/", 303)
    wanted = wanted or _first_page(who)
    is_held_back = identity.held_back(who).is_held_back
    return flask.redirect(identity.confirm_page(back=wanted) if is_held_back else wanted, 303)


def _leave_browser_session() -> None:
    if token := identity.browser_token():
        with transaction():
            browser_sessions.sign_out(token, now=clock.utc_now())


def _first_page(who: Identity) -> str:
    if who.reads_office:
        return "/office"
    return "/host" if who.is_host else "/"


def _wrong_code(tries_left: int) -> str:
    if not tries_left:
        return "That code is not right. Use the link in our email, or ask for a new code"
    left = "once more" if tries_left == 1 else f"{tries_left} more times"
    return f"That code is not right. Check the 6 digits in our email. You can try {left}"


def _ask_page(form: Form | None = None) -> str:
    wanted = own_path(flask.request.values.get("next"), otherwise="")
    return flask.render_template("people/ask.html", form=form or Form(), next=wanted)


def _code_page(form: Form | None = None) -> str:
    address = flask.session.get(ASKED_FOR, "")
    wanted = own_path(flask.session.get(NEXT), otherwise="")
    return flask.render_template("people/link_sent.html", form=form or Form(), address=address, next=wanted)
