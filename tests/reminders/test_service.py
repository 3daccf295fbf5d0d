"""Reminders are derived: asked twice, at once or late, each person gets one mail per session and revision."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.jobs.tick import derive
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus
from ecwi_events.reminders import service
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.slots import TIMINGS, Slot
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
A_DAY_BEFORE = START - timedelta(days=1)
OLENA = ("Olena Koval", "olena@kyiv.example")


def derive_at(now, slots=(Slot.DAY_BEFORE,)) -> int:
    return make.derive_reminders(now=now, only=[TIMINGS[slot] for slot in slots])


def reminders() -> list[tuple[str, str | None]]:
    rows = db.session.execute(sa.select(Reminder.state, Reminder.reason).order_by(Reminder.id)).all()
    return [(row.state.value, row.reason) for row in rows]


def reminder_mails() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.kind == "reminder.day_before"))


def change(table, row_id, **values):
    with transaction():
        db.session.execute(sa.update(table).where(table.id == row_id).values(**values))


def session_of(activity_id):
    return db.session.scalar(sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id))


def test_asked_again_and_again_it_writes_once(app):
    make.sign_up(make_webinar(), *OLENA)
    assert derive_at(A_DAY_BEFORE - timedelta(seconds=1)) == 0
    assert derive_at(A_DAY_BEFORE) == 1
    assert derive_at(A_DAY_BEFORE) == derive_at(A_DAY_BEFORE + timedelta(hours=3)) == 0
    assert (reminders(), reminder_mails()) == ([("mailed", None)], 1)


def test_each_person_by_their_own_clock(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA, zone="Europe/Kyiv")
    make.sign_up(activity_id, "Lee Ann", "lee@la.example", zone="America/Los_Angeles")  # 05:00 is night
    assert derive_at(A_DAY_BEFORE) == 1
    assert derive_at(A_DAY_BEFORE + timedelta(hours=2, minutes=30)) == 1


def test_every_session_of_a_series_has_its_own(app):
    make.sign_up(make_series(), *OLENA)
    assert [derive_at(START + timedelta(days=days)) for days in (-1, 27, 69)] == [1, 1, 1]


@pytest.mark.parametrize("late", [timedelta(hours=-2), timedelta(0), timedelta(hours=30)])
def test_missed_it_is_noted_and_not_sent(app, late):
    make.sign_up(make_webinar(), *OLENA)
    assert derive_at(START + late) == 1
    assert derive_at(START + late) == 0
    assert (reminders(), reminder_mails()) == ([("skipped", "late")], 0)


def test_long_after_nothing_is_noted_any_more(app):
    make.sign_up(make_webinar(), *OLENA)
    assert derive_at(START + timedelta(hours=48)) == 0


def test_who_signed_up_on_the_last_day_gets_the_confirmation_only(app):
    make.sign_up(make_webinar(), *OLENA, now=A_DAY_BEFORE + timedelta(minutes=1))
    assert derive_at(A_DAY_BEFORE + timedelta(hours=1)) == 0
    assert derive_at(START) == 0


class TestNotWanted:
    def test_by_those_who_wait_or_withdrew(self, app):
        activity_id = make_webinar(capacity=2)
        make.sign_up(activity_id, *OLENA)
        gone = make.sign_up(activity_id, "Rosa Quispe")
        make.sign_up(activity_id, "Aida Bekova")
        make.sign_up(activity_id, "Lee Ann")
        make.withdraw(gone.registration_id)
        assert derive_at(A_DAY_BEFORE) == 2  # Olena, and Aida who moved up

    def test_when_the_session_is_cancelled(self, app):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        change(ActivitySession, session_of(activity_id), status=SessionStatus.CANCELLED)
        assert derive_at(A_DAY_BEFORE) == derive_at(START) == 0

    @pytest.mark.parametrize("status", [ActivityStatus.CANCELLED, ActivityStatus.POSTPONED, ActivityStatus.DRAFT])
    def test_when_the_activity_does_not_take_place(self, app, status):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        change(Activity, activity_id, status=status)
        assert derive_at(A_DAY_BEFORE) == 0

    def test_by_people_whose_account_is_closed(self, app):
        make.sign_up(make_webinar(), *OLENA)
        with transaction():
            db.session.execute(sa.update(Person).values(disabled_at=make.NOW))
        assert derive_at(A_DAY_BEFORE) == 0


def test_a_moved_session_is_reminded_of_anew_and_the_old_mail_is_superseded(post):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    post.send()
    post.clock.move_to(A_DAY_BEFORE)
    derive_at(A_DAY_BEFORE)
    new = START + timedelta(days=7)
    change(
        ActivitySession,
        session_of(activity_id),
        starts_at=new,
        ends_at=new + timedelta(minutes=90),
        schedule_revision=2,
    )
    post.send()
    post.clock.move_to(new - timedelta(days=1))
    derive_at(new - timedelta(days=1))
    post.send()
    assert post.states() == [("sent", None), ("skipped", "superseded"), ("sent", None)]
    assert reminders() == [("mailed", None)] * 2
    assert post.mails()[-1]["Subject"] == "Tomorrow: Play is how children learn, Tue 26 January, 15:00 (Kyiv)"


@pytest.mark.parametrize("what", ["withdrawn", "cancelled", "closed", "late"])
def test_between_writing_and_sending_it_can_still_be_dropped(post, what):
    activity_id = make_webinar()
    olena = make.sign_up(activity_id, *OLENA)
    post.send()
    post.clock.move_to(A_DAY_BEFORE)
    derive_at(A_DAY_BEFORE)
    if what == "withdrawn":
        make.withdraw(olena.registration_id, now=A_DAY_BEFORE)
    elif what == "cancelled":
        change(ActivitySession, session_of(activity_id), status=SessionStatus.CANCELLED)
    elif what == "closed":
        with transaction():
            db.session.execute(sa.update(Person).values(disabled_at=A_DAY_BEFORE))
    else:
        post.clock.move_to(START - timedelta(hours=2))
    post.send()
    assert post.states()[1] == ("skipped", what)


def test_words_follow_the_real_time_that_is_left(post):
    make.sign_up(make_webinar(), *OLENA)
    post.send()
    post.clock.move_to(START - timedelta(hours=3, minutes=10))
    derive_at(post.now)
    post.send()
    mail = post.mails()[-1]
    assert mail["Subject"] == "Starts in 3 hours 10 minutes: Play is how children learn, Tue 19 January, 15:00 (Kyiv)"
    assert "starts in 3 hours 10 minutes" in mail.get_body(("plain",)).get_content()
    assert "tomorrow" not in mail.get_body(("html",)).get_content()
    assert not [p for p in mail.walk() if p.get_content_type() == "text/calendar"], "Outlook would process it again"


def test_what_two_found_and_both_wrote_down_is_one_mail(app):
    make.sign_up(make_series(), *OLENA)
    found = [service.find_due(now=A_DAY_BEFORE, only=[TIMINGS[Slot.DAY_BEFORE]]) for _ in range(2)]
    for each in found:
        with transaction():
            service.write_down(each, now=A_DAY_BEFORE)
    assert (reminders(), reminder_mails()) == ([("mailed", None)], 1)


def test_what_was_found_and_is_gone_by_now_harms_nobody_else(post):
    activity_id = make_webinar()
    olena = make.sign_up(activity_id, *OLENA)
    make.sign_up(activity_id, "Aida Bekova")
    post.send()
    post.clock.move_to(A_DAY_BEFORE)
    found = service.find_due(now=A_DAY_BEFORE, only=[TIMINGS[Slot.DAY_BEFORE]])
    make.withdraw(olena.registration_id, now=A_DAY_BEFORE)
    with transaction():
        service.write_down(found, now=A_DAY_BEFORE)
    post.send()
    assert post.states()[-2:] == [("skipped", "withdrawn"), ("sent", None)]


def test_the_tick_writes_down_everything_that_time_made_due(post):
    make.sign_up(make_webinar(), *OLENA)
    post.clock.move_to(A_DAY_BEFORE)
    derive()
    derive()
    assert reminders() == [("skipped", "late"), ("mailed", None)], "the week before was missed, and is noted"


@pytest.mark.crowd
def test_two_ticks_at_once_make_one_mail(app):
    activity_id = make_webinar()
    for number in range(20):
        make.sign_up(activity_id, f"Person {number}")
    start, faults = threading.Barrier(4), []

    def tick():
        with app.app_context():
            start.wait()
            try:
                derive_at(A_DAY_BEFORE)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
                faults.append(error)

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert not faults
    assert (len(reminders()), reminder_mails()) == (20, 20)
