"""Making an activity and moving it from status to status."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import listing, queries, record_rules, rules, service, sessions
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivitySession,
    ActivityStatus,
    Component,
    ComponentKind,
    SessionStatus,
    StatusChange,
)
from ecwi_events.programme.service import NewActivity
from ecwi_events.programme.sessions import NewSession
from ecwi_events.work.models import Work
from tests.make import NOW, make_activity, make_organisation, make_session

pytestmark = pytest.mark.usefixtures("app")


def only(column):
    return db.session.scalars(sa.select(column)).one()


def test_a_session_keeps_the_promise_and_derives_the_instants():
    make_activity(sessions=[make_session(starts_local="2027-06-15 10:00", zone="Europe/Kiev", minutes=90)])
    session = only(ActivitySession)
    assert (session.starts_local, session.zone) == (datetime(2027, 6, 15, 10, 0), "Europe/Kyiv")  # noqa: DTZ001
    assert session.starts_at.isoformat() == "2027-06-15T07:00:00+00:00"
    assert session.ends_at - session.starts_at == timedelta(minutes=90)


def test_the_period_follows_from_the_sessions():
    starts = ["2026-12-05 10:00", "2027-03-30 10:00"]
    make_activity(sessions=[make_session(starts_local=start) for start in starts])
    activity = only(Activity)
    assert (activity.period_start, activity.period_end) == (date(2026, 12, 1), date(2027, 3, 1))


def test_equal_titles_get_addresses_of_their_own():
    for _ in range(3):
        make_activity("Видео коучинг 50%_")
    slugs = db.session.scalars(sa.select(Activity.slug).order_by(Activity.id)).all()
    assert slugs == ["video-kouching-50", "video-kouching-50-2", "video-kouching-50-3"]


@pytest.mark.parametrize(
    ("session", "field"),
    [
        (make_session(starts_local="2027-03-28 02:30"), "starts_local"),  # the clocks skip it
        (make_session(starts_local="2027-10-31 02:30"), "starts_local"),  # the clocks show it twice
        (make_session(starts_local="0001-01-01 00:00"), "starts_local"),
        (make_session(starts_local="1989-12-31 23:59"), "starts_local"),
        (make_session(starts_local="2101-01-01 00:00"), "starts_local"),
        (make_session(starts_local="9999-12-31 23:59", zone="America/Lima"), "starts_local"),
        (make_session(zone="Mars/Olympus"), "zone"),
        (make_session(minutes=0), "duration_minutes"),
        (make_session(minutes=60 * 13), "duration_minutes"),
        (make_session(title="  "), "title"),
        (NewSession("A", datetime(2027, 1, 1, 10), "UTC", 60, meeting_url="javascript:alert(1)"), "meeting_url"),  # noqa: DTZ001
    ],
)
def test_a_session_that_cannot_be_taken_names_its_field_and_nothing_is_written(session, field):
    with pytest.raises(Invalid) as invalid:
        make_activity(sessions=[make_session(), session])
    assert list(invalid.value.fields) == [f"sessions-1-{field}"]
    assert db.session.scalars(sa.select(Activity)).all() == []


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"host_id": 4711}, "host_id"), ({"home_year": 1989}, "home_year"), ({"home_year": 2101}, "home_year")],
)
def test_an_activity_that_cannot_be_taken_names_its_field_and_nothing_is_written(facts, field):
    with pytest.raises(Invalid) as invalid:
        make_activity(**facts)
    assert list(invalid.value.fields) == [field]
    assert db.session.scalars(sa.select(Activity)).all() == []


def test_a_co_host_that_is_not_there_cannot_be_taken():
    new = NewActivity(ActivityKind.PLA, "Title", 2026, co_host_ids=[make_organisation(), 4711])
    with pytest.raises(Invalid) as invalid, transaction():
        service.create_activity(new, by_person_id=None, now=NOW)
    assert list(invalid.value.fields) == ["co_host_ids"]


@pytest.mark.parametrize(
    ("once", "key"),
    [
        ("a-word_of-16-let", "activity-a-word_of-16-let"),
        ("too-short", None),
        ("x" * 41, None),
        ("a word with blanks", None),
    ],
)
def test_the_key_of_a_form(once, key):
    assert service.key_of(once) == key


def test_a_time_that_comes_twice_is_taken_when_it_is_said_which():
    twice = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001 - wall time
    make_activity(sessions=[NewSession("A", twice, "Europe/Amsterdam", 60, fold=1)])
    assert only(ActivitySession).starts_at.isoformat() == "2027-10-31T01:30:00+00:00"


def test_a_draft_is_not_seen_and_a_published_activity_is():
    draft = make_activity("Draft", status=ActivityStatus.DRAFT)
    make_activity("Public")
    assert [card.title for card in listing.coming(now=NOW).cards] == ["Public"]
    assert queries.find_activity_page("draft") is None
    assert queries.find_activity(draft).title == "Draft"


def test_publishing_needs_what_people_must_know():
    activity_id = make_activity(sessions=[], status=ActivityStatus.DRAFT)
    with pytest.raises(Refused) as refused, transaction():
        service.move_to_status(activity_id, ActivityStatus.PLANNED, by_person_id=None, now=NOW)
    assert "Add one session or more" in refused.value.message
    lacks = record_rules.RecordFacts(
        has_title=False, has_host=False, sessions=0, components=0, is_recorded=True, has_theme=False, has_text=False
    )
    assert record_rules.refusal_words(record_rules.missing_before_publishing(lacks)) == (
        "Before it can be published: Enter a title; Choose the host organisation; Add one session or more."
    )


def test_a_component_without_dates_is_enough_and_a_cancelled_session_is_not():
    with_visits, cancelled = (make_activity(name, status=ActivityStatus.DRAFT) for name in ("Visits", "Cancelled"))
    with transaction():
        db.session.execute(sa.update(ActivitySession).values(status=SessionStatus.CANCELLED))
        db.session.add(Component(activity_id=with_visits, format=ComponentKind.STUDY_VISIT, count=2))
    with transaction():
        service.move_to_status(with_visits, ActivityStatus.PLANNED, by_person_id=None, now=NOW)
    with pytest.raises(Refused), transaction():
        service.move_to_status(cancelled, ActivityStatus.PLANNED, by_person_id=None, now=NOW)


@pytest.mark.parametrize(
    ("status", "to", "verdict"),
    [
        ("draft", "planned", True),
        ("draft", "completed", False),
        ("planned", "running", True),
        ("completed", "planned", False),
        ("cancelled", "running", False),
        ("cancelled", "planned", True),  # by the office, for one day
        ("postponed", "planned", True),
    ],
)
def test_who_may_move_where(status, to, verdict):
    assert rules.may_move(status, to) is verdict


def test_each_move_is_logged_and_exports_the_feed_once():
    activity_id = make_activity()
    with transaction():
        service.move_to_status(activity_id, ActivityStatus.RUNNING, by_person_id=None, reason="it began", now=NOW)
        service.move_to_status(activity_id, ActivityStatus.RUNNING, by_person_id=None, reason="once more", now=NOW)
    log = db.session.scalars(sa.select(StatusChange.status).order_by(StatusChange.id)).all()
    keys = db.session.scalars(sa.select(Work.dedup_key).where(Work.kind == "feed.export").order_by(Work.id)).all()
    assert log == ["draft", "planned", "running"]
    assert keys == [f"feed:programme:{activity_id}:2", f"feed:programme:{activity_id}:3"]
    with pytest.raises(Refused), transaction():
        service.move_to_status(activity_id, ActivityStatus.DRAFT, by_person_id=None, now=NOW)


def test_a_missing_activity_cannot_be_moved():
    with pytest.raises(NotFound), transaction():
        service.move_to_status(4711, ActivityStatus.PLANNED, by_person_id=None, now=NOW)


def test_a_session_that_is_added_later_moves_the_period():
    activity_id = make_activity()
    with transaction():
        sessions.add_sessions(activity_id, [make_session("Second", starts_local="2027-05-04 14:00")], now=NOW)
    assert only(Activity).period_end == date(2027, 5, 1)
    assert [s.number for s in queries.find_activity(activity_id).sessions] == [1, 2]


def test_past_and_upcoming_are_apart():
    make_activity("Over", sessions=[make_session(starts_local="2026-01-19 14:00")])
    make_activity("To come")
    assert [card.title for card in listing.coming(now=NOW).cards] == ["To come"]
    assert [card.title for card in listing.over(now=NOW).cards] == ["Over"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_number_of_queries_for_any_number_of_rows(rows, asked):
    for number in range(rows):
        make_activity(f"Activity {number}", host_id=make_organisation())
    asked.clear()
    assert len(listing.coming(now=NOW).cards) == rows
    assert len(asked) == 2
