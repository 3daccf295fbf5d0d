"""Whose activity it is: what every page below /host/activities/<id> asks first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel.errors import NotFound
from ecwi_events.people import rules
from ecwi_events.programme import queries as programme
from ecwi_events.web import access, identity

if TYPE_CHECKING:
    from collections.abc import Collection

    from ecwi_events.people.queries import Identity
    from ecwi_events.programme.queries import ActivityPage, SessionView


HIDDEN = "hidden"


def who_asks() -> Identity:
    """Return who is signed in, on pages that the table of permissions opens to nobody else."""
    who = identity.present()
    assert who is not None  # noqa: S101 - the access table lets nobody else in
    return who


def may_open(host_ids: Collection[int]) -> bool:
    """Tell whether this request may go to a page of an activity with these hosts: auditors of the office only read."""
    who = who_asks()
    as_office = who.reads_office if flask.request.method in access.READING else who.runs_office
    return rules.may_act_for(who.host_of, host_ids, runs_office=as_office)


def may_change(host_ids: Collection[int]) -> bool:
    """Tell whether who asks may change what belongs to an activity with these hosts."""
    who = who_asks()
    return rules.may_act_for(who.host_of, host_ids, runs_office=who.runs_office)


def own_activity(activity_id: int) -> ActivityPage:
    """Return an activity for hosts of it and for the office; for everybody else it does not exist.

    Raises:
        NotFound: there is no such activity, or it is somebody else's.
    """
    found = programme.find_activity(activity_id)
    if found is None or not may_open(found.host_ids):
        raise NotFound("We cannot find this page.")
    return as_read(found)


def as_read(found: ActivityPage) -> ActivityPage:
    """Return an activity as who asks may read it: without the addresses of meetings for who does not act for it."""
    who = who_asks()
    if rules.may_see_meeting(who.host_of, found.host_ids, runs_office=who.runs_office):
        return found
    return replace(found, sessions=tuple(without_address(session) for session in found.sessions))


def without_address(session: SessionView) -> SessionView:
    """Return a session that tells whether it has an address, and not which."""
    return replace(session, meeting_url=HIDDEN if session.meeting_url else None, typed_place=session.place)
