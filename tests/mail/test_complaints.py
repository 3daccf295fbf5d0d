"""Somebody pressed "this is spam": what one may stop stops, what must come still comes, and nobody can make it up."""

from email.mime.application import MIMEApplication

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import bouncing, complaints, stopping, suppression
from ecwi_events.mail.kinds import KINDS, Topic
from ecwi_events.mail.models_delivery import Bounce, BounceKind
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import erasing, merging, unsubscribing
from ecwi_events.people.ledger import Ledger
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
    return row


def take_in(raw):
    with transaction():
        return unsubscribing.take_in(raw, now=NOW)


def stopped(mail):
    return stopping.stopped_topics(mail.person_id)


def bounces():
    return db.session.execute(sa.select(Bounce.kind, Bounce.status, Bounce.mail_id)).all()


class TestWhatFollows:
    @pytest.mark.parametrize("returned_type", ["message/rfc822", "text/rfc822-headers"])
    def test_all_that_one_may_stop_is_stopped_and_the_address_is_not_left_alone(self, sent, returned_type):
        assert take_in(reports.complaint(sent.message_id, returned_type=returned_type)) is BounceKind.COMPLAINT
        assert stopped(sent) == set(Topic)
        assert suppression.find(OLENA[1], now=NOW) is None

    def test_the_signed_sender_is_enough(self, sent):
        verp = bouncing.envelope_from(sent.id, "bounces@events.test")
        assert take_in(reports.complaint("<taken-out@events.test>", sender=verp)) is BounceKind.COMPLAINT
        assert stopped(sent) == set(Topic)

    def test_reminders_stay_away_and_what_is_cancelled_is_told(self, post):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        post.send()
        take_in(reports.complaint(post.rows()[0].message_id))
        post.clock.move_to("2027-01-18T13:00:00+00:00")
        make.derive_reminders(now=post.now)
        with transaction():
            make.cancel_activity(activity_id, "The speaker is ill.", now=post.now)
        post.send()
        assert [(row.kind, row.state.value) for row in post.rows()][1:] == [("registration.cancelled", "sent")]

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_no_kind_that_must_come_has_a_topic_that_a_complaint_stops(self, kind):
        assert (KINDS[kind].topic in set(Topic)) is KINDS[kind].may_be_stopped

    def test_it_is_written_in_the_journal_and_counts_once(self, sent):
        for _ in range(3):
            assert take_in(reports.complaint(sent.message_id)) is BounceKind.COMPLAINT
        acts = [row.act for row in db.session.execute(sa.select(JournalEntry.act).order_by(JournalEntry.id))]
        assert acts.count("note_complaint") == 1
        assert acts.count("stop_mails") == len(Topic)
        assert bounces() == [(BounceKind.COMPLAINT, "abuse", sent.id)]

    def test_who_has_started_them_again_is_not_stopped_by_the_same_report(self, sent):
        take_in(reports.complaint(sent.message_id))
        with transaction():
            stopping.start_again(Stop(sent.person_id, Topic.REMINDERS), now=NOW)
        take_in(reports.complaint(sent.message_id))
        assert Topic.REMINDERS not in stopped(sent)
        take_in(reports.complaint(sent.message_id, boundary="another"))
        assert Topic.REMINDERS in stopped(sent)

    def test_the_person_and_the_office_see_it(self, sent):
        assert complaints.latest_of(sent.person_id) is None
        take_in(reports.complaint(sent.message_id))
        assert complaints.latest_of(sent.person_id) == NOW
        (one,) = complaints.latest(limit=10)
        assert (one.person_id, one.address, one.kind) == (sent.person_id, OLENA[1], "registration.confirmed")
        assert one.source == "<feedback@mail.example>"

    def test_a_record_that_was_merged_stops_them_for_the_one_that_is_left(self, sent):
        kept, message_id = make.make_person(), sent.message_id
        with transaction():
            merging.move_person(kept, sent.person_id, Ledger(), now=NOW)
        take_in(reports.complaint(message_id))
        assert stopping.stopped_topics(kept) == set(Topic)

    def test_nothing_is_written_for_an_erased_person(self, sent):
        person_id, message_id = sent.person_id, sent.message_id
        with transaction():
            erasing.forget_person(person_id, now=NOW)
        assert take_in(reports.complaint(message_id)) is BounceKind.IGNORED
        assert stopping.stopped_topics(person_id) == frozenset()
        assert db.session.scalar(sa.select(Bounce.normalised)) is None


class TestNoComplaint:
    @pytest.mark.parametrize(
        "feedback", ["Feedback-Type: not-spam", "Feedback-Type: auth-failure", "Feedback-Type: virus",
                     "Feedback-Type: other", "Feedback-Type:", "", "Feedback-Type: \x00abuse"],
    )  # fmt: skip
    def test_what_no_reader_has_said_is_counted_and_ignored(self, sent, feedback):
        assert take_in(reports.complaint(sent.message_id, feedback=feedback)) is BounceKind.IGNORED
        assert stopped(sent) == frozenset()

    @pytest.mark.parametrize("message_id", ["<11111111-1111-4111-8111-111111111111@events.test>", "", "<x@y>"])
    def test_about_no_mail_of_ours(self, sent, message_id):
        assert take_in(reports.complaint(message_id)) is BounceKind.FOREIGN
        assert stopped(sent) == frozenset()

    def test_a_made_up_signature_is_worth_nothing(self, sent):
        forged = f"bounces+{sent.id}.{'0' * 16}@events.test"
        assert take_in(reports.complaint("<x@y>", sender=forged)) is BounceKind.FOREIGN
        assert stopped(sent) == frozenset()

    def test_a_report_that_somebody_sent_on_is_none(self, sent):
        inner = reports.complaint(sent.message_id)
        raw = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n'
        raw += b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--o--\r\n"
        assert take_in(raw) in {BounceKind.IGNORED, BounceKind.FOREIGN}
        assert stopped(sent) == frozenset()

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda raw: raw[: len(raw) // 2],
            lambda raw: raw.replace(b'boundary="f1"', b"boundary=other"),
            lambda raw: b"Content-Type: message/feedback-report\r\n\r\n" + raw,
            lambda raw: raw.replace(b"Feedback-Type: abuse", b"\xff\xfe\x00"),
        ],
        ids=["half", "border", "bare", "letters"],
    )  # fmt: skip
    def test_a_broken_report_is_counted_and_does_no_harm(self, sent, spoil):
        assert take_in(spoil(reports.complaint(sent.message_id))) in {BounceKind.IGNORED, BounceKind.FOREIGN}
        assert stopped(sent) == frozenset()
        assert len(bounces()) == 1

    def test_a_complaint_is_no_failure_and_a_failure_no_complaint(self, sent):
        assert complaints.take_in(reports.postfix(sent.message_id), now=NOW) is None
        assert complaints.take_in(reports.out_of_office(sent.message_id), now=NOW) is None
        assert complaints.take_in(MIMEApplication(b"x").as_bytes(), now=NOW) is None
