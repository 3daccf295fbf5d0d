"""A postponed and an ongoing PLA, moved by the acts of the office, print as they should."""

from datetime import UTC, date, datetime

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import changes
from ecwi_events.registration.changes import Move
from tests import make
from tests.overview.conftest import snapshot_of

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
END_OF_YEAR = date(2027, 12, 31)


@pytest.fixture
def pla(app):
    return make.make_activity("Reading together", home_year=2027, sessions=[make.make_session("One")])


def move(pla, to, **facts):
    with transaction():
        changes.move_activity(pla, Move(to, None, **facts), now=AT)


def printed(as_of=END_OF_YEAR):
    return snapshot_of(2027, as_of)


@pytest.mark.parametrize(
    ("until", "printed_date"),
    [("autumn 2027", "autumn 2027"), ("2027-10-14", "14 October 2027"), ("Autumn 2028", "Autumn 2028")],
)
def test_a_postponed_one_says_its_new_date_as_it_was_given(pla, until, printed_date):
    move(pla, ActivityStatus.POSTPONED, reason="No trainer", until=until)
    snapshot = printed()
    (page,) = snapshot["profiles"]
    assert (page["period"], page["replanned"]) == ("Postponed", printed_date)
    assert snapshot["sentences"]["postponed"] == f"One PLA was postponed: “Reading together” (new date: {printed_date})"
    assert "The activity is still to take place." in {fact["value"] for fact in page["facts"]}


def test_a_postponed_one_without_a_date_is_remarked(pla):
    move(pla, ActivityStatus.POSTPONED, reason="No trainer")
    snapshot = printed()
    assert snapshot["sentences"]["postponed"] == "One PLA was postponed: “Reading together”"
    assert "postponed_without_date" in {remark["code"] for remark in snapshot["warnings"]}


def test_planned_again_it_is_no_longer_called_postponed(pla):
    move(pla, ActivityStatus.POSTPONED, reason="No trainer", until="autumn 2027")
    with transaction():
        from ecwi_events.programme import sessions
        from ecwi_events.programme.queries import find_activity

        (session,) = find_activity(pla).sessions
        sessions.reschedule(
            session.id, sessions.Promise(datetime(2027, 10, 14, 14), "Europe/Amsterdam", 90),  # noqa: DTZ001
            reason=None, by_person_id=None, now=AT,
        )  # fmt: skip
    move(pla, ActivityStatus.PLANNED)
    snapshot = printed(as_of=date(2027, 3, 1))
    (page,) = snapshot["profiles"]
    assert (page["period"], page["replanned"]) == ("Planned for October 2027", None)
    assert snapshot["sentences"]["postponed"] is None


def test_an_ongoing_one_has_no_end_until_it_is_over(pla):
    move(pla, ActivityStatus.ONGOING)
    snapshot = printed()
    assert snapshot["profiles"][0]["period"] == "Ongoing since January 2027"
    assert not [remark for remark in snapshot["errors"] if remark["code"] == "period_error"]
    move(pla, ActivityStatus.COMPLETED)
    snapshot = printed()
    assert snapshot["profiles"][0]["period"] == "January 2027"
    assert not [remark for remark in snapshot["errors"] if remark["code"] == "period_error"]


def test_a_cancelled_one_stands_nowhere(pla):
    move(pla, ActivityStatus.CANCELLED, reason="No trainer")
    snapshot = printed()
    assert snapshot["profiles"] == []
