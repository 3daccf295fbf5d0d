"""Who works in the office, who administers, who audits. The office reads it; administrators change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotAllowed, Refused
from ecwi_events.people import roles
from ecwi_events.people.models import Role
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("office_roles", __name__, url_prefix="/office/roles")

PAGE = "/office/roles"
WORDS = {
    Role.OFFICE: "Office: does the secretariat's work",
    Role.ADMINISTRATOR: "Administrator: does that too, and gives roles",
    Role.AUDITOR: "Auditor: reads what the office reads, changes nothing",
}


@blueprint.get("")
def index() -> ResponseReturnValue:
    """List who has which role."""
    return _page(Form())


@blueprint.post("")
def give() -> ResponseReturnValue:
    """Give somebody a role; the person signs in again before it holds."""
    if answer := identity.require_fresh(back=PAGE):
        return answer
    form = typed("email", "role")
    try:
        with transaction():
            name = roles.give_role(form.value("email"), form.value("role"), now=clock.utc_now())
    except Invalid as invalid:
        return _page(form.wrong(invalid)), 422
    flask.flash(f"{name} has the role now. They sign in again to use it.")
    return flask.redirect(PAGE, 303)


@blueprint.post("/<int(max=2147483647):grant_id>/take-back")
def take_back(grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    if answer := identity.require_fresh(back=PAGE):
        return answer
    who = identity.present()
    if who is None:  # the check of access has let nobody else in
        raise NotAllowed("Sign in first.")
    try:
        with transaction():
            roles.take_role_back(grant_id, by_person_id=who.person_id, now=clock.utc_now())
    except Refused as refused:
        return _page(Form(), more=refused.message), 409
    flask.flash("The role is taken back.")
    return flask.redirect(PAGE, 303)


def _page(form: Form, more: str = "") -> str:
    now = clock.utc_now()
    zone = dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
    return flask.render_template(
        "office/roles.html",
        nav="office",
        form=form,
        more=more,
        holders=[
            (one, WORDS[one.role].partition(":")[0], dates.moment(one.granted_at, zone, now=now))
            for one in roles.holders()
        ],
        choices=[(role.value, words) for role, words in WORDS.items()],
    )
