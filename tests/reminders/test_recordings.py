"""The mail about the recording: once for each person and session, to who has a place, never after thanks that told of it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import Mail
from ecwi_events.mail.stopping import Stop
from ecwi_events.people.models import Person
from ecwi_events.programme import published, resources, rules_resources
from ecwi_events.programme.models import ActivitySession, Resource
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.programme.rules_resources import NEWS_FOR, told_after
from ecwi_events.registration import service as registration
from ecwi_events.registration.rules import Terms
from ecwi_events.reminders import plans, rules, service
from ecwi_events.reminders.slots import NEWS, TIMINGS, Slot
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
END = START + 90 * MINUTE
OLENA = ("Olena Koval", "olena@kyiv.example")
ADDRESS = "https://film.example/1"


def derive(now) -> list[str]:
    """Let time do its work; return the kinds of the mails about what was, with their addresses."""
    before = db.session.scalar(sa.select(sa.func.coalesce(sa.func.max(Mail.id), 0)))
    make.derive_reminders(now=now, only=[TIMINGS[Slot.THANKS], *(TIMINGS[slot] for slot in NEWS)])
    rows = db.session.scalars(sa.select(Mail).where(Mail.id > before).order_by(Mail.id)).all()
    return [f"{row.kind.removeprefix('reminder.')} to {row.address.partition('@')[0]}" for row in rows]


def publish(activity_id, at, *, kind=ResourceKind.RECORDING, title="The film", url=ADDRESS, **values) -> int:
    with transaction():
        return resources.add_resource(activity_id, TypedResource(kind, title, url, **values), now=at)


def change(activity_id, resource_id, at, *, url=ADDRESS, **values):
    with transaction():
        typed = TypedResource(ResourceKind.RECORDING, "The film", url, **values)
        resources.change_resource(activity_id, resource_id, typed, now=at)


def without_thanks(activity_id):
    with transaction():
        service.switch(activity_id, Slot.THANKS, is_on=False, now=make.NOW)


def sessions_of(activity_id) -> list[ActivitySession]:
    question = sa.select(ActivitySession).where(ActivitySession.activity_id == activity_id)
    return list(db.session.scalars(question.order_by(ActivitySession.starts_at)))


@pytest.fixture
def webinar(post):
    """A webinar that is over, its mails of before all out, and the thanks as well."""
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA, zone="Europe/Kyiv")
    post.send()
    post.clock.move_to(END + HOUR)
    assert derive(END + HOUR) == ["thanks to olena"]
    post.send()
    return activity_id


class TestOnce:
    def test_an_hour_after_the_recording_is_there_and_never_again(self, webinar):
        publish(webinar, END + 20 * HOUR)
        assert derive(END + 20 * HOUR) == derive(END + 20 * HOUR + 59 * MINUTE) == []
        assert derive(END + 21 * HOUR) == ["recording to olena"]
        publish(webinar, END + 30 * HOUR, title="More")
        assert [derive(END + 31 * HOUR + day * DAY) for day in range(5)] == [[]] * 5

    def test_slides_wait_a_day_and_come_with_the_recording(self, webinar):
        publish(webinar, END + 2 * HOUR, kind=ResourceKind.SLIDES)
        assert derive(END + 20 * HOUR) == []
        publish(webinar, END + 20 * HOUR)
        assert derive(END + 21 * HOUR) == ["recording to olena"]
        assert derive(END + 3 * DAY) == []

    def test_slides_alone_are_told_of_a_day_later(self, webinar):
        publish(webinar, END + 2 * HOUR, kind=ResourceKind.SLIDES)
        assert derive(END + 26 * HOUR) == []
        assert derive(END + 27 * HOUR) == ["recording to olena"]

    def test_a_recording_after_the_mail_about_slides_has_a_mail_of_its_own(self, webinar, post):
        publish(webinar, END + 2 * HOUR, kind=ResourceKind.SLIDES, title="The slides")
        assert derive(END + 27 * HOUR) == ["recording to olena"]
        post.clock.move_to(END + 27 * HOUR)
        post.send()
        assert post.mails()[-1]["Subject"] == "New materials: Play is how children learn"
        publish(webinar, END + 4 * DAY)
        assert derive(END + 4 * DAY + 2 * HOUR) == ["recording to olena"]
        post.clock.move_to(END + 4 * DAY + 2 * HOUR)
        post.send()
        assert post.mails()[-1]["Subject"] == "The recording is ready: Play is how children learn"
        publish(webinar, END + 4 * DAY + 3 * HOUR, title="More")
        publish(webinar, END + 4 * DAY + 3 * HOUR, kind=ResourceKind.HANDOUT, title="A hand-out")
        assert [derive(END + 5 * DAY + day * DAY) for day in range(5)] == [[]] * 5

    def test_slides_after_the_mail_about_the_recording_are_told_of_a_day_later(self, webinar, post):
        publish(webinar, END + 20 * HOUR)
        assert derive(END + 21 * HOUR) == ["recording to olena"]
        post.clock.move_to(END + 21 * HOUR)
        post.send()
        publish(webinar, END + 22 * HOUR, kind=ResourceKind.SLIDES)
        publish(webinar, END + 23 * HOUR, title="More")
        assert derive(END + 2 * DAY + HOUR) == ["recording to olena"]
        assert derive(END + 3 * DAY) == []

    def test_a_mail_about_slides_that_is_still_on_its_way_tells_of_the_recording_too(self, webinar, post):
        publish(webinar, END + 2 * HOUR, kind=ResourceKind.SLIDES)
        assert derive(END + 27 * HOUR) == ["recording to olena"]
        publish(webinar, END + 27 * HOUR)
        assert derive(END + 28 * HOUR) == [], "it leads to all there is when it goes out"
        post.clock.move_to(END + 28 * HOUR)
        post.send()
        assert post.mails()[-1]["Subject"] == "The recording is ready: Play is how children learn"
        assert derive(END + 30 * HOUR) == []

    def test_not_at_night(self, webinar):
        publish(webinar, END + 4 * HOUR)  # an hour later it is 21:30 in Kyiv
        at = datetime(2027, 1, 19, 18, 30, tzinfo=UTC)
        assert derive(at + HOUR) == []
        assert derive(datetime(2027, 1, 20, 5, 30, tzinfo=UTC)) == ["recording to olena"]

    def test_missed_for_three_days_it_is_noted_and_not_sent(self, webinar):
        publish(webinar, END + 20 * HOUR)
        assert derive(END + 20 * HOUR + 3 * DAY + HOUR) == []
        (one,) = [one for one in plans.plan_of(webinar, now=END + 10 * DAY) if one.timing.slot is Slot.RECORDING]
        assert one.dealt_with == {"late": 1}

    def test_recordings_of_several_sessions_at_once_are_one_mail(self, post):
        activity_id = make_series()
        without_thanks(activity_id)
        make.sign_up(activity_id, *OLENA)
        first, second, _ = sessions_of(activity_id)
        late = second.ends_at + DAY
        for one in (first, second):
            publish(activity_id, late, title=f"Film {one.id}", session_id=one.id)
        assert derive(late + HOUR) == ["recording to olena"]
        assert derive(late + 2 * HOUR) == []
        post.clock.move_to(late + HOUR)
        post.send()
        text = post.mails()[-1].get_body(("plain",)).get_content()
        assert all(f"- Film {one.id}" in text for one in (first, second)) and "after 2 sessions" in text


class TestThanks:
    def test_thanks_that_go_out_after_it_lead_to_it_and_nothing_else_comes(self, post):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        post.send()
        publish(activity_id, END + 10 * MINUTE)
        post.clock.move_to(END + HOUR)
        assert derive(END + HOUR) == ["thanks to olena"]
        assert derive(END + 2 * HOUR) == [], "the thanks are still on their way"
        post.send()
        assert "The host has added The film" in post.mails()[-1].get_body(("plain",)).get_content()
        assert [derive(END + number * HOUR) for number in (3, 20, 40)] == [[], [], []]

    def test_thanks_before_it_said_nothing_of_it(self, webinar, post):
        assert "as soon as the host has" in post.mails()[-1].get_body(("plain",)).get_content()
        publish(webinar, END + 2 * HOUR)
        assert derive(END + 3 * HOUR) == ["recording to olena"]

    def test_thanks_that_never_went_out_told_of_nothing(self, post):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        post.send()
        publish(activity_id, END + 10 * MINUTE)
        assert derive(END + HOUR) == ["thanks to olena"]
        with transaction() as session:
            session.execute(
                sa.text("UPDATE mail SET state = 'failed', reason = 'refused' WHERE kind = 'reminder.thanks'")
            )
        assert derive(END + 2 * HOUR) == ["recording to olena"]


class TestToWhom:
    @pytest.mark.parametrize("mark", [Verdict.PRESENT, Verdict.ABSENT, Verdict.EXCUSED, None])
    def test_who_has_a_place_there_or_not(self, app, mark):
        activity_id = make_webinar()
        without_thanks(activity_id)
        make.sign_up(activity_id, *OLENA)
        person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Olena Koval"))
        if mark:
            (session,) = sessions_of(activity_id)
            with transaction():
                attendance.mark(session.id, {Who(person_id=person_id): mark}, by_person_id=person_id, now=END)
        publish(activity_id, END + HOUR)
        assert derive(END + 2 * HOUR) == ["recording to olena"]

    def test_who_waits_withdrew_or_waits_for_the_host_gets_none(self, app):
        activity_id = make_webinar(capacity=1)
        without_thanks(activity_id)
        gone = make.sign_up(activity_id, "Gone Girl")
        make.withdraw(gone.registration_id)
        make.sign_up(activity_id, *OLENA)
        make.sign_up(activity_id, "Rosa Waits")
        asked = make_webinar()
        without_thanks(asked)
        with transaction():
            registration.set_terms(asked, Terms(needs_approval=True), now=make.NOW)
        make.sign_up(asked, "Pia Pending")
        for one in (activity_id, asked):
            publish(one, END + HOUR)
        assert derive(END + 2 * HOUR) == ["recording to olena"]

    def test_who_stopped_mails_after_sessions_gets_none(self, app):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Olena Koval"))
        with transaction():
            stopping.stop(Stop(person_id, Topic.THANKS), now=make.NOW)
        publish(activity_id, END + HOUR)
        assert derive(END + 2 * HOUR) == []

    def test_a_host_can_switch_it_off(self, app):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        without_thanks(activity_id)
        with transaction():
            service.switch(activity_id, Slot.RECORDING, is_on=False, now=make.NOW)
        publish(activity_id, END + HOUR)
        publish(activity_id, END + HOUR, kind=ResourceKind.SLIDES)
        assert derive(END + 2 * HOUR) == derive(END + 2 * DAY) == []

    @pytest.mark.parametrize("status", ["cancelled", "postponed"])
    def test_nobody_hears_of_what_did_not_take_place(self, app, status):
        activity_id = make_webinar()
        without_thanks(activity_id)
        make.sign_up(activity_id, *OLENA)
        publish(activity_id, END + HOUR)
        with transaction() as session:
            session.execute(sa.text("UPDATE activity SET status = :status"), {"status": status})
        assert derive(END + 2 * HOUR) == []

    def test_a_recording_of_one_session_goes_to_the_people_of_that_one(self, app):
        activity_id = make_series()
        without_thanks(activity_id)
        one = make.sign_up(activity_id, *OLENA)
        make.sign_up(activity_id, "Rosa Quispe", "rosa@lima.example", zone="Europe/Kyiv")
        first, second, _ = sessions_of(activity_id)
        with transaction() as session:
            session.execute(
                sa.text("UPDATE registration SET session_id = :one WHERE id = :id"),
                {"one": second.id, "id": one.registration_id},
            )
        publish(activity_id, second.ends_at + HOUR, session_id=first.id)
        assert derive(second.ends_at + 2 * HOUR) == ["recording to rosa"]


class TestVisible:
    @pytest.mark.parametrize(
        "values",
        [{"audience": Audience.MEMBERS}, {"url": ""}, {"available_at": END + 30 * DAY}],
        ids=["members", "a title", "its day"],
    )
    def test_what_participants_cannot_open_is_no_news(self, webinar, values):
        publish(webinar, END + 20 * HOUR, **values)
        assert derive(END + 21 * HOUR) == derive(END + 3 * DAY) == []

    def test_what_opens_on_a_day_is_told_of_then(self, webinar):
        publish(webinar, END + 20 * HOUR, available_at=END + 10 * DAY)
        assert derive(END + 5 * DAY) == []
        (one,) = [one for one in plans.plan_of(webinar, now=END + 5 * DAY) if one.timing.slot is Slot.RECORDING]
        assert (one.to_come, one.first_at) == (1, END + 10 * DAY + HOUR)
        assert derive(END + 10 * DAY + HOUR) == ["recording to olena"]

    def test_what_was_open_before_the_end_is_no_news(self, app):
        activity_id = make_webinar()
        without_thanks(activity_id)
        make.sign_up(activity_id, *OLENA)
        publish(activity_id, START)
        assert derive(END + 2 * HOUR) == derive(END + 2 * DAY) == []

    def test_what_becomes_visible_later_counts_from_then(self, webinar):
        resource_id = publish(webinar, END + 2 * HOUR, audience=Audience.MEMBERS)
        change(webinar, resource_id, END + 20 * HOUR, audience=Audience.SIGNED_UP)
        assert derive(END + 21 * HOUR) == ["recording to olena"]

    def test_a_better_address_is_no_second_publication(self, app):
        activity_id = make_webinar()
        resource_id = publish(activity_id, make.NOW)
        change(activity_id, resource_id, END + HOUR, url="https://film.example/2")
        assert db.session.get(Resource, resource_id).published_at == make.NOW
        change(activity_id, resource_id, END + HOUR, url="")
        assert db.session.get(Resource, resource_id).published_at is None

    def test_what_was_there_before_this_release_is_told_to_nobody(self, webinar):
        resource_id = publish(webinar, END + 20 * HOUR)
        with transaction():
            db.session.execute(sa.update(Resource).values(published_at=None))
        change(webinar, resource_id, END + 21 * HOUR)
        assert derive(END + 22 * HOUR) == []

    def test_what_was_taken_back_before_it_went_out_is_not_told(self, webinar, post):
        resource_id = publish(webinar, END + 20 * HOUR)
        assert derive(END + 21 * HOUR) == ["recording to olena"]
        with transaction():
            resources.remove_resource(webinar, resource_id, now=END + 21 * HOUR)
        post.clock.move_to(END + 21 * HOUR)
        post.send()
        assert post.states()[-1] == ("skipped", "taken_back")

    def test_a_session_of_another_activity_is_refused(self, app):
        (other,) = sessions_of(make_webinar())
        with pytest.raises(Invalid) as invalid:
            publish(make_webinar(), END, session_id=other.id)
        assert "session" in invalid.value.fields


def test_the_mail_leads_to_the_page_and_can_be_stopped(webinar, post):
    publish(webinar, END + 20 * HOUR, title="Film <b>")
    post.clock.move_to(END + 21 * HOUR)
    assert derive(post.now) == ["recording to olena"]
    post.send()
    mail = post.mails()[-1]
    assert mail["Subject"] == "The recording is ready: Play is how children learn"
    assert "/thanks." not in mail["List-Unsubscribe"] and ".thanks.0." in mail["List-Unsubscribe"]
    text, page = (mail.get_body((part,)).get_content() for part in ("plain", "html"))
    assert "- Film <b>" in text and "/j/" in text and ADDRESS not in text
    assert "Film &lt;b&gt;" in page and ADDRESS not in page


def test_asking_costs_the_same_for_one_and_for_three(app, count_queries):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    publish(activity_id, END + HOUR)
    with count_queries() as one:
        published.after_sessions(now=END + 2 * HOUR, since=END)
    for title in ("Two", "Three"):
        publish(activity_id, END + HOUR, title=title)
    with count_queries() as three:
        assert [len(found) for found in published.after_sessions(now=END + 2 * HOUR, since=END).values()] == [3]
    assert len(one) == len(three) == 2


ENDS = [(1, END), (2, END + 7 * DAY)]


@pytest.mark.parametrize(
    ("session_id", "at", "told"),
    [
        (None, END, None), (None, END + MINUTE, 1), (None, END + 7 * DAY + MINUTE, 2), (None, END - DAY, None),
        (1, END + 8 * DAY, 1), (2, END + DAY, None), (2, END + 8 * DAY, 2), (1, END + NEWS_FOR, 1),
        (1, END + NEWS_FOR + MINUTE, None), (3, END + DAY, None), (None, END + 7 * DAY + NEWS_FOR + MINUTE, None),
    ],
)  # fmt: skip
def test_after_which_session_a_mail_tells_of_it(session_id, at, told):
    assert told_after(session_id, at, ENDS) == told
    assert rules_resources.told_after(session_id, at, []) is None


FILM, SLIDES = True, False


@pytest.mark.parametrize(
    ("things", "told_at", "film", "slides"),
    [
        ([], None, None, None), ([(FILM, END)], None, END, None), ([(SLIDES, END)], None, None, END + DAY),
        ([(FILM, END)], END, None, None), ([(FILM, END)], END - MINUTE, END, None),
        ([(SLIDES, END), (FILM, END + HOUR)], None, END + HOUR, None),
        ([(SLIDES, END), (FILM, END + 3 * DAY)], None, END + 3 * DAY, END + DAY),
        ([(SLIDES, END), (FILM, END + 3 * DAY)], END + 2 * DAY, END + 3 * DAY, None),
        ([(FILM, END), (FILM, END + DAY)], END + HOUR, END + DAY, None),
        ([(FILM, END), (SLIDES, END + DAY)], END + HOUR, None, END + 2 * DAY),
    ],
)  # fmt: skip
def test_since_when_there_is_something_to_tell_of(things, told_at, film, slides):
    def news(slot, *, recording_comes=True):
        return rules.news_at(slot, things, told_at=told_at, recording_comes=recording_comes, now=END + HOUR)

    assert (news(Slot.RECORDING), news(Slot.MATERIALS)) == (film, slides)


def test_materials_do_not_wait_for_a_mail_about_a_recording_that_was_dealt_with():
    things = [(SLIDES, END), (FILM, END + HOUR)]
    at = rules.news_at(Slot.MATERIALS, things, told_at=None, recording_comes=False, now=END + 2 * DAY)
    assert at == END + DAY


def test_a_recording_that_comes_while_the_mail_about_slides_waits_for_the_morning_takes_them_along():
    things = [(SLIDES, END), (FILM, END + DAY + 5 * HOUR)]
    asked = {"told_at": None, "recording_comes": True}
    assert rules.news_at(Slot.MATERIALS, things, now=END + DAY + 6 * HOUR, **asked) is None
    assert rules.news_at(Slot.MATERIALS, things, now=END + HOUR, **asked) == END + DAY
