"""Activities that are remembered while many mails about them are written."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import queries, remembering
from ecwi_events.programme.models import Activity, ActivitySession, OutcomeKind
from ecwi_events.programme.outcomes import add_outcome
from tests import make


@pytest.fixture
def activity_id(app):
    return make.make_activity(
        "Before", sessions=[make.make_session(), make.make_session(starts_local="2027-02-02 10:00")]
    )


def test_an_unchanged_activity_is_read_once(activity_id):
    with remembering.activities():
        assert queries.find_activity(activity_id) is queries.find_activity(activity_id)


def test_outside_everything_is_looked_at_again(activity_id):
    with remembering.activities():
        assert queries.find_activity(activity_id).outcomes == ()
        with transaction():
            add_outcome(activity_id, OutcomeKind.PLANNED, "A plan for the first week", now=make.NOW)
        assert queries.find_activity(activity_id).outcomes == ()  # a batch lasts a moment
    assert queries.find_activity(activity_id).outcomes == ("A plan for the first week",)
    with remembering.activities():
        assert queries.find_activity(activity_id).outcomes == ("A plan for the first week",)


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
    with remembering.activities():
        before = queries.find_activity(activity_id)
        with transaction():
            db.session.execute(sa.update(table).values(**values))
        after = queries.find_activity(activity_id)
        assert after != before
        assert queries.find_activity(activity_id) is after


def test_an_activity_that_is_gone_is_not_found(app):
    with remembering.activities():
        assert queries.find_activity(987) is None
        assert queries.find_activity(987) is None
