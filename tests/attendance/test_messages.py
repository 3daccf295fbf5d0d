"""Messages to the people of an activity: to whom, what is filled in, once each, and stopped in time."""

from collections import Counter

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import messages, rules_messages, service
from ecwi_events.attendance.filling import filled
from ecwi_events.attendance.messages import Draft
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.models_messages import ActivityMessage, Audience
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import MailState
from ecwi_events.mail.stopping import Stop
from ecwi_events.people.models import Person
from ecwi_events.programme import queries as programme
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import service as registration
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.signing_up import SignUp
from ecwi_events.registration.terms import set_terms
from ecwi_events.work.models import Work
from tests import make
from tests.jobs.conftest import post, receiver  # noqa: F401 - fixtures
from tests.mail.showing import make_series, make_webinar
from tests.make import NOW

TEXT = "Dear {name},\n\nsee you in {activity}: {next session}.\nJoin: {joining link}\nYour page: {my link}"


@pytest.fixture
def series(app):
    """An activity with one person who has a place and one who waits."""
    activity_id = make_series(capacity=1)
    ids = {
        name: registrations.find_sign_up(
            make.sign_up(activity_id, name, f"{name.lower()}@people.example", zone=zone).registration_id
        ).person_id
        for name, zone in (("Olena", "Europe/Kyiv"), ("Aida", "Asia/Bishkek"))
    }
    return activity_id, ids


def write(
    activity_id, text=TEXT, *, audience=Audience.CONFIRMED, key="k", is_office=True, subject="About {activity}", **more
):
    activity = programme.find_activity(activity_id)
    writer = db.session.scalar(sa.select(Person.id).order_by(Person.id).limit(1)) or make.make_person()
    with transaction():
        return messages.write_message(
            activity, Draft(audience, subject, text, **more), key=key, by_person_id=writer, is_office=is_office, now=NOW
        )


def names(activity_id, audience, session_id=None):
    return [one.name for one in messages.recipients(activity_id, audience, session_id)]


class TestToWhom:
    def test_by_place(self, series):
        activity_id, _ = series
        assert names(activity_id, Audience.CONFIRMED) == ["Olena"]
        assert names(activity_id, Audience.WAITING) == ["Aida"]
        assert names(activity_id, Audience.PENDING) == []

    def test_by_presence_in_one_session(self, series):
        activity_id, ids = series
        first, second, _ = programme.find_activity(activity_id).sessions
        with transaction():
            service.mark(
                first.id, {Who(person_id=ids["Olena"]): Verdict.PRESENT}, by_person_id=ids["Olena"], now=first.ends_at
            )
            service.mark(
                second.id, {Who(person_id=ids["Olena"]): Verdict.ABSENT}, by_person_id=ids["Olena"], now=second.ends_at
            )
            service.add_visitor(first.id, "No Address", by_person_id=ids["Olena"], now=first.ends_at)
        assert names(activity_id, Audience.PRESENT, first.id) == ["Olena"]
        assert names(activity_id, Audience.ABSENT, first.id) == []
        assert names(activity_id, Audience.ABSENT, second.id) == ["Olena"]

    def test_counts_whom_it_lists(self, series):
        activity_id, _ = series
        for audience in (Audience.CONFIRMED, Audience.WAITING, Audience.PENDING):
            assert messages.count(activity_id, audience) == len(messages.recipients(activity_id, audience))

    def test_not_to_closed_accounts_and_not_to_those_who_stopped_such_messages(self, series):
        activity_id, ids = series
        for name in ("Stopped Here", "Stopped All", "Stopped Elsewhere", "Closed"):
            waits = registrations.find_sign_up(make.sign_up(activity_id, name).registration_id)
            ids[name] = waits.person_id
        with transaction():
            stopping.stop(Stop(ids["Stopped Here"], Topic.MESSAGES, activity_id), now=NOW)
            stopping.stop(Stop(ids["Stopped All"], Topic.MESSAGES), now=NOW)
            stopping.stop(Stop(ids["Stopped Elsewhere"], Topic.MESSAGES, activity_id + 1), now=NOW)
            stopping.stop(Stop(ids["Aida"], Topic.REMINDERS), now=NOW)
            db.session.execute(sa.update(Person).where(Person.id == ids["Closed"]).values(disabled_at=NOW))
        assert names(activity_id, Audience.WAITING) == ["Aida", "Stopped Elsewhere"]
        assert messages.count(activity_id, Audience.WAITING) == 2


class TestWriting:
    @pytest.mark.parametrize(
        ("change", "field", "words"),
        [
            ({"subject": ""}, "subject", "Enter a subject"),
            ({"subject": "x" * 151}, "subject", "150"),
            ({"subject": "Go to {my link}"}, "subject", "links into the text"),
            ({"subject": "Hello {nam}"}, "subject", "{nam} is no placeholder"),
            ({"text": ""}, "text", "Enter the message"),
            ({"text": "x" * 5001}, "text", "5000"),
            ({"text": "Hello {{ config }}"}, "text", "is no placeholder"),
            ({"text": "Hello {Name}"}, "text", "{Name} is no placeholder"),
            ({"text": "Hello {}"}, "text", "{} is no placeholder"),
            ({"text": "{joining link}", "audience": Audience.WAITING}, "text", "no joining link"),
            ({"audience": Audience.PRESENT}, "session", "Choose the session"),
            ({"session_id": 999_999}, "session", "of this activity"),
        ],
    )
    def test_says_what_is_wrong(self, series, change, field, words):
        with pytest.raises(Invalid) as caught:
            write(series[0], **{"subject": "Hello", "text": "Hello", **change})
        assert words in caught.value.fields[field]

    def test_a_session_that_nobody_plans_cannot_be_named(self):
        found = rules_messages.faults("S", "{next session}", "confirmed", has_session=False, has_next_session=False)
        assert "no session to come" in found["text"]

    def test_the_same_page_sends_once(self, series):
        assert write(series[0]) == write(series[0])
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ActivityMessage)) == 1
        assert (
            db.session.scalar(sa.select(sa.func.count()).select_from(Work).where(Work.kind == messages.WORK_KIND)) == 1
        )

    def test_nobody_to_write_to(self, series):
        with pytest.raises(Refused, match="nobody to write to"):
            write(series[0], "Hello", audience=Audience.PENDING)

    def test_hosts_write_five_times_a_day_and_the_office_more_often(self, series):
        for number in range(rules_messages.MOST_A_DAY):
            write(series[0], key=str(number), is_office=False)
        with pytest.raises(Refused, match="enough"):
            write(series[0], key="one more", is_office=False)
        write(series[0], key="of the office")

    def test_the_database_keeps_texts_clean(self, series):
        message_id = write(series[0], "Hello\x00\r\nBcc: x", subject="Hi\r\nBcc: all@victims.example")
        found = messages.find(message_id)
        assert "\n" not in found.subject and "\x00" not in found.text


class TestFilling:
    def test_each_reader_has_own_name_time_and_links(self, series):
        activity_id, ids = series
        activity = programme.find_activity(activity_id)
        olena, aida = (
            filled(activity, ids[name], None, "{name}: {activity}", TEXT, now=NOW) for name in ("Olena", "Aida")
        )
        assert olena.subject == "Olena: Learning communities that last"
        text = rules_messages.as_text(olena.lines)
        assert "Dear Olena,\n\nsee you in Learning communities that last: Tue 19 January 2027, 15:00" in text
        assert "Kyiv time" in text and "/j/" in text and "/m/" in text
        other = rules_messages.as_text(aida.lines)
        assert "Bishkek time" in other and "/j/" not in other, "who waits has no way to the meeting"
        links = {piece.words for line in olena.lines for piece in line if piece.is_link}
        assert not [link for link in links if link in other]

    def test_the_next_session_is_that_of_the_message_or_the_readers_own(self, app):
        activity_id = make_series()
        with transaction():
            set_terms(activity_id, Terms(by="session"), now=NOW)
        first, second, third = (session.id for session in programme.find_activity(activity_id).sessions)
        with transaction():
            facts = SignUp(activity_id, "Olena", "olena@people.example", "", "Europe/Kyiv", session_ids=(second, third))
            registration.sign_up(facts, now=NOW)
        activity, olena = programme.find_activity(activity_id), db.session.scalar(sa.select(Person.id))

        def says(session_id, now=NOW):
            words = filled(activity, olena, session_id, "S", "{next session}", now=now)
            return rules_messages.as_text(words.lines)

        dates = {session.id: f"{session.starts_at.day} {session.starts_at:%B}" for session in activity.sessions}
        assert dates[second] in says(None)
        assert dates[third] in says(third)
        assert dates[third] in says(second, activity.sessions[1].ends_at), "that one is over"
        assert dates[first] in says(first), "it is what the message is about"
        assert says(None, activity.sessions[2].ends_at) == "(no session of yours is planned)"

    def test_what_is_put_in_is_not_read_again(self):
        facts = {"name": "{my link} {activity}", "activity": "{name}", "my link": "http://x"}
        lines = rules_messages.fill("{name} and {activity} {other} { {", facts)
        assert rules_messages.as_text(lines) == "{my link} {activity} and {name} {other} { {"
        assert not [piece for piece in lines[0] if piece.is_link]

    def test_a_subject_of_many_titles_is_cut(self):
        lines = rules_messages.fill("{activity} " * 13, {"activity": "Play " * 30})
        subject = rules_messages.as_subject(lines)
        assert len(subject) <= rules_messages.LONGEST_FILLED and subject.endswith("Play Pla…")
        assert rules_messages.as_subject(rules_messages.fill("About {activity}", {"activity": "Play"})) == "About Play"

    def test_an_advertisement_is_no_name(self, series):
        activity_id, ids = series
        with transaction():
            db.session.execute(sa.update(Person).where(Person.id == ids["Olena"]).values(name="Buy at evil.example"))
        words = filled(programme.find_activity(activity_id), ids["Olena"], None, "S", "Dear {name}", now=NOW)
        assert rules_messages.as_text(words.lines) == "Dear participant"

    def test_empty_lines_end_paragraphs(self):
        lines = rules_messages.fill("\n\na\nb\n\n \nc\n", {})
        assert [len(paragraph) for paragraph in rules_messages.paragraphs(lines)] == [2, 1]


class TestSending:
    def test_a_minute_later_each_gets_one_mail_and_the_list_says_so(self, post, series):  # noqa: F811 - the fixture
        activity_id, _ = series
        post.send()
        message_id = write(activity_id, reply_to="host@people.example")
        post.send()
        assert not [row for row in post.rows() if row.kind == messages.MAIL_KIND]
        post.clock.shift(61)
        post.send()
        (mail,) = [mail for mail in post.mails() if mail["X-Mail-Kind"] == messages.MAIL_KIND]
        assert mail["Subject"] == "About Learning communities that last"
        assert mail["Reply-To"].addresses[0].addr_spec == "host@people.example"
        assert mail["List-Unsubscribe"]
        for part in ("plain", "html"):
            words = mail.get_body((part,)).get_content()
            assert (
                "Dear Olena" in words
                and "Stop messages about this activity" in words
                and "{" not in words.partition("</style>")[2]
            )
        (line,) = messages.history(activity_id)
        assert (line.id, line.counts, line.may_be_stopped) == (message_id, Counter({MailState.SENT: 1}), False)

    def test_stopped_within_the_minute_nobody_gets_it(self, post, series):  # noqa: F811
        activity_id, _ = series
        post.send()
        message_id = write(activity_id)
        with transaction():
            messages.stop_message(activity_id, message_id, now=NOW)
        post.clock.shift(61)
        post.send()
        assert not [row for row in post.rows() if row.kind == messages.MAIL_KIND]
        with pytest.raises(Refused), transaction():
            messages.stop_message(activity_id, message_id, now=NOW)

    def test_stopped_in_the_middle_the_rest_stays_here(self, post, series):  # noqa: F811
        activity_id, _ = series
        post.send()
        message_id = write(activity_id)
        with transaction():
            messages.put_some(message_id, now=NOW)
            messages.stop_message(activity_id, message_id, now=NOW)
        post.send()
        (row,) = [row for row in post.rows() if row.kind == messages.MAIL_KIND]
        assert (row.state.value, row.reason) == ("skipped", "cancelled")

    def test_another_activity_has_no_such_message(self, series):
        message_id, other = write(series[0]), make_webinar()
        with pytest.raises(NotFound), transaction():
            messages.stop_message(other, message_id, now=NOW)

    def test_who_withdrew_or_stopped_such_messages_meanwhile_gets_none(self, post, series):  # noqa: F811
        activity_id, ids = series
        post.send()
        write(activity_id, "Hello", audience=Audience.WAITING)
        message_id = write(activity_id, key="other")
        for one in (message_id, message_id - 1):
            with transaction():
                messages.put_some(one, now=NOW)
        with transaction():
            stopping.stop(Stop(ids["Olena"], Topic.MESSAGES, activity_id), now=NOW)
        make.withdraw(messages.sign_up_of(activity_id, ids["Aida"]))
        post.send()
        reasons = {row.person_id: row.reason for row in post.rows() if row.kind == messages.MAIL_KIND}
        assert reasons == {ids["Olena"]: "opted_out", ids["Aida"]: "not_theirs"}

    def test_an_account_that_is_closed_meanwhile_gets_none(self, post, series):  # noqa: F811
        activity_id, ids = series
        post.send()
        message_id = write(activity_id)
        with transaction():
            messages.put_some(message_id, now=NOW)
            db.session.execute(sa.update(Person).where(Person.id == ids["Olena"]).values(disabled_at=NOW))
        post.send()
        assert [row.reason for row in post.rows() if row.kind == messages.MAIL_KIND] == ["closed"]

    def test_batches_go_on_where_the_last_one_ended(self, app, monkeypatch):
        monkeypatch.setattr(messages, "BATCH", 2)
        activity_id = make_webinar()
        for number in range(5):
            make.sign_up(activity_id, f"Person {number}")
        message_id = write(activity_id)
        put = []
        for _ in range(4):
            with transaction():
                put.append(messages.put_some(message_id, now=NOW))
        assert put == [2, 2, 1, 0]
        assert messages.history(activity_id)[0].counts == Counter({MailState.QUEUED: 5})
