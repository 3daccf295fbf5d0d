"""Confirming who one is: with a code from the app, a code from paper, or a passkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.people import passkeys, second_factor
from ecwi_events.people.second_factor import Proof
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, own_path, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity

blueprint = flask.Blueprint("second_factor", __name__)

WRONG = "That code is not right. Wait for the next one in your app, or use a code from paper"
WAIT = "Too many tries. Wait 10 minutes, then try again"


@blueprint.get("/second-factor")
def ask() -> ResponseReturnValue:
    """Ask for the second factor; whoever has none sets one up or signs in again."""
    who = me()
    if not second_factor.factors_of(who.person_id).any and who.is_held_back and who.is_fresh:
        flask.session["set_up_for"] = _wanted()
        return flask.redirect("/me/second-factor", 303)
    return _page(who)


@blueprint.post("/second-factor")
def confirm() -> ResponseReturnValue:
    """Take a code; a right one gives this browser a new session id."""
    who, now = me(), clock.utc_now()
    with transaction():
        proof = second_factor.prove(who.person_id, typed("code").value("code"), now=now)
        if proof is Proof.RIGHT:
            identity.renew(strong=True, now=now)
    if proof is Proof.RIGHT:
        return flask.redirect(_wanted(), 303)
    must_wait = proof is Proof.MUST_WAIT
    return _page(who, Form(faults={"code": WAIT if must_wait else WRONG})), 429 if must_wait else 422


@blueprint.post("/second-factor/passkey/options")
def passkey_options() -> ResponseReturnValue:
    """Ask a passkey, in the language of browsers."""
    with transaction():
        options = passkeys.options_to_confirm(owner(me()), now=clock.utc_now())
    return flask.Response(options, mimetype="application/json")


@blueprint.post("/second-factor/passkey")
def confirm_passkey() -> ResponseReturnValue:
    """Take a passkey's answer."""
    who, now = me(), clock.utc_now()
    try:
        with transaction():
            passkeys.confirm(owner(who), flask.request.form.get("credential", ""), now=now)
            identity.renew(strong=True, now=now)
    except Refused as refused:
        drop_challenge(who)
        return _page(who, more=refused.message), 422
    return flask.redirect(_wanted(), 303)


def me() -> Identity:
    """Return who is signed in; the check of access has let nobody else in."""
    who = identity.present()
    if who is None:
        flask.abort(403)
    return who


def owner(who: Identity) -> passkeys.Owner:
    """Return whose passkey is spoken of."""
    return passkeys.Owner(who.person_id, who.browser_id, who.name)


def drop_challenge(who: Identity) -> None:
    """Let a question that got a wrong answer not be answered again."""
    with transaction():
        passkeys.drop_challenge(who.browser_id)


def _wanted() -> str:
    return own_path(flask.request.values.get("next"), otherwise="/")


def _page(who: Identity, form: Form | None = None, more: str = "") -> str:
    return flask.render_template(
        "people/confirm_who.html",
        form=form or Form(),
        more=more,
        factors=second_factor.factors_of(who.person_id),
        next=_wanted(),
    )
