"""Acts on sessions: adding, editing, moving, cancelling, bringing back."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import queries, sessions
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, Format, SessionStatus
from ecwi_events.programme.sessions import Promise, SessionTexts
from ecwi_events.work.models import Work
from tests.make import NOW, make_activity, make_session

pytestmark = pytest.mark.usefixtures("app")


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def session_id():
    make_activity(sessions=[make_session()])
    return db.session.scalars(sa.select(ActivitySession.id)).one()


def read(session_id) -> ActivitySession:
    db.session.expire_all()
    return db.session.get_one(ActivitySession, session_id)


def act(function, *args, **kwargs):
    with transaction():
        return function(*args, **kwargs, now=NOW)


def move(session_id, starts_local="2027-01-20 14:00", zone="Europe/Amsterdam", minutes=90, reason="The host is ill"):
    return act(
        sessions.reschedule, session_id, Promise(wall(starts_local), zone, minutes), reason=reason, by_person_id=None
    )


def acts() -> list[str]:
    return list(db.session.scalars(sa.select(JournalEntry.act).order_by(JournalEntry.id)))


def feeds() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Work).where(Work.kind == "feed.export"))


def test_a_move_is_news_for_calendars_and_reminders_and_says_from_when(session_id):
    was, before = read(session_id).starts_at, feeds()
    assert move(session_id) is True
    row = read(session_id)
    assert (row.ical_sequence, row.schedule_revision, row.revision) == (1, 2, 2)
    assert (row.moved_from_at, row.reason) == (was, "The host is ill")
    assert (row.starts_at.day, row.ends_at.hour) == (20, 14)
    assert acts()[-1] == "reschedule"
    assert feeds() == before + 1


def test_the_same_promise_moves_nothing(session_id):
    before = len(acts())
    assert move(session_id, "2027-01-19 14:00") is False
    assert read(session_id).ical_sequence == 0
    assert len(acts()) == before


def test_the_same_moment_in_another_zone_moves_nobody(session_id):
    assert move(session_id, "2027-01-19 15:00", "Europe/Kyiv") is True
    row = read(session_id)
    assert (row.ical_sequence, row.schedule_revision, row.moved_from_at) == (1, 1, None)


def test_another_length_moves_the_end_only(session_id):
    move(session_id, "2027-01-19 14:00", minutes=60)
    row = read(session_id)
    assert (row.schedule_revision, row.moved_from_at, row.ends_at.hour) == (2, None, 14)


def test_a_draft_that_is_moved_says_nothing_about_it():
    make_activity(status=ActivityStatus.DRAFT)
    session_id = db.session.scalars(sa.select(ActivitySession.id)).one()
    move(session_id)
    assert (read(session_id).moved_from_at, read(session_id).reason) == (None, None)


@pytest.mark.parametrize(
    ("starts_local", "zone", "minutes", "field"),
    [
        ("2027-03-28 02:30", "Europe/Amsterdam", 90, "starts_local"),
        ("2027-10-31 02:30", "Europe/Amsterdam", 90, "starts_local"),
        ("1989-01-01 10:00", "UTC", 90, "starts_local"),
        ("2027-01-01 10:00", "Europe/Leiden", 90, "zone"),
        ("2027-01-01 10:00", "UTC", 0, "duration_minutes"),
        ("2027-01-01 10:00", "UTC", 721, "duration_minutes"),
    ],
)
def test_a_time_that_cannot_be_is_refused(session_id, starts_local, zone, minutes, field):
    with pytest.raises(Invalid) as invalid:
        move(session_id, starts_local, zone, minutes)
    assert list(invalid.value.fields) == [field]
    assert read(session_id).schedule_revision == 1


def test_a_time_that_clocks_show_twice_is_kept_with_its_answer(session_id):
    promise = Promise(wall("2027-10-31 02:30"), "Europe/Amsterdam", 90, fold=1)
    act(sessions.reschedule, session_id, promise, reason=None, by_person_id=None)
    assert (read(session_id).fold, read(session_id).starts_at.hour) == (1, 1)


def test_a_cancelled_session_keeps_the_reason_is_not_moved_and_comes_back(session_id):
    assert act(sessions.cancel_session, session_id, reason="Too few people", by_person_id=None) is True
    assert act(sessions.cancel_session, session_id, reason="Again", by_person_id=None) is False
    row = read(session_id)
    assert (row.status, row.reason, row.cancelled_at) == (SessionStatus.CANCELLED, "Too few people", NOW)
    assert (row.ical_sequence, row.schedule_revision) == (1, 2)
    with pytest.raises(Refused, match="Bring it back"):
        move(session_id)
    assert act(sessions.restore_session, session_id, by_person_id=None) is True
    assert act(sessions.restore_session, session_id, by_person_id=None) is False
    row = read(session_id)
    assert (row.status, row.reason, row.cancelled_at, row.ical_sequence) == (SessionStatus.PLANNED, None, None, 2)
    assert acts()[-2:] == ["cancel_session", "restore_session"]


def test_the_period_follows_from_the_sessions_that_take_place():
    activity_id = make_activity(sessions=[make_session(), make_session("Last", starts_local="2027-05-04 14:00")])
    last = db.session.scalars(sa.select(ActivitySession.id).order_by(ActivitySession.starts_at.desc())).first()
    act(sessions.cancel_session, last, reason="Too few people", by_person_id=None)
    assert db.session.get_one(Activity, activity_id).period_end.month == 1


def test_an_activity_without_an_end_stays_so_when_sessions_come():
    activity_id = make_activity(sessions=[make_session()])
    with transaction():
        activity = db.session.get_one(Activity, activity_id)
        activity.open_end, activity.period_end = True, None
    act(sessions.add_sessions, activity_id, [make_session("Two", starts_local="2027-05-04 14:00")])
    assert db.session.get_one(Activity, activity_id).period_end is None


def test_texts_are_edited_without_moving_and_a_place_is_news_for_calendars(session_id):
    assert act(sessions.edit_session, session_id, SessionTexts("  New   title ")) == {"title"}
    assert (read(session_id).title, read(session_id).ical_sequence) == ("New title", 0)
    texts = SessionTexts("New title", Format.STUDY_VISIT, place="Kindergarten 7, Lviv", language="uk")
    assert act(sessions.edit_session, session_id, texts) == {"format", "place", "language"}
    assert (read(session_id).ical_sequence, read(session_id).schedule_revision) == (1, 1)
    before = len(acts())
    assert act(sessions.edit_session, session_id, texts) == frozenset()
    assert len(acts()) == before


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        (SessionTexts(" "), "title"),
        (SessionTexts("A" * 201), "title"),
        (SessionTexts("A", place="x" * 201), "place"),
        (SessionTexts("A", meeting_url="http://meet.example"), "meeting_url"),
        (SessionTexts("A", meeting_url="https://meet.example/" + "x" * 500), "meeting_url"),
        (SessionTexts("A", meeting_url="https://"), "meeting_url"),
        (SessionTexts("A", meeting_url="https://user:pw@ev il.é/"), "meeting_url"),
        (SessionTexts("A", meeting_url="https://user:pw@meet.example/"), "meeting_url"),
        (SessionTexts("A", meeting_url="https://meet.example/room 7"), "meeting_url"),
        (SessionTexts("A", language=""), "language"),
        (SessionTexts("A", language="!!"), "language"),
    ],
)
def test_texts_that_cannot_be_taken(session_id, texts, field):
    with pytest.raises(Invalid) as invalid:
        act(sessions.edit_session, session_id, texts)
    assert list(invalid.value.fields) == [field]


def test_the_second_of_two_editors_is_told(session_id):
    act(sessions.edit_session, session_id, SessionTexts("One"), revision=1)
    with pytest.raises(Refused) as refused:
        act(sessions.edit_session, session_id, SessionTexts("Two"), revision=1)
    assert refused.value.code == "edited"
    assert read(session_id).title == "One"


def test_five_hundred_sessions_are_added_at_once():
    activity_id = make_activity(sessions=[], status=ActivityStatus.DRAFT)
    many = [make_session(f"Session {n}", starts_local=f"20{27 + n // 250}-01-19 14:00") for n in range(500)]
    assert len(act(sessions.add_sessions, activity_id, many)) == 500
    assert len(queries.find_activity(activity_id).sessions) == 500


def test_a_fault_of_one_session_keeps_all_out_and_says_which():
    activity_id = make_activity()
    with pytest.raises(Invalid) as invalid:
        act(sessions.add_sessions, activity_id, [make_session("Good"), make_session("Bad", minutes=1)])
    assert list(invalid.value.fields) == ["sessions-1-duration_minutes"]
    assert len(queries.find_activity(activity_id).sessions) == 1


def test_what_is_not_there():
    for function, more in (
        (sessions.reschedule, (Promise(wall("2027-01-01 10:00"), "UTC", 60),)),
        (sessions.cancel_session, ()),
    ):
        with pytest.raises(NotFound):
            act(function, 987654, *more, reason=None, by_person_id=None)
    with pytest.raises(NotFound):
        act(sessions.add_sessions, 987654, [])
    with pytest.raises(Invalid, match="reason of 300"):
        act(sessions.cancel_session, _some_session(), reason="x" * 301, by_person_id=None)


def _some_session() -> int:
    make_activity()
    return db.session.scalars(sa.select(ActivitySession.id)).one()
