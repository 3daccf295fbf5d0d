"""What a move does to places, mails and calendars, with real rows on both engines."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.programme import moves
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus
from ecwi_events.programme.rules import Mover
from ecwi_events.programme.sessions import Promise
from ecwi_events.registration import changes, stories, telling, told
from ecwi_events.registration.changes import Move
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_announcements import Announcement, News
from ecwi_events.registration.news import (
    Seen,
    SessionChange,
    Span,
    Times,
    known_before,
    news_between,
    who_to_tell,
)
from ecwi_events.work.models import Work
from tests import make
from tests.make import NOW, make_activity, make_session, sign_up, withdraw

pytestmark = pytest.mark.usefixtures("app")
ILL = "The trainer is ill"
SOON = NOW + timedelta(minutes=1)


def cancel(activity_id, *, now=SOON):
    with transaction():
        make.cancel_activity(activity_id, ILL, by_person_id=None, now=now)


def postpone(activity_id, until="", *, now=SOON):
    with transaction():
        make.postpone_activity(activity_id, ILL, until=until, by_person_id=None, now=now)


def plan_again(activity_id, *, now=SOON):
    with transaction():
        make.plan_again(activity_id, by_person_id=None, now=now)


def move_to(session_id, at, *, now=SOON, zone="Europe/Amsterdam", reason=None):
    with transaction():
        promise = Promise(datetime.fromisoformat(at), zone, 90)
        return changes.move_session(session_id, promise, reason=reason, by_person_id=None, now=now)


def sessions_of(activity_id):
    query = sa.select(ActivitySession).where(ActivitySession.activity_id == activity_id).order_by(ActivitySession.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def status_of(activity_id):
    return db.session.scalar(sa.select(Activity.status).where(Activity.id == activity_id)).value


def announcements():
    rows = db.session.execute(sa.select(Announcement.news, Announcement.superseded_at).order_by(Announcement.id)).all()
    return [(news.value, superseded_at is None) for news, superseded_at in rows]


def tell_all(*, now=SOON, at_most=telling.BATCH):
    """Do the work of telling that is due, as the worker does; return how many mails each piece put."""
    due = db.session.scalars(
        sa.select(Work.reference).where(Work.kind == telling.WORK_KIND, Work.due_at <= now).order_by(Work.id)
    ).all()
    told = []
    for reference in due:
        count = 0
        while True:
            with transaction():
                some = telling.tell_some(reference, now=now, at_most=at_most)
            count += some
            if some < at_most:
                break
        told.append(count)
    return told


def lead_id():
    return db.session.scalar(sa.select(sa.func.max(Announcement.told_with_id)))


def story_of(announcement_id, person_id, *, now=SOON):
    return stories.find_story(announcement_id, person_id, now=now)


def news_mails():
    kinds = [f"registration.{news}" for news in News]
    rows = db.session.execute(sa.select(Mail.kind, Mail.person_id).where(Mail.kind.in_(kinds)).order_by(Mail.id)).all()
    return [(kind.removeprefix("registration."), person_id) for kind, person_id in rows]


class TestCancelling:
    def test_tells_who_has_a_place_and_who_waits_also_for_an_answer_and_nobody_else(self):
        activity_id = make_activity(capacity=2)
        first, _, waiting = (sign_up(activity_id) for _ in range(3))
        gone = sign_up(activity_id)
        withdraw(gone.registration_id)
        with transaction() as session:
            declined = sign_up_row(session, activity_id, Place.DECLINED)
            pending = sign_up_row(session, activity_id, Place.PENDING)
        cancel(activity_id)
        assert status_of(activity_id) == "cancelled"
        assert tell_all() == [4]
        told = {person_id for _, person_id in news_mails()}
        assert {kind for kind, _ in news_mails()} == {"cancelled"}
        assert {person_of(waiting), person_of(first), pending} < told
        assert person_of(gone) not in told and declined not in told

    def test_needs_a_reason_and_changes_nothing_without_one(self):
        activity_id = make_activity()
        with pytest.raises(Invalid) as invalid, transaction():
            make.cancel_activity(activity_id, " ", by_person_id=None, now=SOON)
        assert set(invalid.value.fields) == {"reason"}
        assert (status_of(activity_id), announcements()) == ("planned", [])

    def test_pressed_twice_it_tells_once(self):
        activity_id = make_activity()
        sign_up(activity_id)
        cancel(activity_id)
        cancel(activity_id, now=SOON + timedelta(seconds=1))
        tell_all()
        tell_all()
        assert len(news_mails()) == 1

    def test_writes_who_when_and_why(self):
        activity_id, office = make_activity(), make.make_office("Otto Office")
        with transaction():
            make.cancel_activity(activity_id, ILL, by_person_id=office, now=SOON)
        line = moves.log_of(activity_id)[0]
        assert (line.status.value, line.by, line.reason, line.at) == ("cancelled", "Otto Office", ILL, SOON)

    def test_lets_calendars_and_reminders_know_of_what_is_to_come(self):
        activity_id = make_activity(
            sessions=[make_session("Over", starts_local="2026-11-01 10:00"), make_session("To come")]
        )
        cancel(activity_id)
        over, to_come = sessions_of(activity_id)
        assert (over.ical_sequence, over.schedule_revision) == (0, 1)
        assert (to_come.ical_sequence, to_come.schedule_revision) == (1, 2)

    def test_an_activity_that_is_not_there_cannot_be_cancelled(self):
        with pytest.raises(NotFound):
            cancel(4711)

    def test_an_own_host_may_not(self):
        activity_id = make_activity()
        with pytest.raises(Refused) as refused, transaction():
            changes.move_activity(
                activity_id, Move(ActivityStatus.CANCELLED, None, by=Mover.HOST, reason=ILL), now=SOON
            )
        assert refused.value.code == "move"
        assert status_of(activity_id) == "planned"

    def test_it_can_be_taken_back_for_a_day_and_people_are_told(self):
        activity_id = make_activity()
        sign_up(activity_id)
        cancel(activity_id)
        tell_all()
        with pytest.raises(Refused):
            plan_again(activity_id, now=SOON + timedelta(days=1))
        plan_again(activity_id, now=SOON + timedelta(hours=23))
        tell_all(now=SOON + timedelta(hours=23))
        assert [kind for kind, _ in news_mails()] == ["cancelled", "planned_again"]


class TestPostponing:
    @pytest.mark.parametrize(
        ("until", "said"), [("autumn 2027", "autumn 2027"), ("2027-09-14", "14 September 2027"), ("", None)]
    )
    def test_keeps_places_and_says_the_new_date(self, until, said):
        activity_id = make_activity()
        got = sign_up(activity_id)
        postpone(activity_id, until)
        assert db.session.scalar(sa.select(Activity.replanned)) == said
        assert db.session.get(Registration, got.registration_id).place is Place.CONFIRMED
        assert tell_all() == [1]

    def test_a_date_that_is_over_is_refused(self):
        activity_id = make_activity()
        with pytest.raises(Invalid) as invalid:
            postpone(activity_id, "2026-11-20")
        assert set(invalid.value.fields) == {"until"}

    def test_with_new_times_it_is_planned_again_and_told_once(self):
        activity_id = make_activity()
        sign_up(activity_id)
        postpone(activity_id, "autumn 2027")
        tell_all()
        (session,) = sessions_of(activity_id)
        assert move_to(session.id, "2027-09-14 14:00")
        assert announcements() == [("postponed", True)], "dates mean nothing while all is put off"
        plan_again(activity_id)
        tell_all()
        assert [kind for kind, _ in news_mails()] == ["postponed", "planned_again"]
        (session,) = sessions_of(activity_id)
        assert (session.ical_sequence, session.schedule_revision) == (3, 4)
        assert db.session.scalar(sa.select(Activity.replanned)) is None

    def test_it_is_not_planned_again_without_a_session_to_come(self):
        activity_id = make_activity()
        postpone(activity_id)
        with pytest.raises(Refused) as refused:
            plan_again(activity_id, now=NOW + timedelta(days=90))
        assert refused.value.code == "no_session"
        assert status_of(activity_id) == "postponed"

    def test_the_later_news_wins_when_nobody_was_told_yet(self):
        activity_id = make_activity()
        sign_up(activity_id)
        postpone(activity_id)
        cancel(activity_id, now=SOON + timedelta(seconds=5))
        tell_all(now=SOON + timedelta(seconds=5))
        assert announcements() == [("postponed", False), ("cancelled", True)]
        assert [kind for kind, _ in news_mails()] == ["cancelled"]


class TestHiding:
    def test_also_who_waits_for_an_answer_keeps_it_public(self):
        activity_id = make_activity()
        with transaction() as session:
            sign_up_row(session, activity_id, "pending")
        with pytest.raises(Refused) as refused, transaction():
            changes.move_activity(activity_id, Move(ActivityStatus.DRAFT, None), now=SOON)
        assert refused.value.code == "signed_up"

    def test_what_does_not_take_place_stops_a_sign_up_that_waited_for_the_row(self):
        activity_id = make_activity()
        places_id = db.session.scalar(sa.select(Places.id))
        cancel(activity_id)
        from ecwi_events.registration import places

        with pytest.raises(Refused) as refused, transaction():
            places.take(places_id)
        assert refused.value.code == "halted"
        plan_again(activity_id)
        with transaction():
            assert places.take(places_id).is_place


class TestOngoing:
    def test_has_no_end_and_gets_one_when_it_is_over(self):
        activity_id = make_activity()
        with transaction():
            changes.move_activity(activity_id, Move(ActivityStatus.ONGOING, None), now=SOON)
        activity = db.session.get(Activity, activity_id)
        assert (activity.open_end, activity.period_end) == (True, None)
        with transaction():
            changes.move_activity(activity_id, Move(ActivityStatus.COMPLETED, None), now=SOON)
        db.session.refresh(activity)
        assert (activity.open_end, f"{activity.period_start:%Y-%m}", f"{activity.period_end:%Y-%m}") == (
            False, "2027-01", "2027-01",
        )  # fmt: skip


class TestMovingASession:
    def test_waits_ten_minutes_and_several_moves_are_one_news(self):
        activity_id = make_activity()
        got = sign_up(activity_id)
        (session,) = sessions_of(activity_id)
        move_to(session.id, "2027-01-20 14:00")
        move_to(session.id, "2027-01-21 14:00", now=SOON + timedelta(minutes=5))
        assert tell_all(now=SOON + timedelta(minutes=9)) == []
        assert tell_all(now=SOON + timedelta(minutes=15)) == [0, 1, 0]
        assert [kind for kind, _ in news_mails()] == ["moved"]
        story = story_of(lead_id(), person_of(got))
        assert story.sessions[0].known.times.starts_at == datetime.fromisoformat("2027-01-19T13:00+00:00"), (
            "what people know"
        )

    def test_and_back_again_is_no_news_at_all(self):
        activity_id = make_activity()
        sign_up(activity_id)
        (session,) = sessions_of(activity_id)
        move_to(session.id, "2027-01-20 14:00")
        move_to(session.id, "2027-01-19 14:00", now=SOON + timedelta(minutes=1))
        assert announcements() == [("moved", False), ("moved", True)], "the second is for who came in between"
        tell_all(now=SOON + timedelta(hours=1))
        assert news_mails() == []

    def test_the_same_moment_in_another_zone_moves_nobody(self):
        activity_id = make_activity()
        (session,) = sessions_of(activity_id)
        assert move_to(session.id, "2027-01-19 15:00", zone="Europe/Kyiv")
        assert announcements() == []

    def test_near_the_start_it_is_told_at_once(self):
        activity_id = make_activity()
        sign_up(activity_id)
        (session,) = sessions_of(activity_id)
        near = session.starts_at - timedelta(hours=2)
        move_to(session.id, "2027-01-20 14:00", now=near)
        assert tell_all(now=near) == [1]

    def test_what_is_over_is_put_right_in_silence(self):
        activity_id = make_activity()
        sign_up(activity_id)
        (session,) = sessions_of(activity_id)
        move_to(session.id, "2027-01-18 14:00", now=session.ends_at + timedelta(days=1))
        assert announcements() == []

    def test_sessions_moved_together_are_one_mail_to_each(self):
        activity_id = make_activity(
            sessions=[make_session(f"Part {n}", starts_local=f"2027-01-{18 + n} 14:00") for n in (1, 2, 3)]
        )
        got = [sign_up(activity_id) for _ in range(3)]
        for number, session in enumerate(sessions_of(activity_id), start=1):
            move_to(session.id, f"2027-02-{18 + number} 14:00", now=SOON + timedelta(seconds=number))
        late = SOON + timedelta(minutes=20)
        assert tell_all(now=late) == [3, 0, 0]
        assert len(story_of(lead_id(), person_of(got[0])).sessions) == 3

    def test_who_signed_up_after_the_move_is_not_told_of_it(self):
        activity_id = make_activity()
        before = sign_up(activity_id)
        (session,) = sessions_of(activity_id)
        move_to(session.id, "2027-01-20 14:00")
        sign_up(activity_id, now=SOON + timedelta(minutes=1))
        tell_all(now=SOON + timedelta(minutes=10))
        assert [person_id for _, person_id in news_mails()] == [person_of(before)]


class TestSessionsComeAndGo:
    def test_a_session_is_cancelled_with_a_reason(self):
        activity_id = make_activity(
            sessions=[make_session("One"), make_session("Two", starts_local="2027-02-16 14:00")]
        )
        sign_up(activity_id)
        one, _ = sessions_of(activity_id)
        with pytest.raises(Invalid), transaction():
            changes.cancel_session(one.id, "", by_person_id=None, now=SOON)
        with transaction():
            assert changes.cancel_session(one.id, ILL, by_person_id=None, now=SOON)
            assert not changes.cancel_session(one.id, ILL, by_person_id=None, now=SOON)
        tell_all(now=SOON + timedelta(minutes=10))
        assert [kind for kind, _ in news_mails()] == ["session_cancelled"]

    def test_taken_back_within_minutes_nobody_hears_of_it(self):
        activity_id = make_activity(
            sessions=[make_session("One"), make_session("Two", starts_local="2027-02-16 14:00")]
        )
        sign_up(activity_id)
        one, _ = sessions_of(activity_id)
        with transaction():
            changes.cancel_session(one.id, ILL, by_person_id=None, now=SOON)
            changes.restore_session(one.id, by_person_id=None, now=SOON)
        tell_all(now=SOON + timedelta(minutes=10))
        assert news_mails() == []

    def test_sessions_added_later_reach_who_signed_up_for_all(self):
        activity_id = make_activity()
        sign_up(activity_id)
        with transaction():
            changes.add_sessions(
                activity_id,
                [
                    make_session("Two", starts_local="2027-02-16 14:00"),
                    make_session("Three", starts_local="2027-03-16 14:00"),
                ],
                by_person_id=None,
                now=SOON,
            )
        assert tell_all(now=SOON + timedelta(minutes=10)) == [1, 0]
        assert [kind for kind, _ in news_mails()] == ["sessions_added"]

    def test_a_draft_tells_nobody(self):
        activity_id = make_activity(status=ActivityStatus.DRAFT)
        with transaction():
            changes.add_sessions(activity_id, [make_session("Two")], by_person_id=None, now=SOON)
        assert announcements() == []


class TestTellingThousands:
    def test_batches_go_on_where_a_killed_worker_ended(self):
        activity_id = make_activity()
        for _ in range(5):
            sign_up(activity_id)
        cancel(activity_id)
        lead = db.session.scalar(sa.select(Announcement.id))
        with transaction():
            assert telling.tell_some(lead, now=SOON, at_most=2) == 2
        with pytest.raises(RuntimeError, match="killed"), transaction():
            telling.tell_some(lead, now=SOON, at_most=2)
            raise RuntimeError("killed")
        assert tell_all(at_most=2) == [3]
        assert len({person_id for _, person_id in news_mails()}) == len(news_mails()) == 5
        assert db.session.scalar(sa.select(Announcement.told)) == 5

    def test_pressing_the_button_puts_one_row_however_many_people_there_are(self):
        activity_id = make_activity()
        for _ in range(4):
            sign_up(activity_id)
        mails = db.session.scalar(sa.select(sa.func.count()).select_from(Mail))
        cancel(activity_id)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == mails

    def test_the_page_counts_who_will_be_told(self):
        activity_id = make_activity(capacity=2)
        for _ in range(3):
            sign_up(activity_id)
        counted = told.audience(activity_id)
        assert (counted.with_place, counted.waiting, counted.people) == (2, 1, 3)


KNOWN, NEW = (Times(NOW + timedelta(days=n), NOW + timedelta(days=n, hours=1)) for n in (1, 2))
UNHEARD, PLANNED, MOVED = Seen(), Seen(KNOWN), Seen(NEW)
CANCELLED, GONE = Seen(KNOWN, is_cancelled=True), Seen(NEW, is_cancelled=True)


@pytest.mark.parametrize(
    ("known", "present", "tells"),
    [
        (UNHEARD, PLANNED, News.SESSIONS_ADDED),
        (UNHEARD, CANCELLED, None),
        (PLANNED, PLANNED, None),
        (PLANNED, MOVED, News.MOVED),
        (PLANNED, CANCELLED, News.SESSION_CANCELLED),
        (PLANNED, GONE, News.SESSION_CANCELLED),
        (CANCELLED, PLANNED, News.SESSION_RESTORED),
        (CANCELLED, MOVED, News.SESSION_RESTORED),
        (CANCELLED, CANCELLED, None),
        (CANCELLED, GONE, None),
    ],
)
def test_news_is_measured_from_what_people_know(known, present, tells):
    assert news_between(known, present) is tells
    if tells:
        times = known.times
        assert known_before(tells, times) == known, "the row keeps what they know"


ONE, TWO, THREE, FOUR = (NOW + timedelta(minutes=n) for n in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("untold", "now", "spans"),
    [
        ([], ONE, [(None, ONE)]),
        ([(None, ONE)], TWO, [(None, ONE), (ONE, TWO)]),
        ([(ONE, TWO)], THREE, [(None, ONE), (ONE, TWO), (TWO, THREE)]),
        ([(TWO, THREE), (None, ONE)], FOUR, [(None, ONE), (ONE, TWO), (TWO, THREE), (THREE, FOUR)]),
        ([(None, ONE)], ONE, [(None, ONE)]),
        ([(None, TWO)], ONE, [(None, TWO)]),
    ],
)
def test_each_person_belongs_to_one_span_by_when_they_came(untold, now, spans):
    change = SessionChange(1, 1, PLANNED, MOVED, None, None)
    found = who_to_tell([(CANCELLED, Span(*span)) for span in untold], change, now)
    assert [(span.after, span.by) for _, span in found] == spans
    assert {(span.after, span.by) for known, span in found if known is CANCELLED} == set(untold)


def person_of(got) -> int:
    return db.session.scalar(sa.select(Registration.person_id).where(Registration.id == got.registration_id))


def sign_up_row(session, activity_id, place) -> int:
    """A registration in a state that is made elsewhere."""
    from ecwi_events.people import service as people

    person_id = people.create_person("Some Body", f"{place}{activity_id}@people.example", now=NOW)
    places_id = session.scalar(sa.select(Places.id).where(Places.activity_id == activity_id))
    session.add(
        Registration(
            uid=f"{place}-{activity_id}", activity_id=activity_id, places_id=places_id, person_id=person_id,
            place=Place(place), zone="UTC", link_hash=f"{place}-{activity_id}", created_at=NOW,
        )
    )  # fmt: skip
    return person_id
