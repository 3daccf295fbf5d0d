"""My second factors: an app, passkeys, recovery codes. Every change asks first who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
import segno
from markupsafe import Markup

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.people import passkeys, rules, second_factor
from ecwi_events.people.second_factor import Proof
from ecwi_events.web import identity
from ecwi_events.web.account.second_factor import WAIT, drop_challenge, me, owner
from ecwi_events.web.forms import Form, own_path, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue, ResponseValue

    from ecwi_events.people.queries import Identity

blueprint = flask.Blueprint("factors", __name__, url_prefix="/me/second-factor")

PAGE = "/me/second-factor"
SET_UP_FOR = "set_up_for"  # in the signed cookie: where to go on to
WRONG = "That code is not right. Wait for the next one in your app"


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show what there is."""
    return _page(me())


@blueprint.post("/app")
def begin_app() -> ResponseReturnValue:
    """Make a secret for an app."""
    who = me()
    if answer := _not_yet(who):
        return answer
    with transaction():
        second_factor.begin_app(who.person_id, now=clock.utc_now())
    return flask.redirect(f"{PAGE}/app", 303)


@blueprint.get("/app")
def app() -> ResponseReturnValue:
    """Show the QR code until the first right code has come."""
    who = me()
    return _not_yet(who) or _app_page(who)


@blueprint.post("/app/confirm")
def confirm_app() -> ResponseReturnValue:
    """Let the app count, and show the recovery codes that belong to it."""
    who, now = me(), clock.utc_now()
    if answer := _not_yet(who):
        return answer
    with transaction():
        proof = second_factor.confirm_app(who.person_id, typed("code").value("code"), now=now)
        codes = _after_adding(who) if proof is Proof.RIGHT else []
    if proof is Proof.RIGHT:
        return _recovery_page(codes)
    must_wait = proof is Proof.MUST_WAIT
    return _app_page(who, Form(faults={"code": WAIT if must_wait else WRONG})), 429 if must_wait else 422


@blueprint.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    """Take the app away."""
    who, now = me(), clock.utc_now()
    if answer := _not_yet(who):
        return answer
    with transaction():
        second_factor.remove_app(who.person_id, now=now)
        identity.renew(now=now)
    flask.flash("The app is removed. Its codes no longer work.")
    return flask.redirect(PAGE, 303)


@blueprint.post("/recovery-codes")
def recovery_codes() -> ResponseReturnValue:
    """Make ten new codes and show them once."""
    who, now = me(), clock.utc_now()
    if answer := _not_yet(who):
        return answer
    if not second_factor.factors_of(who.person_id).any:
        raise Refused("no_factor", "Add an app or a passkey first.")
    with transaction():
        codes = second_factor.give_recovery_codes(who.person_id, now=now)
    return _recovery_page(codes)


@blueprint.post("/passkeys/options")
def passkey_options() -> ResponseReturnValue:
    """Ask the browser to make a passkey."""
    who = me()
    if _not_yet(who):
        return flask.jsonify(confirm=identity.confirm_page(back=PAGE))
    with transaction():
        options = passkeys.options_to_register(owner(who), now=clock.utc_now())
    return flask.Response(options, mimetype="application/json")


@blueprint.post("/passkeys")
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser made; with the first factor come recovery codes."""
    who, form = me(), typed("name")
    if answer := _not_yet(who):
        return answer
    try:
        with transaction():
            passkeys.register(
                owner(who), flask.request.form.get("credential", ""), name=form.value("name"), now=clock.utc_now()
            )
            codes = _after_adding(who)
    except Refused as refused:
        drop_challenge(who)
        return _page(who, more=refused.message), 422
    if codes:
        return _recovery_page(codes)
    flask.flash("The passkey is added.")
    return flask.redirect(PAGE, 303)


@blueprint.post("/passkeys/<int(max=2147483647):passkey_id>/remove")
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Take a passkey away."""
    who, now = me(), clock.utc_now()
    if answer := _not_yet(who):
        return answer
    with transaction():
        passkeys.remove(who.person_id, passkey_id, now=now)
        identity.renew(now=now)
    flask.flash("The passkey is removed.")
    return flask.redirect(PAGE, 303)


def _not_yet(who: Identity) -> ResponseReturnValue | None:
    """Return the way to confirming who one is, if a change of factors needs it now."""
    has_factor = second_factor.factors_of(who.person_id).any
    if rules.may_change_factors(has_factor=has_factor, is_strong=who.is_strong, is_fresh=who.is_fresh):
        return None
    return flask.redirect(identity.confirm_page(back=PAGE), 303)


def _after_adding(who: Identity) -> list[str]:
    """Give this browser the strength of the new factor, and recovery codes if there are none left."""
    now = clock.utc_now()
    identity.renew(strong=True, now=now)
    if second_factor.factors_of(who.person_id).recovery_left:
        return []
    return second_factor.give_recovery_codes(who.person_id, now=now)


def _page(who: Identity, more: str = "") -> str:
    factors = second_factor.factors_of(who.person_id)
    is_needed = who.is_held_back and not factors.any
    return flask.render_template("people/factors.html", factors=factors, more=more, is_needed=is_needed)


def _app_page(who: Identity, form: Form | None = None) -> ResponseValue:
    secret = second_factor.new_app_secret(who.person_id)
    if secret is None:
        return flask.redirect(PAGE, 303)
    qr = segno.make(second_factor.app_address(secret, who.name), micro=False, error="m")
    return flask.render_template(
        "people/factor_app.html",
        form=form or Form(),
        qr=Markup(qr.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr")),  # noqa: S704 - numbers only
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )


def _recovery_page(codes: list[str]) -> ResponseReturnValue:
    if not codes:
        flask.flash("The app is added.")
        return flask.redirect(PAGE, 303)
    wanted = own_path(flask.session.pop(SET_UP_FOR, ""), otherwise=PAGE)
    return flask.render_template("people/recovery_codes.html", codes=codes, next=wanted)
