"""Mails that do not arrive: whose report it is, what it says, what follows, and that nobody can make one up."""

import mailbox
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from config import BounceMailbox, SettingsError
from ecwi_events.jobs import bounces
from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.rounds import go_round
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import bouncing, complaints, rules, stop_requests, suppression
from ecwi_events.mail.models_delivery import Bounce, BounceKind, Why
from ecwi_events.people import addresses, unsubscribing
from tests import make
from tests.mail import reports
from tests.mail.showing import make_webinar
from tests.make import NOW

OLENA = ("Olena Koval", "olena@kyiv.example")


@pytest.fixture
def sent(post):
    """A mail that was sent."""
    make.sign_up(make_webinar(), *OLENA)
    post.send()
    (row,) = post.rows()
    assert row.state.value == "sent"
    return row


def take_in(raw):
    with transaction():
        return bouncing.take_in(raw, now=NOW)


def suppressed():
    return suppression.find(OLENA[1], now=NOW)


class TestWhoseAndWhat:
    @pytest.mark.parametrize(
        "shape",
        [reports.postfix, reports.postfix_headers_only, reports.exim, reports.exchange],
        ids=lambda s: s.__name__,
    )
    def test_an_address_that_is_gone_is_left_alone_whatever_server_says_so(self, sent, shape):
        assert take_in(shape(sent.message_id)) is BounceKind.HARD
        found = suppressed()
        assert (found.why, found.source, found.until_at) == (Why.GONE, suppression.BY_REPORT, None)

    def test_the_signed_sender_is_enough(self, sent):
        verp = bouncing.envelope_from(sent.id, "bounces@events.test")
        assert verp.startswith(f"bounces+{sent.id}.") and verp.endswith("@events.test")
        assert take_in(reports.exchange("<nothing@elsewhere.example>", verp.upper())) is BounceKind.HARD
        assert suppressed()

    def test_a_full_mailbox_is_trouble_that_passes(self, sent):
        assert take_in(reports.gmail_full(sent.message_id)) is BounceKind.SOFT
        assert suppressed() is None
        assert db.session.execute(sa.select(Bounce.status, Bounce.mail_id)).one() == ("5.2.2", sent.id)

    @pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", ""])
    def test_what_is_not_a_failure_is_ignored(self, sent, action):
        assert (
            take_in(reports.postfix(sent.message_id, status="4.4.1", code="421", action=action)) is BounceKind.IGNORED
        )

    def test_automatic_answers_are_ignored_although_they_quote_us(self, sent):
        assert take_in(reports.out_of_office(sent.message_id)) is BounceKind.IGNORED
        assert suppressed() is None

    @pytest.mark.parametrize(
        "raw", [b"", b"\0\0", b"Content-Type: multipart/report; boundary=x\r\n\r\n--x",
                b"Content-Type: message/delivery-status\r\n\r\n",
                b"From: \xff\xfe\r\n\r\n\xff",
                b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts"],
    )  # fmt: skip
    def test_rubbish_does_no_harm(self, app, raw):
        assert take_in(raw) in {BounceKind.IGNORED, BounceKind.FOREIGN}

    def test_the_same_report_counts_once(self, sent):
        for _ in range(rules.SOFT_AT_MOST + 1):
            assert take_in(reports.gmail_full(sent.message_id)) is BounceKind.SOFT
        assert suppressed() is None

    def test_five_failures_within_two_weeks_rest_the_address_for_a_week(self, sent):
        for number in range(rules.SOFT_AT_MOST):
            assert suppressed() is None
            take_in(reports.gmail_full(sent.message_id).replace(b"09:00:00", f"09:00:0{number}".encode()))
        found = suppressed()
        assert (found.why, found.until_at) == (Why.UNREACHABLE, NOW + rules.REST_AFTER_SOFT)
        assert suppression.find(OLENA[1], now=NOW + timedelta(days=7)) is None

    def test_old_failures_are_forgotten(self, sent):
        with transaction():
            for number in range(rules.SOFT_AT_MOST):
                at = NOW + timedelta(days=4 * number)
                bouncing.take_in(
                    reports.gmail_full(sent.message_id).replace(b"09:00:00", f"09:00:0{number}".encode()), now=at
                )
        assert suppression.find(OLENA[1], now=NOW + timedelta(days=16)) is None


class TestForged:
    @pytest.mark.parametrize("message_id", ["<11111111-1111-4111-8111-111111111111@events.test>", "<x@y>", "", "<>"])
    def test_a_report_about_no_mail_of_ours_is_counted_and_ignored(self, sent, message_id):
        assert take_in(reports.postfix(message_id)) is BounceKind.FOREIGN
        assert suppressed() is None
        assert bouncing.counts(since=NOW)[BounceKind.FOREIGN] == 1

    def test_a_made_up_signature_is_worth_nothing(self, sent):
        right = bouncing.envelope_from(sent.id, "b@events.test")
        for wrong in (
            right.replace(f"+{sent.id}.", f"+{sent.id + 1}."),
            f"b+{sent.id}.{'0' * 16}@events.test",
            f"b+{sent.id}@events.test",
            f"b+{sent.id}.@events.test",
        ):
            assert take_in(reports.exchange("", wrong)) is BounceKind.FOREIGN
        assert suppressed() is None

    def test_only_the_address_of_the_mail_is_touched_whatever_recipient_the_report_names(self, sent):
        raw = reports.postfix(sent.message_id).replace(b"rfc822; olena@kyiv.example", b"rfc822; victim@other.example")
        take_in(raw)
        assert suppressed() and suppression.find("victim@other.example", now=NOW) is None

    def test_a_message_id_cannot_be_worked_out_and_stays_the_same(self, app):
        from ecwi_events.mail.service import _message_id

        assert _message_id("confirmed:1") == _message_id("confirmed:1") != _message_id("confirmed:2")


class TestSuppressed:
    def suppress(self, sent):
        take_in(reports.postfix(sent.message_id))

    def test_later_mails_are_skipped_with_the_reason_and_sign_in_links_go_out(self, post, sent):
        from ecwi_events.people import signing_in

        self.suppress(sent)
        make.sign_up(make_webinar(), *OLENA)
        with transaction():
            signing_in.request_sign_in(OLENA[1], browser="b", now=NOW)
        post.send()
        assert post.states()[1:] == [("skipped", "suppressed"), ("sent", None)]

    def test_who_proves_the_address_gets_mails_again(self, post, sent):
        self.suppress(sent)
        with transaction():
            addresses.ask_for_proof(sent.person_id, OLENA[1], now=NOW)
        post.send()
        proof = next(row for row in post.rows() if row.kind == "people.prove_address")
        assert proof.state.value == "sent"
        with transaction():
            addresses.prove(addresses.token_of(proof.subject_id), now=NOW)
        assert suppressed() is None

    def test_the_office_can_lift_it_and_old_failures_no_longer_count(self, sent):
        for number in range(rules.SOFT_AT_MOST):
            take_in(reports.gmail_full(sent.message_id).replace(b"09:00:00", f"09:00:0{number}".encode()))
        with transaction():
            assert suppression.lift_by_id(suppressed().id, now=NOW) == OLENA[1]
        take_in(reports.gmail_full(sent.message_id).replace(b"09:00:00", b"10:00:00"))
        assert suppressed() is None

    def test_gone_stays_gone_when_a_softer_report_follows(self, sent):
        self.suppress(sent)
        for number in range(rules.SOFT_AT_MOST):
            take_in(reports.gmail_full(sent.message_id).replace(b"09:00:00", f"09:00:0{number}".encode()))
        assert suppressed().why is Why.GONE

    def test_what_came_back_long_ago_is_deleted(self, sent):
        self.suppress(sent)
        with transaction():
            suppression.forget_old(now=NOW + rules.KEEP_BOUNCES + timedelta(days=1))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 0
        assert suppressed(), "an address that is gone does not come back by waiting"


# Pieces of mails, so that arbitrary ones get behind the first line of a reader.
PIECES = st.sampled_from([
    b"Subject: ", b"=?utf-8?b?", b"=?utf-8?q?", b"=?x?q?", b"?=", b"stop ", b"\r\n", b"\n\n", b"\r\n\r\n", b"--b1\r\n",
    b"Content-Type: multipart/report; boundary=b1\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"Status: 5.1.1\n",
    b"Content-Type: message/delivery-status\r\n\r\n", b"Content-Type: message/feedback-report\r\n\r\n", b"Action: failed\n",
    b"Content-Type: text/rfc822-headers\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n", b"To: ", b"Final-Recipient: ",
    b"Content-Transfer-Encoding: x-uuencode\r\n", b"charset*=", b"--b1--", b"Diagnostic-Code: smtp;", b"+1.aaaaaaaa@",
])  # fmt: skip


@pytest.mark.parametrize("reader", [stop_requests.token_in, complaints.read, bouncing.read])
@given(raw=st.lists(PIECES | st.binary(max_size=20), max_size=40).map(b"".join))
def test_whatever_comes_is_read_or_known_to_be_unreadable(reader, raw):
    with suppress(bouncing.UNREADABLE):  # then this one is laid aside, and the next one has its turn
        reader(raw)


def test_a_mail_with_more_parts_in_parts_than_any_report_is_not_taken_apart(sent):
    report = reports.postfix(sent.message_id)
    assert bouncing.read(report + b"boundary=x " * (bouncing.MOST_BOUNDARIES - 1)) is not None
    for reader in (bouncing.read, complaints.read):
        with pytest.raises(ValueError, match="parts"):
            reader(report + b"Boundary=x " * bouncing.MOST_BOUNDARIES)


class TestMailbox:
    @pytest.fixture
    def box(self, post, tmp_path):
        post.settings = replace(
            post.settings, mail=replace(post.settings.mail, bounce_mailbox=BounceMailbox(maildir=tmp_path / "bounces"))
        )
        return mailbox.Maildir(str(tmp_path / "bounces"), create=True)

    def test_reads_what_is_new_once(self, post, sent, box):
        box.add(reports.postfix(sent.message_id))
        box.add(reports.out_of_office(sent.message_id))
        assert bounces.read_mailbox(post.settings) == {BounceKind.HARD: 1, BounceKind.IGNORED: 1}
        assert bounces.read_mailbox(post.settings) == {}
        box.add(reports.postfix("<no@such.example>"))
        assert bounces.read_mailbox(post.settings) == {BounceKind.FOREIGN: 1}
        assert suppressed()

    @pytest.mark.parametrize("poison", reports.POISONS.values(), ids=reports.POISONS)
    def test_no_mail_of_a_stranger_keeps_the_others_from_being_read(self, post, sent, box, poison):
        box.add(poison)
        box.add(reports.postfix(sent.message_id))
        box.add(poison + b"more")
        assert bounces.read_mailbox(post.settings)[BounceKind.HARD] == 1
        assert suppressed()
        names = [path.name for path in (Path(box._path) / "cur").iterdir()]
        assert [name.partition(":")[2] for name in names] == ["2,S"] * 3
        assert bounces.read_mailbox(post.settings) == {}

    def test_what_fails_in_a_way_that_nobody_thought_of_is_laid_aside_and_written_in_the_log(
        self, post, sent, box, monkeypatch, caplog
    ):
        take_in = unsubscribing.take_in
        monkeypatch.setattr(
            unsubscribing, "take_in", lambda raw, now: 1 / 0 if raw.startswith(b"Odd") else take_in(raw, now=now)
        )
        box.add(b"Odd: 1\r\n\r\n")
        box.add(reports.postfix(sent.message_id))
        assert bounces.read_mailbox(post.settings) == {BounceKind.HARD: 1, BounceKind.IGNORED: 1}
        assert bounces.read_mailbox(post.settings) == {}
        assert "ZeroDivisionError" in caplog.text
        assert db.session.scalar(sa.select(Bounce.status).where(Bounce.kind == BounceKind.IGNORED)) == "not read"

    def test_while_the_database_is_away_messages_stay_new(self, post, sent, box, monkeypatch):
        def away(_raw, *, now):
            raise sa.exc.OperationalError("SELECT 1", {}, OSError(f"away at {now}"))

        box.add(reports.postfix(sent.message_id))
        with monkeypatch.context() as broken:
            broken.setattr(unsubscribing, "take_in", away)
            with pytest.raises(sa.exc.OperationalError):
                bounces.read_mailbox(post.settings)
        assert bounces.read_mailbox(post.settings) == {BounceKind.HARD: 1}

    def test_flags_that_a_mail_program_has_set_stay(self, post, sent, box):
        message = mailbox.MaildirMessage(reports.postfix(sent.message_id))
        message.set_subdir("cur")
        message.set_flags("FT")
        key = box.add(message)
        box.add(reports.out_of_office(sent.message_id))
        assert bounces.read_mailbox(post.settings).total() == 2
        assert box.get_message(key).get_flags() == "FST"

    def test_what_was_read_is_taken_away_after_a_month(self, post, sent, box):
        kept = {}
        for name, days, flags in (("old", 31, "S"), ("new", 29, "S"), ("marked", 31, "FS")):
            message = mailbox.MaildirMessage(reports.out_of_office(sent.message_id))
            message.set_subdir("cur")
            message.set_flags(flags)
            message.set_date((post.now - timedelta(days=days)).timestamp())
            kept[name] = box.add(message)
        unread = box.add(reports.postfix(sent.message_id))
        os.utime(Path(box._path) / "new" / unread, (0, 0))
        bounces.read_mailbox(post.settings)
        box._refresh()
        assert {name for name, key in kept.items() if key in box} == {"new", "marked"}
        assert unread not in box, "it came long ago and was read just now"

    def test_a_message_that_somebody_else_took_away_is_passed_over(self, post, sent, box):
        for _ in range(2):
            box.add(reports.postfix(sent.message_id))
        found = bounces._maildir(post.settings.mail.bounce_mailbox)
        next(found)
        for path in (Path(box._path) / "new").iterdir():
            path.unlink()
        assert list(found) == []

    def test_the_worker_reads_it_every_ten_minutes_if_it_is_set(self, post, sent, box, monkeypatch):
        monkeypatch.setitem(post.app.extensions, "ecwi_settings", post.settings)
        box.add(reports.postfix(sent.message_id))
        go_round(now=post.now)
        drain(post.app, post.settings)
        assert suppressed()

    def test_no_mailbox_is_no_work(self, post):
        from ecwi_events.work.models import Work

        go_round(now=post.now)
        kinds = set(db.session.scalars(sa.select(Work.kind)))
        assert bounces.KIND not in kinds

    def test_settings_say_what_is_wrong(self, make_settings):
        good = make_settings(BOUNCE_MAILBOX="imaps://events%40x:p%2Fw@imap.example/Bounces").mail.bounce_mailbox
        assert (good.host, good.port, good.user, good.password, good.folder) == (
            "imap.example", 993, "events@x", "p/w", "Bounces",
        )  # fmt: skip
        assert "p/w" not in repr(good)
        for wrong in (
            "maildir:relative",
            "imap://a:b@host",
            "imaps://host/INBOX",
            "imaps://a:b@host:x/INBOX",
            "/folder",
        ):
            with pytest.raises(SettingsError, match="ECWI_BOUNCE_MAILBOX"):
                make_settings(BOUNCE_MAILBOX=wrong)


@pytest.mark.parametrize(
    ("answer", "status", "at_recipient", "at_text"),
    [
        ("550 5.1.1 no such person", "5.1.1", "hard", "hard"),
        ("550 no such person", "550", "hard", "ours"),
        ("551 moved", "551", "hard", "ours"),
        ("550 5.7.1 looks like spam", "5.7.1", "ours", "ours"),
        ("554 go away", "554", "ours", "ours"),
        ("552 5.2.2 full", "5.2.2", "soft", "soft"),
        ("552 full", "552", "soft", "soft"),
        ("550 5.2.1 disabled", "5.2.1", "hard", "hard"),
        ("550 5.1.7 bad sender", "5.1.7", "ours", "ours"),
        ("550 5.1.8 bad sender", "5.1.8", "ours", "ours"),
        ("550 5.1.10 null MX", "5.1.10", "hard", "hard"),
        ("550 5.1.12 what", "5.1.12", "ours", "ours"),
        ("451 4.7.1 greylisted", "4.7.1", "soft", "soft"),
        ("somebody at 10.5.1.1 said no", "", "ours", "ours"),
        ("", "", "ours", "ours"),
    ],
)
def test_what_a_refusal_is_about(answer, status, at_recipient, at_text):
    assert rules.status_of(answer) == status
    assert rules.hardness(status) == at_recipient
    assert rules.hardness(status, about_recipient=False) == at_text


def test_an_erased_person_is_in_no_report_any_more(post, sent):
    from ecwi_events.people import erasing

    take_in(reports.postfix(sent.message_id))
    with transaction():
        erasing.forget_person(sent.person_id, now=NOW)
    assert suppressed() is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Bounce)) == 0
