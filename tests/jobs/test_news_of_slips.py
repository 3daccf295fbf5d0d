"""A slip that is taken back, and news that never left: each person hears what is new to them, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from config import MailSetting
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.registration import approval, changes, telling, terms, told
from ecwi_events.registration import service as registration
from ecwi_events.registration.models import Registration
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from ecwi_events.work import handling
from ecwi_events.work.models import Work, WorkState
from tests import make
from tests.jobs.test_news_mails import ILL, OLENA, act, promise, session_ids, text_of, wait_and_send
from tests.mail.showing import make_series, make_webinar

NORA = ("Nora Berg", "nora@oslo.example")
A, B, C = "2027-01-19 14:00", "2027-01-20 10:00", "2027-01-25 10:00"
NEWS = ("moved", "session_cancelled", "sessions_added", "session_restored")


def pass_minutes(post, minutes=1):
    post.clock.shift(timedelta(minutes=minutes))


def move(post, session_id, at):
    pass_minutes(post)
    act(post, changes.move_session, session_id, promise(at), reason=None)


def comes(post, activity_id, who=NORA):
    pass_minutes(post)
    got = make.sign_up(activity_id, *who, now=post.now)
    post.send()
    return got


def news(post):
    """What people heard of changes: the kind of each mail and to whom."""
    found = [(m["X-Mail-Kind"].removeprefix("registration."), str(m["To"])) for m in post.mails()]
    return [(kind, "olena" if "olena" in to else "nora" if "nora" in to else to) for kind, to in found if kind in NEWS]


def of_kind(post, kind):
    (mail,) = (m for m in post.mails() if m["X-Mail-Kind"] == f"registration.{kind}")
    return mail


@pytest.fixture
def webinar(post):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    post.send()
    return activity_id


@pytest.fixture
def series(post):
    activity_id = make_series()
    make.sign_up(activity_id, *OLENA)
    post.send()
    return activity_id


class TestTakenBack:
    def test_who_came_between_two_moves_hears_that_it_is_moved_back(self, post, webinar):
        (session_id,) = session_ids(webinar)
        move(post, session_id, B)
        comes(post, webinar)
        move(post, session_id, A)
        wait_and_send(post)
        assert news(post) == [("moved", "nora")]
        text = text_of(of_kind(post, "moved"))
        assert "It was: Wed 20 January 2027, 11:00" in text and "Tue 19 January 2027, 15:00" in text

    def test_each_is_told_of_the_time_that_they_knew(self, post, webinar):
        (session_id,) = session_ids(webinar)
        move(post, session_id, B)
        comes(post, webinar)
        move(post, session_id, C)
        wait_and_send(post)
        assert sorted(news(post)) == [("moved", "nora"), ("moved", "olena")]
        texts = {str(m["To"]): text_of(m) for m in post.mails() if m["X-Mail-Kind"] == "registration.moved"}
        assert all("It was: Wed 20" in text if "nora" in to else "It was: Tue 19" in text for to, text in texts.items())

    def test_also_after_it_went_back_and_forth(self, post, webinar):
        (session_id,) = session_ids(webinar)
        move(post, session_id, B)
        comes(post, webinar)
        move(post, session_id, A)
        comes(post, webinar, ("Ana Lima", "ana@lima.example"))
        move(post, session_id, B)
        wait_and_send(post)
        assert ("moved", "nora") not in news(post), "she knows it so"
        assert len(news(post)) == 2 and ("moved", "olena") in news(post)

    def test_who_came_between_adding_and_cancelling_hears_that_it_is_cancelled(self, post, series):
        pass_minutes(post)
        (new,) = act(
            post, changes.add_sessions, series, [make.make_session("One more", starts_local="2027-04-27 14:00")]
        )
        comes(post, series)
        pass_minutes(post)
        act(post, changes.cancel_session, new, ILL)
        wait_and_send(post)
        assert news(post) == [("session_cancelled", "nora")]

    def test_who_came_between_cancelling_and_bringing_back_hears_that_it_takes_place(self, post, series):
        _, second, _ = session_ids(series)
        pass_minutes(post)
        act(post, changes.cancel_session, second, ILL)
        comes(post, series)
        pass_minutes(post)
        act(post, changes.restore_session, second)
        wait_and_send(post)
        assert news(post) == [("session_restored", "nora")]

    def test_who_got_a_place_in_between_was_told_the_wrong_time_as_well(self, post):
        activity_id = make_webinar(capacity=1)
        first = make.sign_up(activity_id)
        make.sign_up(activity_id, *NORA)
        post.send()
        (session_id,) = session_ids(activity_id)
        move(post, session_id, B)
        pass_minutes(post)
        make.withdraw(first.registration_id, now=post.now)
        post.send()
        move(post, session_id, A)
        wait_and_send(post)
        assert news(post) == [("moved", "nora")]

    def test_who_was_approved_in_between_too(self, post):
        activity_id = make_webinar()
        with transaction():
            terms.set_terms(activity_id, Terms(needs_approval=True), now=make.NOW)
        nora = make.sign_up(activity_id, *NORA)
        post.send()
        (session_id,) = session_ids(activity_id)
        move(post, session_id, B)
        pass_minutes(post)
        with transaction():
            approval.approve(nora.registration_id, now=post.now)
        post.send()
        move(post, session_id, A)
        wait_and_send(post)
        assert news(post) == [("moved", "nora")]

    def test_and_whoever_got_a_late_confirmation_in_between(self, post):
        activity_id = make_webinar()
        make.sign_up(activity_id, *NORA)
        (session_id,) = session_ids(activity_id)
        move(post, session_id, B)
        post.send()  # the confirmation says the new time
        move(post, session_id, A)
        wait_and_send(post)
        assert news(post) == [("moved", "nora")]

    def test_the_status_page_says_nothing_of_people_who_are_not_there(self, post, webinar):
        (session_id,) = session_ids(webinar)
        move(post, session_id, B)
        move(post, session_id, A)
        wait_and_send(post)
        assert [line.state for line in told.news_of(webinar)] == [
            "left out, because something newer was decided before it went out"
        ]


class TestMailThatDidNotLeave:
    """The first news is on its way, and the mail server is away."""

    @pytest.fixture
    def stuck(self, post, webinar):
        way_out = post.settings.mail
        move(post, *session_ids(webinar), B)
        post.through(MailSetting(host="127.0.0.1", port=9))
        wait_and_send(post)
        assert [row.state.value for row in post.rows() if row.kind == "registration.moved"] == ["retry"]
        return lambda: post.through(way_out)

    def later(self, post, minutes=40):
        for _ in range(minutes // 4):
            wait_and_send(post, 4)

    def test_a_slip_that_is_taken_back_does_not_stop_it(self, post, webinar, stuck):
        (session_id,) = session_ids(webinar)
        move(post, session_id, C)
        post.send()
        move(post, session_id, B)
        stuck()
        self.later(post)
        assert news(post) == [("moved", "olena")]
        assert "It was: Tue 19 January 2027" in text_of(of_kind(post, "moved"))

    def test_it_waits_for_what_is_not_told_yet(self, post, webinar, stuck):
        (session_id,) = session_ids(webinar)
        move(post, session_id, C)
        stuck()
        wait_and_send(post, 4)
        assert news(post) == []
        self.later(post)
        assert news(post) == [("moved", "olena")]
        text = text_of(of_kind(post, "moved"))
        assert "Mon 25 January 2027" in text and "It was: Tue 19 January 2027" in text

    def test_moved_back_before_anybody_heard_of_it_nobody_does(self, post, webinar, stuck):
        move(post, *session_ids(webinar), A)
        stuck()
        self.later(post)
        assert news(post) == []

    def test_but_who_was_told_the_other_time_meanwhile_hears_of_it(self, post, webinar, stuck):
        stuck()
        comes(post, webinar)
        move(post, *session_ids(webinar), A)
        self.later(post)
        assert ("moved", "nora") in news(post)


class TestPerSession:
    @pytest.fixture
    def chosen(self, post):
        activity_id = make_series()
        with transaction():
            terms.set_terms(activity_id, Terms(by="session"), now=make.NOW)
        _, second, _ = session_ids(activity_id)
        with transaction():
            registration.sign_up(SignUp(activity_id, *OLENA, session_ids=(second,)), now=make.NOW)
        post.send()
        return second

    def test_who_was_told_that_it_is_cancelled_hears_that_it_takes_place_after_all(self, post, chosen):
        pass_minutes(post)
        act(post, changes.cancel_session, chosen, ILL)
        wait_and_send(post, 60)
        act(post, changes.restore_session, chosen)
        wait_and_send(post)
        assert news(post) == [("session_cancelled", "olena"), ("session_restored", "olena")]
        mail = of_kind(post, "session_restored")
        assert mail["Subject"].startswith('It takes place after all: session "Roles and routines" of Learning')
        assert "Did an earlier mail say that it is cancelled? That no longer holds." in text_of(mail)
        assert "New session" not in text_of(mail)

    def test_who_wanted_all_sessions_hears_that_a_new_one_is_moved_at_once(self, post, chosen):
        activity_id = db.session.scalar(sa.select(Registration.activity_id))
        pass_minutes(post)
        (new,) = act(
            post, changes.add_sessions, activity_id, [make.make_session("One more", starts_local="2027-04-27 14:00")]
        )
        with transaction():
            registration.sign_up(SignUp(activity_id, *NORA, session_ids=(new,)), now=post.now)
        move(post, new, "2027-04-28 14:00")
        wait_and_send(post)
        assert news(post) == [("moved", "nora")]


def waits_for_the_host(post):
    activity_id = make_series()
    with transaction():
        terms.set_terms(activity_id, Terms(needs_approval=True), now=make.NOW)
    make.sign_up(activity_id, *NORA)
    post.send()
    return activity_id


def is_offered_a_place(post):
    activity_id = make_series(capacity=1)
    with transaction():
        terms.set_terms(activity_id, Terms(offers_within_hours=336, offers_last_minutes=24 * 60), now=make.NOW)
    first = make.sign_up(activity_id)
    make.sign_up(activity_id, *NORA)
    post.send()
    post.clock.move_to("2027-01-11T09:00:00+00:00")
    make.withdraw(first.registration_id, now=post.now)
    post.send()
    return activity_id


@pytest.mark.parametrize(
    ("ground", "says"),
    [
        (waits_for_the_host, "You have no place yet: the host still looks at your sign-up."),
        (is_offered_a_place, "A place is offered to you. Answer before"),
    ],
)
class TestWithoutAPlace:
    def text(self, post, kind):
        return text_of(
            next(m for m in post.mails() if m["X-Mail-Kind"] == f"registration.{kind}" and "nora" in str(m["To"]))
        )

    def test_news_of_sessions_says_how_it_stands(self, post, ground, says):
        activity_id = ground(post)
        first, second, _ = session_ids(activity_id)
        move(post, first, B)
        act(post, changes.cancel_session, second, ILL)
        act(post, changes.add_sessions, activity_id, [make.make_session("One more", starts_local="2027-04-27 14:00")])
        wait_and_send(post)
        for kind in ("moved", "sessions_added"):
            assert says in self.text(post, kind) and "waiting list" not in self.text(post, kind)
        assert "is cancelled" in self.text(post, "session_cancelled")

    def test_news_of_the_whole_too(self, post, ground, says):
        activity_id = ground(post)
        act(post, make.postpone_activity, activity_id, ILL)
        post.send()
        assert "in the line stays" not in self.text(post, "postponed")
        act(post, make.plan_again, activity_id)
        post.send()
        assert says in self.text(post, "planned_again") and "waiting list" not in self.text(post, "planned_again")
        act(post, make.cancel_activity, activity_id, ILL)
        post.send()
        assert "It does not take place." in self.text(post, "cancelled")


def test_who_signed_up_while_the_move_waited_for_the_locks_is_told(post):
    activity_id = make_webinar()
    (session_id,) = session_ids(activity_id)
    before = post.now  # the door read the clock, and then it waited
    comes(post, activity_id)
    with transaction():
        changes.move_session(session_id, promise(B), reason=None, by_person_id=None, now=before)
    wait_and_send(post)
    assert news(post) == [("moved", "nora")]


class TestStoppedByTheOffice:
    """The office calls the work of telling off."""

    @pytest.fixture
    def stopped(self, post, webinar):
        move(post, *session_ids(webinar), B)
        with transaction():
            assert handling.cancel(work_of_telling(), now=post.now)
        post.send()
        return webinar

    def test_nobody_is_told_and_the_page_does_not_promise_it(self, post, stopped):
        wait_and_send(post)
        assert news(post) == []
        (line,) = told.news_of(stopped)
        assert (line.state, line.may_be_told) == ("was stopped by the office before anybody was told", True)

    def test_it_can_be_told_after_all_once(self, post, stopped):
        (line,) = told.news_of(stopped)
        with transaction():
            assert telling.tell_after_all(line.id, now=post.now) == stopped
        with pytest.raises(Refused), transaction():
            telling.tell_after_all(line.id, now=post.now)
        post.send()
        assert news(post) == [("moved", "olena")]
        assert [(one.state, one.may_be_told) for one in told.news_of(stopped)] == [("1 mail", False)]

    def test_the_next_change_is_measured_from_what_people_still_know(self, post, stopped):
        move(post, *session_ids(stopped), C)
        wait_and_send(post)
        assert "It was: Tue 19 January 2027" in text_of(of_kind(post, "moved"))
        assert not any(line.may_be_told for line in told.news_of(stopped))

    def test_what_is_told_is_not_stopped_any_more(self, post, webinar):
        move(post, *session_ids(webinar), B)
        wait_and_send(post)
        (line,) = told.news_of(webinar)
        with transaction():
            telling.stop_telling(line.id, now=post.now)
        assert told.news_of(webinar) == [line]

    def test_there_is_no_such_news(self, post):
        with pytest.raises(NotFound), transaction():
            telling.tell_after_all(4711, now=post.now)

    def test_work_that_was_given_up_is_not_promised_either(self, post, webinar):
        move(post, *session_ids(webinar), B)
        with transaction():
            db.session.execute(sa.update(Work).where(Work.id == work_of_telling()).values(state=WorkState.DEAD))
        (line,) = told.news_of(webinar)
        assert line.state == "could not go out: the office finds it in the list of work" and not line.may_be_told


def work_of_telling() -> int:
    return db.session.scalar(sa.select(sa.func.max(Work.id)).where(Work.kind == telling.WORK_KIND))
