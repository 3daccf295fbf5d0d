"""Who asks to see an activity: signed in or not, with an invitation link or without; and the way in by such a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, tokens
from ecwi_events.kernel.errors import NotFound
from ecwi_events.people import queries as people
from ecwi_events.programme import queries as programme
from ecwi_events.programme.rules import STRANGER, Viewer
from ecwi_events.registration import queries as registrations
from ecwi_events.web import identity

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("seeing", __name__)

INVITATIONS = "invited"  # in the signed cookie: the hashes of the invitation links that this browser has opened
MOST_KEPT = 10


@blueprint.get("/i/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """Let this browser see the activity that an invitation link was made for."""
    slug = programme.find_invitation(token)
    if slug is None:
        raise NotFound("This invitation no longer works. Ask the host for a new link.")
    kept = [one for one in flask.session.get(INVITATIONS, []) if one != tokens.digest(token)]
    flask.session[INVITATIONS] = [*kept, tokens.digest(token)][-MOST_KEPT:]
    return flask.redirect(flask.url_for("programme.activity", slug=slug), 303)


def viewer() -> Viewer:
    """Return who asks, for `programme.rules.may_see`; costs nothing for browsers that never signed in."""
    who, invitations = identity.present(), frozenset(flask.session.get(INVITATIONS, []))
    if who is None:
        return Viewer(invitations=invitations) if invitations else STRANGER
    return Viewer(
        is_member=people.works_for_member(who.person_id, on=clock.utc_now().date()),
        sees_all=who.reads_office,
        host_of=who.host_of,
        invitations=invitations,
        signed_up_for=registrations.signed_up_for(who.person_id),
    )
