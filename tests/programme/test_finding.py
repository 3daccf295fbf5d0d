"""Finding an activity: with one question, the same object as long as its facts are the same, and never an old one."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import Activity, ActivitySession, OutcomeKind
from ecwi_events.programme.outcomes import add_outcome
from ecwi_events.programme.queries import find_activity
from tests import make


@pytest.fixture
def activity_id(app):
    return make.make_activity(
        "Before", sessions=[make.make_session(), make.make_session(starts_local="2027-02-02 10:00")]
    )


def test_an_unchanged_activity_is_the_same_object_and_costs_one_question(activity_id, asked):
    assert find_activity(activity_id) is find_activity(activity_id)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Activity, {"status": "cancelled"}),
        (Activity, {"title": "After"}),
        (Activity, {"visibility": "members"}),
        (ActivitySession, {"status": "cancelled"}),
        (ActivitySession, {"schedule_revision": 7}),
        (ActivitySession, {"meeting_url": "https://meet.example/other"}),
        (ActivitySession, {"place": "Leiden"}),
    ],
)
def test_what_has_changed_is_read_again(activity_id, table, values):
    before = find_activity(activity_id)
    with transaction():
        db.session.execute(sa.update(table).values(**values))
    assert find_activity(activity_id) != before


def test_a_new_outcome_is_seen_at_once(activity_id):
    assert find_activity(activity_id).outcomes == ()
    with transaction():
        add_outcome(activity_id, OutcomeKind.PLANNED, "A plan for the first week", now=make.NOW)
    assert find_activity(activity_id).outcomes == ("A plan for the first week",)


def test_an_activity_that_is_gone_is_not_found(app):
    assert find_activity(987) is None
