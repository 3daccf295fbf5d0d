"""An activity is not hidden again once anybody has a place or waits."""

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.programme import queries
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import changes
from ecwi_events.registration.changes import Move
from tests.make import NOW, make_activity, sign_up, withdraw

pytestmark = pytest.mark.usefixtures("app")


def move(activity_id, status):
    with transaction():
        changes.move_activity(activity_id, Move(status, None, reason="The trainer is ill"), now=NOW)
    return queries.find_activity(activity_id).status


def test_with_people_it_can_be_postponed_and_not_go_back_to_draft():
    activity_id = make_activity()
    sign_up(activity_id)
    with pytest.raises(Refused) as refused:
        move(activity_id, ActivityStatus.DRAFT)
    assert refused.value.message == "People have signed up. Postpone it instead."
    assert queries.find_activity(activity_id).status == "planned"
    assert move(activity_id, ActivityStatus.POSTPONED) == "postponed"


def test_without_people_or_when_all_withdrew_it_goes_back():
    empty, left = make_activity(), make_activity()
    withdraw(sign_up(left).registration_id)
    assert [move(activity_id, ActivityStatus.DRAFT) for activity_id in (empty, left)] == ["draft", "draft"]


def test_an_activity_that_is_not_there_cannot_be_moved():
    with pytest.raises(NotFound):
        move(4711, ActivityStatus.DRAFT)
