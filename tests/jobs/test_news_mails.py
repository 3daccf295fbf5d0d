"""News of organisers as it arrives: words, times, what travels to the calendar, and what is no longer said."""

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.rendering import as_text
from ecwi_events.people.models import Person
from ecwi_events.programme.models import ActivitySession
from ecwi_events.programme.sessions import NewSession, Promise
from ecwi_events.registration import changes, terms
from ecwi_events.registration import service as registration
from ecwi_events.registration.models_announcements import News
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from tests import make
from tests.calendars import reader
from tests.mail.showing import SERIES, make_series, make_webinar

OLENA = ("Olena Koval", "olena@kyiv.example")
ILL = "The trainer is ill"
BY = {"by_person_id": None}


def act(post, change, *arguments, **facts):
    with transaction():
        return change(*arguments, **facts, **BY, now=post.now)


def session_ids(activity_id):
    query = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)
    return db.session.scalars(query.order_by(ActivitySession.starts_at)).all()


def promise(at):
    return Promise(datetime.fromisoformat(at), "Europe/Amsterdam", 90)


def wait_and_send(post, minutes=11):
    post.clock.shift(timedelta(minutes=minutes))
    post.send()


def last(post):
    return post.mails()[-1]


def text_of(mail) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def entry_of(mail):
    """The method and the events of the calendar object in a mail."""
    part = next(p for p in mail.walk() if p.get_content_type() in {"text/calendar", "application/ics"})
    body = part.get_payload(decode=True)
    found = re.search(rb"^METHOD:(\w+)", body, re.MULTILINE)
    method = found[1].decode() if found else None
    root = reader.check(body, method=method, people=method is not None)
    return method, root.kids("VEVENT")


def sequence(event) -> int:
    return int(event.one("SEQUENCE").value)


def signed_up_for_one(post, **facts):
    activity_id = make_webinar(**facts)
    make.sign_up(activity_id, *OLENA)
    post.send()
    _, (event,) = entry_of(last(post))
    return activity_id, sequence(event)


def happen(post, news, activity_id):
    """Let one kind of news happen to a series."""
    first, second, _ = session_ids(activity_id)
    if news is News.CANCELLED:
        act(post, make.cancel_activity, activity_id, ILL)
    elif news in {News.POSTPONED, News.PLANNED_AGAIN}:
        act(post, make.postpone_activity, activity_id, ILL, until="autumn 2027")
        if news is News.PLANNED_AGAIN:
            post.send()
            act(post, changes.move_session, first, promise("2027-09-14 14:00"), reason=None)
            act(post, make.plan_again, activity_id)
    elif news is News.MOVED:
        act(post, changes.move_session, first, promise("2027-01-20 10:00"), reason=ILL)
    elif news in {News.SESSION_CANCELLED, News.SESSION_RESTORED}:
        act(post, changes.cancel_session, second, ILL)
        if news is News.SESSION_RESTORED:
            wait_and_send(post)
            act(post, changes.restore_session, second)
    else:
        act(post, changes.add_sessions, activity_id, [make.make_session("One more", starts_local="2027-04-27 14:00")])


@pytest.mark.parametrize("news", list(News))
@pytest.mark.parametrize("waits", [False, True])
def test_every_news_is_complete_in_both_parts(post, news, waits):
    activity_id = make_series(capacity=1)
    if waits:
        make.sign_up(activity_id)
    make.sign_up(activity_id, *OLENA)
    post.send()
    happen(post, news, activity_id)
    wait_and_send(post)
    mail = next(m for m in reversed(post.mails()) if "olena" in str(m["To"]))
    assert mail["X-Mail-Kind"] == f"registration.{news}"
    text, page = mail.get_body(("plain",)).get_content(), html_of(mail)
    for words in (text, as_text(page)):
        assert "Learning communities that last" in words and "Olena Koval" in words
        assert not re.search(r"[{}]|None", words)
    if news not in {News.PLANNED_AGAIN, News.SESSIONS_ADDED, News.SESSION_RESTORED}:
        assert f"The reason: {ILL}" in text and f"The reason: {ILL}" in as_text(page)
    links = set(re.findall(r'href="(http://events\.test/m/[^".]+)(?:\.ics)?"', page))
    assert len(links) == (0 if news is News.CANCELLED and waits else 1) or news is News.CANCELLED
    assert page.count('class="button"') <= 1 and "\n\n\n" not in text
    has_calendar = any(p.get_content_type() in {"text/calendar", "application/ics"} for p in mail.walk())
    assert has_calendar is not waits
    assert "unsubscribe" not in text.lower() and mail["List-Unsubscribe"] is None, "nobody can switch it off"


@pytest.mark.parametrize("change", [make.cancel_activity, make.postpone_activity])
def test_planned_again_at_the_same_times_promises_no_new_date_and_takes_the_earlier_mail_back(post, change):
    activity_id, _ = signed_up_for_one(post)
    act(post, change, activity_id, ILL)
    post.send()
    act(post, make.plan_again, activity_id)
    post.send()
    mail = last(post)
    assert mail["Subject"].startswith("It takes place: ") and "New date" not in mail["Subject"]
    for words in (text_of(mail), " ".join(as_text(html_of(mail)).split())):
        assert "Did an earlier mail say that it is cancelled or postponed? That no longer holds." in words


def test_a_cancelled_session_leaves_the_calendar(post):
    activity_id, before = signed_up_for_one(post)
    act(post, make.cancel_activity, activity_id, ILL)
    post.send()
    mail = last(post)
    method, (event,) = entry_of(mail)
    assert mail["Subject"] == "Cancelled: Play is how children learn, Tue 19 January 2027, 15:00 (Kyiv)"
    assert (method, event.one("STATUS").value) == ("CANCEL", "CANCELLED")
    assert sequence(event) > before
    assert "Then somebody else can come" not in text_of(mail)


def test_a_postponed_one_leaves_it_until_there_is_a_new_date(post):
    activity_id, before = signed_up_for_one(post)
    act(post, make.postpone_activity, activity_id, ILL, until="2027-09-14")
    post.send()
    method, (gone,) = entry_of(last(post))
    assert (method, gone.one("STATUS").value) == ("CANCEL", "CANCELLED")
    assert "The new date: 14 September 2027." in text_of(last(post))
    act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-09-14 14:00"), reason=None)
    act(post, make.plan_again, activity_id)
    post.send()
    mail = last(post)
    method, (back,) = entry_of(mail)
    assert (method, back.one("STATUS").value) == ("REQUEST", "CONFIRMED")
    assert gone.one("UID").value == back.one("UID").value
    assert before < sequence(gone) < sequence(back)
    assert "Tue 14 September 2027, 15:00 – 16:30 · Kyiv time (UTC+3)" in text_of(mail)


def test_a_moved_session_says_the_new_and_the_old_time_in_both_zones(post):
    activity_id, before = signed_up_for_one(post)
    act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-01-20 10:00"), reason=ILL)
    assert post.send().done == 1, "the feed alone: the news waits"
    act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-01-21 11:00"), reason=ILL)
    wait_and_send(post)
    mail = last(post)
    method, (event,) = entry_of(mail)
    text = text_of(mail)
    assert [m["X-Mail-Kind"] for m in post.mails()].count("registration.moved") == 1
    assert mail["Subject"] == "New time: Play is how children learn, now Thu 21 January 2027, 12:00 (Kyiv)"
    assert "Thu 21 January 2027, 12:00 – 13:30 · Kyiv time (UTC+2) 11:00 – 12:30 in Amsterdam (UTC+1)" in text
    assert "It was: Tue 19 January 2027, 15:00 – 16:30 · Kyiv time (UTC+2) 14:00 – 15:30 in Amsterdam (UTC+1)" in text
    assert (method, event.one("STATUS").value) == ("REQUEST", "CONFIRMED")
    assert sequence(event) == before + 2


def test_one_session_of_a_series_moves_alone_in_the_calendar(post):
    activity_id = make_series()
    make.sign_up(activity_id, *OLENA)
    post.send()
    _, entries = entry_of(last(post))
    act(post, changes.move_session, session_ids(activity_id)[1], promise("2027-02-17 14:00"), reason=None)
    wait_and_send(post)
    method, (event,) = entry_of(last(post))
    assert (method, event.one("UID").value) == ("REQUEST", entries[1].one("UID").value)
    assert "The other sessions stay as they are." in text_of(last(post))


def test_moved_while_its_mail_was_on_its_way_only_the_last_time_is_said(post):
    activity_id, _ = signed_up_for_one(post)
    (session_id,) = session_ids(activity_id)
    act(post, changes.move_session, session_id, promise("2027-01-20 10:00"), reason=None)
    post.clock.shift(timedelta(minutes=11))
    from ecwi_events.registration import telling

    with transaction():
        telling.tell_some(1, now=post.now) or telling.tell_some(newest_announcement(), now=post.now)
    act(post, changes.move_session, session_id, promise("2027-01-21 11:00"), reason=None)
    wait_and_send(post)  # the first waits to see what becomes of the second
    wait_and_send(post)
    moved = [(row.state.value, row.reason) for row in post.rows() if row.kind == "registration.moved"]
    assert moved == [("skipped", "superseded"), ("sent", None)]


def newest_announcement() -> int:
    from ecwi_events.registration.models_announcements import Announcement

    return db.session.scalar(sa.select(sa.func.max(Announcement.id)))


def test_who_withdraws_meanwhile_is_left_in_peace(post):
    activity_id = make_webinar()
    olena = make.sign_up(activity_id, *OLENA)
    post.send()
    act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-01-20 10:00"), reason=None)
    with transaction():
        from ecwi_events.registration import telling

        telling.tell_some(newest_announcement(), now=post.now + timedelta(minutes=11))
    make.withdraw(olena.registration_id, now=post.now)
    wait_and_send(post)
    assert ("skipped", "withdrawn") in post.states()


@pytest.mark.parametrize("change", [make.cancel_activity, make.postpone_activity])
def test_a_confirmation_that_is_still_on_its_way_does_not_carry_the_old_date(post, change):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    act(post, change, activity_id, ILL)
    post.send()
    assert [m["X-Mail-Kind"] for m in post.mails()] == [
        "registration." + ("cancelled" if change is make.cancel_activity else "postponed")
    ]


class TestReminders:
    def at(self, post, when) -> int:
        post.clock.move_to(when)
        return make.derive_reminders(now=post.now)

    @pytest.mark.parametrize("change", [make.cancel_activity, make.postpone_activity])
    def test_there_are_none_for_what_does_not_take_place(self, post, change):
        activity_id, _ = signed_up_for_one(post)
        act(post, change, activity_id, ILL)
        assert self.at(post, "2027-01-18T13:00:00+00:00") == 0

    @pytest.mark.parametrize("change", [make.cancel_activity, make.postpone_activity])
    def test_one_that_is_on_its_way_is_dropped(self, post, change):
        activity_id, _ = signed_up_for_one(post)
        assert self.at(post, "2027-01-18T13:00:00+00:00") >= 1
        act(post, change, activity_id, ILL)
        post.send()
        assert "reminder.day_before" not in {m["X-Mail-Kind"] for m in post.mails()}

    def test_after_a_move_they_begin_anew(self, post):
        activity_id, _ = signed_up_for_one(post)
        self.at(post, "2027-01-18T13:00:00+00:00")
        post.send()
        act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-01-26 14:00"), reason=None)
        self.at(post, "2027-01-25T13:00:00+00:00")
        post.send()
        kinds = [m["X-Mail-Kind"] for m in post.mails()]
        assert kinds.count("reminder.day_before") == 2

    def test_after_postponing_and_planning_again_they_begin_anew(self, post):
        activity_id, _ = signed_up_for_one(post)
        self.at(post, "2027-01-18T13:00:00+00:00")
        post.send()
        act(post, make.postpone_activity, activity_id, ILL)
        act(post, changes.move_session, session_ids(activity_id)[0], promise("2027-01-26 14:00"), reason=None)
        act(post, make.plan_again, activity_id)
        post.send()
        self.at(post, "2027-01-25T13:00:00+00:00")
        post.send()
        assert [m["X-Mail-Kind"] for m in post.mails()].count("reminder.day_before") == 2


class TestSignedUpPerSession:
    @pytest.fixture
    def series(self, post):
        activity_id = make.make_activity(
            "Learning communities that last",
            sessions=[make.make_session(title, starts_local=at) for title, at in SERIES],
        )
        with transaction():
            terms.set_terms(activity_id, Terms(by="session"), now=make.NOW)
        first, second, _ = session_ids(activity_id)
        with transaction():
            registration.sign_up(
                SignUp(activity_id, *OLENA, zone="Europe/Kyiv", session_ids=(first, second)), now=make.NOW
            )
        with transaction():
            registration.sign_up(
                SignUp(activity_id, "Rosa Quispe", "rosa@lima.example", session_ids=(second,)), now=make.NOW
            )
        post.send()
        return activity_id

    def of_kind(self, post, kind):
        return [m for m in post.mails() if m["X-Mail-Kind"] == f"registration.{kind}"]

    def test_only_who_comes_to_it_is_told_of_a_moved_session(self, post, series):
        first, _, third = session_ids(series)
        act(post, changes.move_session, first, promise("2027-01-20 10:00"), reason=None)
        act(post, changes.move_session, third, promise("2027-03-31 10:00"), reason=None)
        wait_and_send(post)
        (mail,) = self.of_kind(post, "moved")
        assert "olena" in str(mail["To"])
        method, (event,) = entry_of(mail)
        assert (method, event.one("SUMMARY").text) == (
            "REQUEST", "Learning communities that last: What a learning community needs",
        )  # fmt: skip

    def test_all_cancelled_is_one_mail_with_what_the_person_had_chosen(self, post, series):
        act(post, make.cancel_activity, series, ILL)
        post.send()
        mails = {str(m["To"]): m for m in self.of_kind(post, "cancelled")}
        assert len(mails) == 2
        olena, rosa = (next(m for to, m in mails.items() if who in to) for who in ("olena", "rosa"))
        assert len(entry_of(olena)[1]) == 2 and len(entry_of(rosa)[1]) == 1
        assert "Roles and routines" in text_of(rosa) and "What a learning community needs" not in text_of(rosa)

    def test_a_session_that_is_added_concerns_nobody_yet(self, post, series):
        act(post, changes.add_sessions, series, [make.make_session("One more", starts_local="2027-04-27 14:00")])
        wait_and_send(post)
        assert self.of_kind(post, "sessions_added") == []


def test_who_keeps_a_place_in_a_closed_account_reads_that_it_is_cancelled(post):
    activity_id, _ = signed_up_for_one(post)
    with transaction():
        db.session.execute(sa.update(Person).values(disabled_at=post.now))
    act(post, make.cancel_activity, activity_id, ILL)
    post.send()
    assert last(post)["X-Mail-Kind"] == "registration.cancelled"


def test_a_new_session_comes_with_its_entry(post):
    activity_id = make_series()
    make.sign_up(activity_id, *OLENA)
    post.send()
    new = NewSession("One more", datetime.fromisoformat("2027-04-27 14:00"), "Europe/Amsterdam", 90)
    act(post, changes.add_sessions, activity_id, [new])
    wait_and_send(post)
    mail = last(post)
    method, (event,) = entry_of(mail)
    assert mail["Subject"] == "New session: Learning communities that last, Tue 27 April 2027, 15:00 (Kyiv)"
    assert (method, event.one("SUMMARY").text) == ("REQUEST", "Learning communities that last: One more")
