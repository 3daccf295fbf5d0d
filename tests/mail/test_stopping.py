"""What people stop does not come, what always comes cannot be stopped, and the link needs nothing but itself."""

import re

import flask_migrate
import pytest
import sqlalchemy as sa

from ecwi_events.app import create_app
from ecwi_events.jobs.letters import WRITERS
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import kinds, rules, stopping
from ecwi_events.mail.kinds import KINDS, TOPICS, Topic
from ecwi_events.mail.models_delivery import MailStop
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import merging as people_merging
from ecwi_events.people.ledger import Ledger
from ecwi_events.registration import queries
from tests import make
from tests.mail.showing import make_webinar
from tests.make import NOW

OLENA = ("Olena Koval", "olena@kyiv.example")
ALWAYS = ("people.", "proposals.", "overview.", "registration.", "reminder.host_")


class TestTable:
    def test_every_mail_that_is_written_stands_in_it_and_every_line_is_written(self):
        assert set(WRITERS) == set(KINDS)

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_what_is_about_a_place_or_signing_in_always_comes(self, kind):
        assert KINDS[kind].may_be_stopped is not kind.startswith(ALWAYS)

    def test_a_kind_that_nobody_listed_cannot_be_stopped(self):
        assert not kinds.kind_of("no.such.kind").may_be_stopped

    def test_who_asked_for_a_mail_a_moment_ago_waits_in_front_of_everything(self):
        assert all(kind.priority == kinds.AT_ONCE for kind in KINDS.values() if kind.is_asked_for)
        assert {name for name, kind in KINDS.items() if kind.is_asked_for} >= rules.NEVER_TWICE

    def test_every_topic_has_words(self):
        assert set(TOPICS) == set(Topic)


class TestToken:
    @pytest.fixture(autouse=True)
    def with_a_key(self, app):
        pass

    @pytest.mark.parametrize("what", [Stop(7, Topic.REMINDERS), Stop(2147, Topic.MESSAGES, 12)])
    def test_says_what_it_stops_and_is_always_the_same(self, what):
        assert stopping.find(stopping.token_of(what)) == what
        assert stopping.token_of(what) == stopping.token_of(what)

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.replace("7.", "8.", 1), lambda t: t.replace("reminders", "messages"),
            lambda t: t.replace(".0.", ".1."),
            lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t.rpartition(".")[0], lambda t: "0" + t,
            lambda t: t + ".", lambda t: "", lambda t: "...", lambda t: t.replace("7.", "\u0667."),
            lambda t: t.replace("7", "-7", 1),
        ],
    )  # fmt: skip
    def test_is_worth_nothing_if_anything_in_it_is_changed(self, change):
        assert stopping.find(change(stopping.token_of(Stop(7, Topic.REMINDERS)))) is None

    def test_a_link_for_another_purpose_is_none(self):
        assert stopping.find(queries.token_of("7.reminders.0", 1)) is None


class TestStopping:
    def test_stops_once_and_starts_once(self, app):
        what = Stop(make.make_person(), Topic.REMINDERS)
        with transaction():
            assert stopping.stop(what, now=NOW)
            assert not stopping.stop(what, now=NOW)
        assert stopping.is_stopped(what.person_id, Topic.REMINDERS)
        assert not stopping.is_stopped(what.person_id, Topic.MESSAGES)
        with transaction():
            assert stopping.start_again(what, now=NOW)
            assert not stopping.start_again(what, now=NOW)
        assert not stopping.is_stopped(what.person_id, Topic.REMINDERS)

    def test_one_activity_alone_or_all(self, app):
        me = make.make_person()
        with transaction():
            stopping.stop(Stop(me, Topic.MESSAGES, 5), now=NOW)
        assert [stopping.is_stopped(me, Topic.MESSAGES, one) for one in (5, 6, 0)] == [True, False, False]
        assert stopping.stopped_topics(me) == frozenset() and stopping.stopped_activities(me) == [5]
        with transaction():
            stopping.stop(Stop(me, Topic.MESSAGES), now=NOW)
        assert stopping.is_stopped(me, Topic.MESSAGES, 6)

    def test_choosing_leaves_topics_alone_that_have_no_mails_yet(self, app):
        me = make.make_person()
        with transaction():
            stopping.choose(me, {Topic.REMINDERS, Topic.NEWS}, now=NOW)
        assert stopping.stopped_topics(me) == {Topic.REMINDERS} | ({Topic.NEWS} & set(kinds.topics_in_use()))
        with transaction():
            stopping.choose(me, set(), now=NOW)
        assert stopping.stopped_topics(me) == frozenset()

    def test_two_records_that_become_one_keep_what_either_stopped(self, app):
        kept, merged = make.make_person(), make.make_person()
        with transaction():
            stopping.stop(Stop(kept, Topic.REMINDERS), now=NOW)
            stopping.stop(Stop(merged, Topic.REMINDERS), now=NOW)
            stopping.stop(Stop(merged, Topic.MESSAGES, 5), now=NOW)
        ledger = Ledger()
        with transaction():
            people_merging.move_person(kept, merged, ledger, now=NOW)
        assert stopping.stopped_topics(kept) == {Topic.REMINDERS} and stopping.stopped_activities(kept) == [5]
        assert stopping.stopped_activities(merged) == []


class TestMail:
    def reminder(self, post):
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        post.clock.move_to("2027-01-18T13:00:00+00:00")

        make.derive_reminders(now=post.now)

    def test_what_may_be_stopped_says_how_and_nothing_else_does(self, post):
        self.reminder(post)
        post.send()
        mails = post.mails()
        assert len(mails) == 2
        for mail in mails:
            if not KINDS[mail["X-Mail-Kind"]].may_be_stopped:
                assert not [name for name in mail if name.startswith("List-")]
                assert "/u/" not in mail.get_body(("plain",)).get_content()
                continue
            link = re.fullmatch(r"<(http://events\.test/u/([\w.-]+))>", mail["List-Unsubscribe"])
            assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            assert mail["List-Id"] == "<reminders.events.test>"
            (row,) = [row for row in post.rows() if row.message_id == mail["Message-ID"]]
            assert stopping.find(link[2]) == Stop(row.person_id, Topic.REMINDERS)
            for part in ("plain", "html"):
                words = mail.get_body((part,)).get_content()
                assert link[1] in words and "Stop reminders" in words

    def test_what_was_stopped_after_it_was_queued_does_not_go_out(self, post):
        self.reminder(post)
        (row,) = [row for row in post.rows() if row.kind.startswith("reminder.")]
        with transaction():
            stopping.stop(Stop(row.person_id, Topic.REMINDERS), now=post.now)
        post.send()
        assert ("skipped", "opted_out") in post.states()
        assert len(post.mails()) == 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_who_wanted_no_reminders_before_wants_none_after_the_migration(engine, make_settings, make_database):
    variables = {} if engine == "sqlite" else {"DATABASE_URL": make_database("migration12")}
    app = create_app(make_settings(**variables), durable=False)
    at = "'2026-01-01 00:00:00.000000'"
    with app.app_context():
        flask_migrate.upgrade(revision="0011")
        with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
            for number, wants in ((1, "TRUE"), (2, "FALSE")):
                statement = (
                    "INSERT INTO person (id, name, language, wants_reminders, created_at) "  # noqa: S608
                    f"VALUES ({number}, 'A', 'en', {wants}, {at})"
                )
                connection.execute(sa.text(statement))
        flask_migrate.upgrade(revision="0012")
        stops = db.session.execute(sa.select(MailStop.person_id, MailStop.topic, MailStop.activity_id)).all()
        assert [tuple(row) for row in stops] == [(2, Topic.REMINDERS, 0)]
        db.session.remove()
        flask_migrate.downgrade(revision="0011")
        with db.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT wants_reminders FROM person ORDER BY id")).all()
            assert [bool(row[0]) for row in rows] == [True, False]
        db.engine.dispose()
