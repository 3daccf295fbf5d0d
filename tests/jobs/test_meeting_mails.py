"""Mails say how a session is held: a joining link only where there is a meeting to join, a place where people meet."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import messages
from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.models_messages import Audience
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import queries as people
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import ActivitySession, Format
from ecwi_events.reminders.slots import TIMINGS, Slot
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
OLENA = ("Olena Koval", "olena@kyiv.example")
PLACE = "Kindergarten 7, Lviv"


def held(activity_id, how, *, place=None, meeting_url=None, first_only=False):
    sessions = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)
    chosen = sessions.order_by(ActivitySession.starts_at).limit(1 if first_only else 99).scalar_subquery()
    with transaction():
        ids = db.session.scalars(sa.select(ActivitySession.id).where(ActivitySession.id.in_(chosen))).all()
        values = {"format": how, "place": place, "meeting_url": meeting_url}
        db.session.execute(sa.update(ActivitySession).where(ActivitySession.id.in_(ids)).values(**values))
    return activity_id


def remind(post, slot, at):
    post.clock.move_to(at)
    make.derive_reminders(now=at, only=[TIMINGS[slot]])
    post.send()


def both(mail):
    """Return the words of both parts, each on one line."""
    return [" ".join(mail.get_body((part,)).get_content().split()) for part in ("plain", "html")]


def last(post, kind):
    return [mail for mail in post.mails() if mail["X-Mail-Kind"] == kind][-1]


@pytest.mark.parametrize("how", [Format.IN_PERSON_SESSION, Format.STUDY_VISIT])
def test_who_meets_in_person_reads_the_place_and_of_no_joining_link(post, how):
    make.sign_up(held(make_webinar(), how, place=PLACE), *OLENA)
    post.send()
    entries = [
        part for part in last(post, "registration.confirmed").walk() if part.get_content_type() == "text/calendar"
    ]
    assert entries and not [entry for entry in entries if "/j/" in entry.get_content()]
    remind(post, Slot.DAY_BEFORE, START - timedelta(days=1))
    remind(post, Slot.HOUR_BEFORE, START - timedelta(hours=1))
    for kind in ("registration.confirmed", "reminder.day_before", "reminder.hour_before"):
        for words in both(last(post, kind)):
            assert PLACE in words and "/m/" in words
            assert "you need no joining link" in words and "you find the joining link" not in words
            assert "/j/" not in words and "leads to the meeting" not in words


def test_a_place_that_is_not_named_yet_is_said_to_be_so(post):
    make.sign_up(held(make_webinar(), Format.IN_PERSON_SESSION), *OLENA)
    post.send()
    for words in both(last(post, "registration.confirmed")):
        assert "In person. The place is not named yet." in words


@pytest.mark.parametrize(
    ("how", "meeting_url"),
    [(Format.HYBRID_SESSION, None), (Format.HYBRID_SESSION, "https://meet.example/7"),
     (Format.IN_PERSON_SESSION, "https://meet.example/7")],
)  # fmt: skip
def test_who_may_come_or_join_reads_both(post, how, meeting_url):
    make.sign_up(held(make_webinar(), how, place=PLACE, meeting_url=meeting_url), *OLENA)
    post.send()
    remind(post, Slot.HOUR_BEFORE, START - timedelta(hours=1))
    for words in both(last(post, "registration.confirmed")):
        assert PLACE in words and "you find the joining link" in words
    for words in both(last(post, "reminder.hour_before")):
        assert PLACE in words and "/j/" in words


def test_of_a_series_of_both_kinds_only_some_have_a_link(post):
    make.sign_up(held(make_series(), Format.STUDY_VISIT, place=PLACE, first_only=True), *OLENA)
    post.send()
    for words in both(last(post, "registration.confirmed")):
        assert "Some sessions are in person. For the others you find the joining link there" in words


@pytest.mark.parametrize(
    ("how", "misses"), [(Format.IN_PERSON_SESSION, False), (Format.HYBRID_SESSION, True), (Format.WEBINAR, True)]
)
def test_hosts_are_asked_for_the_address_of_a_meeting_only_where_there_is_one(post, how, misses):
    host_id = make.make_organisation()
    make.make_host(host_id)
    held(make_webinar(host_id=host_id), how, place=PLACE)
    remind(post, Slot.HOST_ROSTER, START - timedelta(days=1))
    remind(post, Slot.HOST_LINK, START - timedelta(minutes=30))
    for kind in ("reminder.host_roster", "reminder.host_link"):
        for words in both(last(post, kind)):
            assert ("There is no address of the meeting" in words) is misses
            assert PLACE in words


def test_after_a_meeting_in_person_nobody_is_promised_a_recording(post):
    make.sign_up(held(make_webinar(), Format.IN_PERSON_SESSION, place=PLACE), *OLENA)
    post.send()
    remind(post, Slot.THANKS, START + timedelta(hours=4))
    for words in both(last(post, "reminder.thanks")):
        assert "the materials here" in words and "ecording" not in words


@pytest.mark.parametrize(("verdict", "thanked"), [(Verdict.PRESENT, True), (None, False)])
def test_only_who_was_there_as_far_as_is_known_is_thanked_for_coming(post, verdict, thanked):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    post.send()
    if verdict:
        session_id = db.session.scalar(sa.select(ActivitySession.id))
        olena = people.find_person_by_address(OLENA[1]).id
        with transaction():
            attendance.mark(session_id, {Who(person_id=olena): verdict}, by_person_id=olena, now=START)
    remind(post, Slot.THANKS, START + timedelta(hours=4))
    mail = last(post, "reminder.thanks")
    assert ("Thank you for coming" in mail["Subject"]) is thanked
    for words in both(mail):
        assert ("thank you for being part of" in words) is thanked
        assert ("is over" in words and "if you were there" in words) is not thanked


def test_of_two_sessions_in_one_mail_of_which_one_is_cancelled_the_other_is_spoken_of_alone(post):
    ids = [
        make_webinar(),
        make.make_activity("Mentors", sessions=[make.make_session("M", starts_local="2027-01-19 16:00")]),
    ]
    for activity_id in ids:
        make.sign_up(activity_id, *OLENA)
    post.send()
    at = START - timedelta(days=1)
    post.clock.move_to(at)
    make.derive_reminders(now=at, only=[TIMINGS[Slot.DAY_BEFORE]])
    with transaction():
        make.cancel_activity(ids[0], "The speaker is ill", now=at)
    post.send()
    mail = last(post, "reminder.digest")
    assert mail["Subject"].startswith("Tomorrow: Mentors, Tue 19 January")
    for words in both(mail):
        assert "our session starts tomorrow" in words and "1 sessions" not in words and "this activity" in words


def test_who_came_without_a_sign_up_reads_why_the_message_came(post):
    activity_id = make_webinar()
    office = make.make_office()
    make.sign_up(activity_id, *OLENA)
    post.send()
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    olena = people.find_person_by_address(OLENA[1]).id
    with transaction():
        attendance.add_visitor(session_id, "Rosa Quispe", address="rosa@lima.example", by_person_id=office, now=START)
        attendance.mark(session_id, {Who(person_id=olena): Verdict.PRESENT}, by_person_id=office, now=START)
    post.clock.move_to(START + timedelta(hours=3))
    activity = programme.find_activity(activity_id)
    db.session.rollback()
    draft = messages.Draft(Audience.PRESENT, "Thank you", "See you again", session_id)
    with transaction():
        messages.write_message(activity, draft, key="k", by_person_id=office, is_office=True, now=post.now)
    post.clock.shift(timedelta(minutes=2))
    post.send()
    mails = {str(mail["To"]): both(mail) for mail in post.mails() if mail["X-Mail-Kind"] == messages.MAIL_KIND}
    assert len(mails) == 2
    for to, parts in mails.items():
        for words in parts:
            assert ("was used to sign up" in words) is ("olena" in to)
            assert ("list of a session" in words) is ("rosa" in to)
