"""The acts of signing up, as the doors call them; each lives in the file of its topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.journal import service as journal
from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme import service as programme
from ecwi_events.registration import places
from ecwi_events.registration.approval import approve, decline
from ecwi_events.registration.capacity import change_capacity
from ecwi_events.registration.groups import GroupResult, sign_up_group
from ecwi_events.registration.hosting import add_person, move_person
from ecwi_events.registration.offers import accept_offer, decline_offer, lapse_due
from ecwi_events.registration.rows import HELD
from ecwi_events.registration.signing_up import SAME_CLICK, SignedUp, SignUp, sign_up
from ecwi_events.registration.terms import invite, set_terms, uninvite
from ecwi_events.registration.withdrawing import pass_place_on, undo_withdrawal, withdraw, withdraw_all

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.programme.service import NewActivity

__all__ = [
    "HELD", "SAME_CLICK", "GroupResult", "SignUp", "SignedUp", "accept_offer", "add_person", "approve", "change_capacity",
    "create_activity", "decline", "decline_offer", "invite", "lapse_due", "move_person", "pass_place_on", "set_terms",
    "sign_up", "sign_up_group", "undo_withdrawal", "uninvite", "withdraw", "withdraw_all",
]  # fmt: skip


def create_activity(new: NewActivity, *, capacity: int | None, by_person_id: int | None, now: datetime) -> int:
    """Make an activity together with its counted row, and return its id.

    Raises:
        Invalid: a field cannot be taken.
    """
    if capacity is not None and capacity < 1:
        raise Invalid({"capacity": "Enter the number of places, or leave it empty for no limit"})
    activity_id = programme.create_activity(new, by_person_id=by_person_id, now=now)
    places.open_places(activity_id, capacity=capacity)
    journal.note("open_places", "activity", activity_id, after={"capacity": capacity}, now=now)
    return activity_id
