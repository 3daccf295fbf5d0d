"""Stopping by writing a mail: what the link would stop, no more, once, and never because a machine answered."""

import mailbox
import re
from dataclasses import replace
from email.header import Header
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from config import BounceMailbox
from ecwi_events.jobs import bounces
from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import stop_requests, stopping
from ecwi_events.mail.kinds import KINDS, Topic
from ecwi_events.mail.models_delivery import Bounce, BounceKind, MailStop
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import erasing, merging, unsubscribing
from ecwi_events.people.ledger import Ledger
from tests import make
from tests.mail import reports
from tests.mail.showing import make_webinar
from tests.make import NOW

OLENA = ("Olena Koval", "olena@kyiv.example")


@pytest.fixture
def me(app):
    return make.make_person()


def take_in(raw):
    with transaction():
        return unsubscribing.take_in(raw, now=NOW)


def stops():
    return db.session.execute(sa.select(MailStop.person_id, MailStop.topic, MailStop.activity_id)).all()


@pytest.mark.parametrize("what", [(Topic.REMINDERS, 0), (Topic.MESSAGES, 12), (Topic.THANKS, 0)])
def test_stops_exactly_what_the_link_would_stop(me, what):
    token = stopping.token_of(Stop(me, *what))
    assert take_in(reports.wish(token)) is BounceKind.STOPPED
    assert stops() == [(me, *what)]
    acts = db.session.execute(sa.select(JournalEntry.act, JournalEntry.subject_id)).all()
    assert ("stop_mails", me) in [tuple(row) for row in acts]


@pytest.mark.parametrize("subject", ["stop {}", "Stop {}", "STOP+{}", "  stop\r\n {}  "])
def test_however_a_mail_program_writes_its_subject(me, subject):
    assert take_in(reports.wish(stopping.token_of(Stop(me, Topic.REMINDERS)), subject=subject)) is BounceKind.STOPPED


def test_an_encoded_subject(me):
    subject = Header(f"stop {stopping.token_of(Stop(me, Topic.REMINDERS))}", "utf-8").encode()
    assert take_in(reports.wish("", subject=subject)) is BounceKind.STOPPED


@pytest.mark.parametrize(
    "subject", ["Re: stop {}", "Automatic reply: stop {}", "stop", "stop {} please", "{}", "unsubscribe {}", "stop: {}"]
)
def test_other_subjects_ask_for_nothing(me, subject):
    assert take_in(reports.wish(stopping.token_of(Stop(me, Topic.REMINDERS)), subject=subject)) is BounceKind.IGNORED
    assert stops() == []


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; owner=x", "Precedence: auto_reply",
             "Precedence: bulk", "X-Autoreply: yes", "X-Autorespond: away", "Return-Path: <>",
             "Content-Type: multipart/report; boundary=x"],
)  # fmt: skip
def test_what_a_machine_wrote_by_itself_stops_nothing(me, line):
    assert take_in(reports.wish(stopping.token_of(Stop(me, Topic.REMINDERS)), line)) is BounceKind.IGNORED
    assert stops() == []


def test_who_says_that_no_machine_wrote_it_is_heard(me):
    assert (
        take_in(reports.wish(stopping.token_of(Stop(me, Topic.REMINDERS)), "Auto-Submitted: no")) is BounceKind.STOPPED
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda token, other: token.replace(f"{other[0]}.", f"{other[1]}.", 1),
        lambda token, _: token.replace("reminders", "thanks"),
        lambda token, _: token.replace(".0.", ".1."),
        lambda token, _: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, _: token.lower() + "x",
        lambda _, __: "1.reminders.0." + "a" * 24,
        lambda _, __: "a" * 200,
    ],
    ids=["somebody else", "topic", "activity", "letter", "longer", "made up", "noise"],
)  # fmt: skip
def test_a_token_that_we_did_not_make_does_nothing_for_anybody(me, change):
    token = change(stopping.token_of(Stop(me, Topic.REMINDERS)), (me, make.make_person("Rosa Quispe")))
    assert take_in(reports.wish(token)) is BounceKind.FOREIGN
    assert stops() == []


def test_twice_is_once_and_what_was_started_again_stays(me):
    what = Stop(me, Topic.REMINDERS)
    raw = reports.wish(stopping.token_of(what))
    assert [take_in(raw), take_in(raw)] == [BounceKind.STOPPED] * 2
    with transaction():
        stopping.start_again(what, now=NOW)
    assert take_in(raw) is BounceKind.STOPPED
    assert stops() == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 1


def test_a_record_that_was_merged_and_one_that_was_erased(me):
    kept, gone = make.make_person(), make.make_person()
    with transaction():
        merging.move_person(kept, me, Ledger(), now=NOW)
        erasing.forget_person(gone, now=NOW)
    assert take_in(reports.wish(stopping.token_of(Stop(me, Topic.REMINDERS)))) is BounceKind.STOPPED
    assert take_in(reports.wish(stopping.token_of(Stop(gone, Topic.REMINDERS)))) is BounceKind.FOREIGN
    assert stops() == [(kept, Topic.REMINDERS, 0)]


def test_the_address_is_one_that_mail_programs_understand():
    assert stop_requests.address_of("7.reminders.0.aB-_", "b+x y@events.test") == (
        "mailto:b+x%20y@events.test?subject=stop%207.reminders.0.aB-_"
    )


class TestField:
    FIELD = re.compile(r"<(https?://\S+/u/(\S+))>, <mailto:(\S+)\?subject=(\S+)>")

    def reminder(self, post, **mail):
        post.settings = replace(post.settings, mail=replace(post.settings.mail, **mail))
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        post.clock.move_to("2027-01-18T13:00:00+00:00")
        make.derive_reminders(now=post.now)
        post.send()

    def test_link_first_then_the_address_and_only_on_what_may_be_stopped(self, post, tmp_path):
        box = mailbox.Maildir(str(tmp_path / "bounces"), create=True)
        self.reminder(
            post, bounce_mailbox=BounceMailbox(maildir=tmp_path / "bounces"), bounce_address="bounces@events.test"
        )
        always, may_stop = post.mails()
        assert KINDS[may_stop["X-Mail-Kind"]].may_be_stopped
        assert always["List-Unsubscribe"] is None
        link, token, address, subject = self.FIELD.fullmatch(may_stop["List-Unsubscribe"]).groups()
        assert may_stop["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert (address, unquote(subject)) == ("bounces@events.test", f"stop {token}")
        assert f"/u/{token}" in link and "mailto:bounces" not in may_stop.get_body(("plain",)).get_content()
        box.add(reports.wish("", subject=unquote(subject)))
        assert bounces.read_mailbox(post.settings) == {BounceKind.STOPPED: 1}
        (row,) = [row for row in post.rows() if row.kind.startswith("reminder.")]
        assert stops() == [(row.person_id, Topic.REMINDERS, 0)]

    def test_without_an_address_of_its_own_it_is_that_of_the_sender(self, post, tmp_path):
        self.reminder(post, bounce_mailbox=BounceMailbox(maildir=tmp_path / "bounces"))
        assert "<mailto:events@events.test?subject=stop%20" in post.mails()[-1]["List-Unsubscribe"]

    def test_where_nobody_reads_what_comes_back_there_is_the_link_alone(self, post):
        self.reminder(post, bounce_address="bounces@events.test")
        assert "mailto" not in post.mails()[-1]["List-Unsubscribe"]
