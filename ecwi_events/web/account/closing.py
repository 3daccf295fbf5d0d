"""Deleting one's own account; for the office: closing an account, opening it again, erasing a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.attendance.erasing import erase_person
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import erasing, settings
from ecwi_events.registration import mine
from ecwi_events.registration.models import Place
from ecwi_events.web import identity
from ecwi_events.web.hosting import who_asks

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.settings import Profile

blueprint = flask.Blueprint("closing", __name__)

OWN = "/me/delete"
GIVEN_AWAY = (Place.CONFIRMED, Place.OFFERED, Place.WAITING)


@blueprint.get(OWN)
def ask_me() -> ResponseReturnValue:
    """Say what goes and what stays, and ask."""
    if answer := identity.require_fresh(back=OWN):
        return answer
    return _page(settings.get_profile(who_asks().person_id), is_own=True)


@blueprint.post(OWN)
def erase_me() -> ResponseReturnValue:
    """Erase the person who asks, and sign this browser out."""
    if answer := identity.require_fresh(back=OWN):
        return answer
    me = who_asks().person_id
    try:
        with transaction():
            erase_person(me, now=clock.utc_now())
    except Refused as refused:
        return _page(settings.get_profile(me), is_own=True, more=refused.message), 409
    flask.session.clear()
    flask.flash("Your account and your data are deleted.")
    return flask.redirect("/", 303)


@blueprint.get("/office/people/<int(max=2147483647):person_id>/delete")
def ask(person_id: int) -> ResponseReturnValue:
    """Say what goes and what stays, and ask."""
    return _page(_left(person_id), is_own=False)


@blueprint.post("/office/people/<int(max=2147483647):person_id>/delete")
def erase(person_id: int) -> ResponseReturnValue:
    """Erase a person."""
    path = flask.url_for(".ask", person_id=person_id)
    if answer := identity.require_fresh(back=path):
        return answer
    profile = _left(person_id)
    if person_id == who_asks().person_id:
        return flask.redirect(OWN, 303)
    try:
        with transaction():
            erase_person(person_id, now=clock.utc_now())
    except Refused as refused:
        return _page(profile, is_own=False, more=refused.message), 409
    flask.flash("The person is erased.")
    return flask.redirect(flask.url_for("office_people.person", person_id=person_id), 303)


@blueprint.post("/office/people/<int(max=2147483647):person_id>/close")
def close(person_id: int) -> ResponseReturnValue:
    """Close an account."""
    with transaction():
        erasing.disable(person_id, by_person_id=who_asks().person_id, now=clock.utc_now())
    flask.flash("The account is closed. The person is signed out everywhere.")
    return flask.redirect(flask.url_for("office_people.person", person_id=person_id), 303)


@blueprint.post("/office/people/<int(max=2147483647):person_id>/open")
def reopen(person_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    with transaction():
        erasing.enable(person_id, now=clock.utc_now())
    flask.flash("The account is open again.")
    return flask.redirect(flask.url_for("office_people.person", person_id=person_id), 303)


def _left(person_id: int) -> Profile:
    """Return a person whom one can still erase.

    Raises:
        NotFound: there is no such person, or nobody any more.
    """
    profile = settings.get_profile(person_id)
    if profile.merged_into_id or erasing.get_person(person_id).erased_at:
        raise NotFound("We cannot find this person.")
    return profile


def _page(profile: Profile, *, is_own: bool, more: str = "") -> str:
    now = clock.utc_now()
    held = {
        one.activity_id: one.title
        for one in mine.sign_ups_of(profile.person_id)
        if one.place in GIVEN_AWAY and one.is_to_come(now)
    }
    return flask.render_template(
        "people/delete.html",
        nav="me" if is_own else "office",
        profile=profile,
        is_own=is_own,
        held=list(held.values()),
        more=more,
    )
