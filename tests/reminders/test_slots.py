"""The other moments: a week, an hour, ten minutes, own ones, host people, thanks; and several sessions in one mail."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import Mail
from ecwi_events.mail.stopping import Stop
from ecwi_events.people.models import Person
from ecwi_events.programme import sessions
from ecwi_events.programme.models import ActivitySession, ActivityStatus
from ecwi_events.programme.sessions import Promise
from ecwi_events.registration import changes, telling
from ecwi_events.registration.models_announcements import Announcement
from ecwi_events.reminders import queries, service
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.slots import Slot
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
OLENA = ("Olena Koval", "olena@kyiv.example")


def derive(now) -> list[str]:
    """Let time do its work; return the kinds of the mails that came of it, with their addresses."""
    before = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(Mail.id), 0)))
    make.derive_reminders(now=now)
    rows = db.session.scalars(sa.select(Mail).where(Mail.id > before).order_by(Mail.id)).all()
    return [f"{row.kind.removeprefix('reminder.')} to {row.address.partition('@')[0]}" for row in rows]


def switch(activity_id, slot, *, is_on=True, minutes=0):
    with transaction():
        service.switch(activity_id, slot, is_on=is_on, minutes=minutes, now=make.NOW)


def session_of(activity_id) -> int:
    return db.session.scalar(sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id))


def skipped() -> list[tuple[str, str]]:
    rows = db.session.execute(sa.select(Reminder.slot, Reminder.reason).where(Reminder.reason.is_not(None)))
    return [(row.slot.value, row.reason) for row in rows]


def test_the_story_of_one_webinar(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    moments = [-7 * DAY, -3 * DAY, -DAY, -HOUR, -10 * MINUTE, 90 * MINUTE, 150 * MINUTE, 5 * HOUR]
    assert [derive(START + moment) for moment in moments] == [
        ["week_before to olena"], [], ["day_before to olena"], ["hour_before to olena"], [], [], ["thanks to olena"], [],
    ]  # fmt: skip


def test_the_mail_of_ten_minutes_goes_out_where_it_was_switched_on(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA, now=START - 2 * HOUR)
    switch(activity_id, Slot.STARTING)
    assert derive(START - HOUR) == ["hour_before to olena"]
    assert derive(START - 10 * MINUTE) == ["starting to olena"]
    assert derive(START) == []


@pytest.mark.parametrize("slot", [Slot.WEEK_BEFORE, Slot.HOUR_BEFORE, Slot.THANKS])
def test_what_is_switched_off_does_not_go_out_and_may_be_switched_on_again(app, slot):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    switch(activity_id, slot, is_on=False)
    when = {Slot.WEEK_BEFORE: START - 7 * DAY, Slot.HOUR_BEFORE: START - HOUR, Slot.THANKS: START + 3 * HOUR}[slot]
    assert f"{slot.value} to olena" not in derive(when)
    switch(activity_id, slot)
    assert f"{slot.value} to olena" in derive(when)


@pytest.mark.parametrize("slot", [Slot.DAY_BEFORE, Slot.HOST_ROSTER, Slot.HOST_LINK])
def test_what_people_were_promised_cannot_be_switched_off(app, slot):
    activity_id = make_webinar()
    with pytest.raises(Refused):
        switch(activity_id, slot, is_on=False)


def test_own_slots_up_to_three(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    for minutes in (3 * 24 * 60, 120, 30):
        switch(activity_id, Slot.OWN, minutes=minutes)
    with pytest.raises(Refused):
        switch(activity_id, Slot.OWN, minutes=45)
    with pytest.raises(Invalid):
        switch(activity_id, Slot.OWN, minutes=5)
    switch(activity_id, Slot.OWN, minutes=120, is_on=False)
    assert [derive(START - ahead) for ahead in (7 * DAY, 3 * DAY, DAY, 2 * HOUR, 30 * MINUTE)] == [
        ["week_before to olena"], ["own to olena"], ["day_before to olena"], [], ["hour_before to olena", "own to olena"],
    ]  # fmt: skip
    assert [timing.minutes for timing, is_on in queries.slots_of(activity_id) if is_on and timing.minutes] == [4320, 30]


def test_an_activity_that_is_not_there_has_no_slots(app):
    with pytest.raises(NotFound):
        switch(404, Slot.STARTING)


def test_several_sessions_of_one_day_are_one_mail_and_each_is_dealt_with(app):
    one = make_webinar()
    other = make.make_activity("Evening talk", sessions=[make.make_session(starts_local="2027-01-19 19:00")])
    late = make.make_activity("Another day", sessions=[make.make_session(starts_local="2027-01-21 19:00")])
    for activity_id in (one, other, late):
        make.sign_up(activity_id, *OLENA)
    make.sign_up(one, "Rosa Quispe", "rosa@lima.example")
    derive(START - 4 * DAY)
    assert derive(START - DAY) == ["digest to olena", "day_before to rosa"]
    assert derive(START - DAY + 6 * HOUR) == []
    mail_id = db.session.scalar(sa.select(Mail.id).where(Mail.kind == "reminder.digest"))
    assert [session for _, session, _ in queries.told_by(mail_id)] == [session_of(one), session_of(other)]
    assert derive(START - HOUR) == ["hour_before to olena", "hour_before to rosa"], "near the start each comes alone"


@pytest.mark.parametrize(
    ("starts", "mails"),
    [
        (("2027-01-19 09:00", "2027-01-19 18:00"), ["digest to olena"]),
        (("2027-01-19 09:00", "2027-01-20 05:00"), ["digest to olena"]),
        (("2027-01-19 09:00", "2027-01-20 21:00"), ["digest to olena"]),
        (("2027-01-19 09:00", "2027-01-20 21:01"), ["day_before to olena"]),
    ],
    ids=["one day", "20 hours", "36 hours", "too far"],
)
def test_sessions_of_one_activity_within_36_hours_are_one_mail(app, starts, mails):
    sessions_there = [make.make_session(starts_local=start, zone="Europe/Kyiv") for start in starts]
    make.sign_up(make.make_activity("Two sessions", sessions=sessions_there), *OLENA, zone="Europe/Kyiv")
    first = datetime(2027, 1, 19, 7, 0, tzinfo=UTC)
    derive(first - 4 * DAY)
    assert derive(first - DAY) == mails
    assert derive(first - DAY + 9 * HOUR) == []


def test_nobody_is_reminded_of_a_new_time_before_they_are_told_of_it(post):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    post.send()
    derive(START - 4 * DAY)
    new = Promise(datetime.fromisoformat("2027-01-18 17:00"), "Europe/Kyiv", 90)
    moved_at = datetime(2027, 1, 17, 14, 55, tzinfo=UTC)
    post.clock.move_to(moved_at)
    with transaction():
        changes.move_session(session_of(activity_id), new, reason=None, by_person_id=None, now=moved_at)
    due = datetime(2027, 1, 17, 15, 0, tzinfo=UTC)
    assert derive(due) == derive(due + 4 * MINUTE) == []
    post.clock.move_to(due + 5 * MINUTE)
    post.send()
    assert post.mails()[-1]["X-Mail-Kind"] == "registration.moved"
    assert derive(due + 6 * MINUTE) == ["day_before to olena"]


def test_news_that_were_stopped_do_not_hold_up_reminders(post):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    derive(START - 4 * DAY)
    moved_at = datetime(2027, 1, 17, 14, 55, tzinfo=UTC)
    new = Promise(datetime.fromisoformat("2027-01-18 17:00"), "Europe/Kyiv", 90)
    with transaction():
        changes.move_session(session_of(activity_id), new, reason=None, by_person_id=None, now=moved_at)
    assert derive(moved_at + 20 * MINUTE) == ["day_before to olena"]


def test_news_that_the_office_stopped_hold_up_nothing_at_all(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    derive(START - 4 * DAY)
    moved_at = datetime(2027, 1, 17, 14, 55, tzinfo=UTC)
    new = Promise(datetime.fromisoformat("2027-01-18 17:00"), "Europe/Kyiv", 90)
    with transaction():
        changes.move_session(session_of(activity_id), new, reason=None, by_person_id=None, now=moved_at)
    assert derive(moved_at + 6 * MINUTE) == []
    with transaction():
        telling.stop_telling(db.session.scalar(sa.select(sa.func.max(Announcement.id))), now=moved_at + 6 * MINUTE)
    assert derive(moved_at + 6 * MINUTE) == ["day_before to olena"]


def test_what_was_missed_in_the_evening_waits_for_the_morning_if_it_is_of_use_then(app):
    make.sign_up(make_webinar(), *OLENA, zone="Europe/Kyiv")
    early = make.make_activity(
        "Early", sessions=[make.make_session(starts_local="2027-01-27 08:00", zone="Europe/Kyiv")]
    )
    make.sign_up(early, "Rosa Quispe", "rosa@lima.example", zone="Europe/Kyiv")
    derive(START - 4 * DAY)
    assert derive(datetime(2027, 1, 19, 1, 0, tzinfo=UTC)) == [], "03:00 in Kyiv"
    assert derive(datetime(2027, 1, 19, 5, 30, tzinfo=UTC)) == ["day_before to olena"]
    derive(datetime(2027, 1, 23, 12, 0, tzinfo=UTC))
    assert derive(datetime(2027, 1, 27, 1, 0, tzinfo=UTC)) == ["day_before to rosa"], "useless from 06:00 on"


def test_a_mail_about_two_sessions_leaves_out_what_was_cancelled_meanwhile(post):
    one = make_webinar()
    other = make.make_activity("Evening talk", sessions=[make.make_session(starts_local="2027-01-19 19:00")])
    for activity_id in (one, other):
        make.sign_up(activity_id, *OLENA, zone="Europe/Kyiv")
    post.send()
    post.clock.move_to(START - DAY)
    assert derive(START - DAY) == ["digest to olena"]
    with transaction():
        sessions.cancel_session(session_of(one), reason="The host is ill", by_person_id=None, now=post.now)
    post.send()
    text = post.mails()[-1].get_body(("plain",)).get_content()
    assert "EVENING TALK" in text
    assert "PLAY IS HOW CHILDREN LEARN" not in text


def test_host_people_get_the_roster_and_the_link_and_no_names(post):
    house = make.make_organisation("Hosting House")
    activity_id = make_webinar(host_id=house)
    make.make_host(house, "Hana Host")
    make.make_host(make.make_organisation("Another House"), "Otto Other")
    make.sign_up(activity_id, *OLENA)
    post.send()
    for moment in (START - DAY, START - 30 * MINUTE):
        post.clock.move_to(moment)
        derive(moment)
        post.send()
    mails = [mail for mail in post.mails() if "Host" in mail["To"] or "Otto" in mail["To"]]
    assert [mail["Subject"] for mail in mails] == [
        "Your session tomorrow: Play is how children learn, 1 person", "Starts in 30 minutes: Play is how children learn",
    ]  # fmt: skip
    assert all("Hana Host" in mail["To"] for mail in mails)
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]
    assert "1 person has a place" in texts[0]
    assert all("Koval" not in text and "/attendance" in text for text in texts)


@pytest.mark.parametrize(
    ("mark", "thanked"),
    [(Verdict.PRESENT, True), (None, True), (Verdict.ABSENT, False), (Verdict.EXCUSED, False)],
)
def test_thanks_go_to_those_who_were_not_away(app, mark, thanked):
    activity_id = make_webinar()
    olena = make.sign_up(activity_id, *OLENA)
    person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Olena Koval"))
    assert olena
    if mark:
        with transaction():
            attendance.mark(
                session_of(activity_id), {Who(person_id=person_id): mark}, by_person_id=person_id, now=START + HOUR
            )
    with transaction() as session:
        session.execute(sa.text("UPDATE activity SET status = 'completed'"))
    assert (derive(START + 3 * HOUR) == ["thanks to olena"]) is thanked


def test_who_stopped_a_topic_gets_none_of_it_and_the_others_still(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Olena Koval"))
    with transaction():
        stopping.stop(Stop(person_id, Topic.REMINDERS), now=make.NOW)
    assert [derive(START + moment) for moment in (-7 * DAY, -DAY, -HOUR)] == [[], [], []]
    assert derive(START + 3 * HOUR) == ["thanks to olena"]


def test_a_reminder_that_was_stopped_after_it_was_written_is_not_sent(post):
    make.sign_up(make_webinar(), *OLENA)
    post.send()
    post.clock.move_to(START - HOUR)
    derive(START - HOUR)
    person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Olena Koval"))
    with transaction():
        stopping.stop(Stop(person_id, Topic.REMINDERS), now=post.now)
    post.send()
    assert post.states()[-1] == ("skipped", "opted_out")


def test_near_the_start_the_mail_leads_to_the_meeting_and_never_holds_its_address(post):
    make.sign_up(make_webinar(), *OLENA, zone="Europe/Kyiv")
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(meeting_url="https://meet.example/secret-room"))
    post.send()
    for moment in (START - DAY, START - HOUR):
        post.clock.move_to(moment)
        derive(moment)
        post.send()
    day, hour = (mail.get_body(("plain",)).get_content() for mail in post.mails()[-2:])
    assert "/j/" in hour
    assert "/j/" not in day
    assert "secret-room" not in "".join(str(mail) for mail in post.mails())
    assert post.mails()[-1]["Subject"].startswith("Starts in 1 hour: ") or "60 minutes" in post.mails()[-1]["Subject"]


def test_a_moved_session_is_reminded_of_anew_but_not_for_moments_before_it_was_moved(app):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    assert derive(START - 7 * DAY) == ["week_before to olena"]
    with transaction():
        new = Promise(datetime(2027, 1, 20, 14, 0), "Europe/Amsterdam", 90)  # noqa: DTZ001 - wall time
        sessions.reschedule(session_of(activity_id), new, reason="Room", by_person_id=None, now=START - 5 * DAY)
    assert derive(START - 5 * DAY) == [], "the mail about the move said everything"
    assert derive(START) == ["day_before to olena"]


def test_a_sign_up_for_one_session_is_reminded_of_that_one_only(app):
    activity_id = make_series()
    make.sign_up(activity_id, *OLENA)
    second = db.session.scalars(sa.select(ActivitySession).order_by(ActivitySession.starts_at)).all()[1]
    with transaction() as session:
        session.execute(sa.text("UPDATE registration SET session_id = :second"), {"second": second.id})
    assert derive(START - DAY) == []
    assert derive(second.starts_at - DAY) == ["day_before to olena"]


@pytest.mark.parametrize("status", [ActivityStatus.CANCELLED, ActivityStatus.POSTPONED])
def test_nothing_at_all_when_it_does_not_take_place(app, status):
    house = make.make_organisation("Hosting House")
    activity_id = make_webinar(host_id=house)
    make.make_host(house, "Hana Host")
    make.sign_up(activity_id, *OLENA)
    with transaction() as session:
        session.execute(sa.text("UPDATE activity SET status = :status"), {"status": status.value})
    moments = (-7 * DAY, -DAY, -HOUR, -30 * MINUTE, 3 * HOUR)
    assert [derive(START + moment) for moment in moments] == [[]] * 5


def test_missed_slots_are_noted_each_once(app):
    make.sign_up(make_webinar(), *OLENA)
    assert derive(START + 3 * HOUR) == ["thanks to olena"]
    assert skipped() == [("day_before", "late"), ("hour_before", "late")], "the week before is forgotten after two days"
    assert derive(START + 3 * HOUR) == []
    assert len(skipped()) == 2
