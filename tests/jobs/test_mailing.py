"""One mail per person, whatever the mail server, the network and the workers do."""

import threading

import pytest
import sqlalchemy as sa

from config import MailSetting
from ecwi_events.jobs import mailing
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import service
from ecwi_events.mail.models import Mail
from ecwi_events.mail.service import NewMail
from ecwi_events.mail.transports import SmtpConversation
from ecwi_events.people import service as people
from ecwi_events.people import signing_in
from ecwi_events.people.models import Role
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus
from ecwi_events.registration import queries
from ecwi_events.registration.models import Registration
from ecwi_events.work import service as work
from tests import make
from tests.mail.receiver import CUT
from tests.mail.showing import make_webinar

OLENA = ("Olena Koval", "olena@kyiv.example")
AN_HOUR = 3600


def sign_in_mail():
    person_id = make.make_person("Otto Office", "otto@office.example")
    with transaction():
        people.grant_role(person_id, Role.OFFICE, now=make.NOW)
        signing_in.request_sign_in("otto@office.example", browser="a browser", now=make.NOW)


def later(post, seconds=AN_HOUR):
    post.clock.shift(seconds)


class TestStates:
    def test_a_mail_that_is_taken_is_sent(self, post, receiver):
        make.sign_up(make_webinar(), *OLENA)
        assert post.states() == [("queued", None)]
        post.send()
        assert post.states() == [("sent", None)]
        assert post.work_states() == ["done"]
        (row,) = post.rows()
        assert (row.sent_at, row.attempts) == (make.NOW, 1)
        assert receiver.envelopes == [("events@events.test", ["olena@kyiv.example"])]

    @pytest.mark.parametrize("step", ["mail_answers", "rcpt_answers", "data_answers"])
    def test_not_now_then_yes_is_one_mail(self, post, receiver, step):
        getattr(receiver, step).append("451 try later")
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        assert post.states() == [("retry", None)] and "451" in post.rows()[0].last_error
        post.send()
        assert len(receiver.taken) == 0, "not before the wait is over"
        later(post)
        post.send()
        assert post.states() == [("sent", None)] and len(receiver.taken) == 1
        assert post.rows()[0].last_error is None

    @pytest.mark.parametrize("step", ["rcpt_answers", "data_answers"])
    def test_no_for_good_is_failed_and_not_tried_again(self, post, receiver, step):
        getattr(receiver, step).append("550 no such person")
        make.sign_up(make_webinar(), *OLENA)
        make.sign_up(make_webinar(), "Aida Bekova", "aida@bishkek.example")
        post.send()
        later(post)
        post.send()
        assert post.states() == [("failed", "refused"), ("sent", None)]
        assert "550" in post.rows()[0].last_error
        assert [mail["To"] for mail in receiver.mails()] == ["Aida Bekova <aida@bishkek.example>"]

    def test_a_refused_sender_is_our_trouble_so_the_mail_waits(self, post, receiver):
        receiver.mail_answers.append("550 sender unknown")
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        assert post.states() == [("retry", None)]

    def test_a_server_that_is_away_costs_nothing_but_time(self, post, receiver):
        receiver.stop()
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        assert post.states() == [("retry", None)]
        assert "refused" in post.rows()[0].last_error
        assert post.rows()[0].attempts == 0, "no text was handed over"
        receiver.start()
        later(post)
        post.send()
        assert post.states() == [("sent", None)] and len(receiver.taken) == 1

    def test_after_eight_tries_it_is_given_up_and_seen_in_the_office(self, post, receiver):
        receiver.stop()
        make.sign_up(make_webinar(), *OLENA)
        for _ in range(9):
            post.send()
            later(post, 10 * AN_HOUR)
        assert post.states() == [("failed", "given_up")]
        assert post.work_states() == ["dead"]

    def test_an_address_that_cannot_be_written_to_is_failed(self, post, receiver):
        make.sign_up(make_webinar(), *OLENA)
        with transaction():
            db.session.execute(sa.update(Mail).values(address="олена@kyiv.example"))
        post.send()
        assert post.states() == [("failed", "address")] and not receiver.read


class TestLost:
    def test_a_connection_cut_after_the_text_is_unknown_then_sent_once_more_with_the_same_id(self, post, receiver):
        receiver.data_answers.append(CUT)
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        assert post.states() == [("unknown", "lost_once")]
        later(post)
        post.send()
        assert post.states() == [("sent", "lost_once")]
        ids = {line for body in receiver.read for line in body.split(b"\r\n") if line.startswith(b"Message-ID")}
        assert len(receiver.read) == 2 and len(ids) == 1

    def test_lost_again_it_stays_unknown(self, post, receiver):
        receiver.data_answers += [CUT, CUT]
        make.sign_up(make_webinar(), *OLENA)
        for _ in range(4):
            post.send()
            later(post)
        assert post.states() == [("unknown", "lost_twice")] and len(receiver.read) == 2

    def test_a_second_try_that_is_put_off_stays_one_second_try(self, post, receiver):
        receiver.data_answers += [CUT, "451 try later", CUT, "250 OK"]
        make.sign_up(make_webinar(), *OLENA)
        for _ in range(5):
            post.send()
            later(post)
        assert post.states() == [("unknown", "lost_twice")] and len(receiver.read) == 3

    def test_a_sign_in_link_is_never_sent_again(self, post, receiver):
        receiver.data_answers.append(CUT)
        sign_in_mail()
        post.send()
        later(post, 120)
        post.send()
        assert post.states() == [("unknown", "lost_once")] and len(receiver.read) == 1

    @pytest.mark.parametrize("arrived", [True, False])
    def test_a_worker_that_dies_in_the_middle_makes_one_double_at_most(self, post, receiver, monkeypatch, arrived):
        class Killed(BaseException):
            pass

        def die(opened, mail, piece, settings):
            text = mailing._write(mail, piece, settings)
            if arrived:
                opened.hand_over(text)
            raise Killed

        make.sign_up(make_webinar(), *OLENA)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(mailing, "_write_and_hand_over", die)
            post.send()
        assert post.states() == [("sending", None)]
        post.send()
        assert len(receiver.taken) == arrived, "the lease still holds"
        post.let_leases_end()
        post.send()
        assert post.states() == [("sent", "lost_once")]
        assert len(receiver.taken) == 1 + arrived
        assert len({mail["Message-ID"] for mail in receiver.mails()}) == 1

    def test_whoever_lost_the_lease_while_the_server_was_slow_sends_nothing(self, post, receiver):
        make.sign_up(make_webinar(), *OLENA)
        slow = receiver.handle_RCPT

        async def lose_the_lease(server, session, envelope, address, options):
            with post.app.app_context():
                post.let_leases_end()
                with transaction():
                    work.claim(("mail.send",), now=make.NOW, limit=5, lease_seconds=60)
            return await slow(server, session, envelope, address, options)

        receiver.handle_RCPT = lose_the_lease
        post.send()
        assert post.states() == [("queued", None)] and not receiver.read


class TestStillWanted:
    def test_withdrawn_before_it_went_out(self, post, receiver):
        olena = make.sign_up(make_webinar(), *OLENA)
        make.withdraw(olena.registration_id)
        post.send()
        assert post.states() == [("skipped", "withdrawn"), ("sent", None)]
        assert [mail["X-Mail-Kind"] for mail in receiver.mails()] == ["registration.withdrawn"]

    def test_withdrawn_while_the_server_answers(self, post, receiver):
        olena = make.sign_up(make_webinar(), *OLENA)
        quick = receiver.handle_RCPT

        async def withdraw_meanwhile(server, session, envelope, address, options):
            receiver.handle_RCPT = quick
            with post.app.app_context():
                make.withdraw(olena.registration_id)
            return await quick(server, session, envelope, address, options)

        receiver.handle_RCPT = withdraw_meanwhile
        post.send()
        assert post.states() == [("skipped", "withdrawn"), ("sent", None)]
        assert len(receiver.taken) == 1

    def test_signed_up_again_the_older_mail_is_superseded(self, post, receiver):
        activity_id = make_webinar()
        olena = make.sign_up(activity_id, *OLENA)
        make.withdraw(olena.registration_id)
        make.sign_up(activity_id, *OLENA)
        post.send()
        assert post.states() == [("skipped", "superseded"), ("skipped", "superseded"), ("sent", None)]

    def test_cancelled_activities_are_not_confirmed(self, post, receiver):
        activity_id = make_webinar()
        make.sign_up(activity_id, *OLENA)
        with transaction():
            db.session.execute(
                sa.update(Activity).where(Activity.id == activity_id).values(status=ActivityStatus.CANCELLED)
            )
        post.send()
        assert post.states() == [("skipped", "cancelled")]

    def test_after_the_last_session_it_is_too_late(self, post, receiver):
        make.sign_up(make_webinar(), *OLENA)
        post.clock.move_to("2027-01-19T14:30:00+00:00")
        post.send()
        assert post.states() == [("skipped", "late")] and not receiver.read

    def test_a_sign_in_link_that_is_too_old_is_not_sent(self, post, receiver):
        sign_in_mail()
        later(post)
        post.send()
        assert post.states() == [("skipped", "late")]

    def test_a_registration_that_is_gone_is_not_written_to(self, post, receiver):
        olena = make.sign_up(make_webinar(), *OLENA)
        with transaction():
            db.session.execute(sa.delete(Registration).where(Registration.id == olena.registration_id))
        post.send()
        assert post.states() == [("skipped", "erased")]


class TestQueue:
    def test_the_same_key_is_the_same_mail_for_ever(self, post):
        facts = {"person_id": None, "address": "a@b.example", "subject_id": 1, "dedup_key": "k"}
        with transaction():
            first = service.queue(NewMail("registration.confirmed", **facts), now=make.NOW)
            again = service.queue(NewMail("registration.confirmed", **facts), now=make.NOW)
        assert first is not None and again is None
        assert len(post.rows()) == 1 and post.work_states() == ["due"]

    def test_a_change_that_is_rolled_back_tells_nobody(self, post):
        facts = {"person_id": None, "address": "a@b.example", "subject_id": 1, "dedup_key": "k"}
        with pytest.raises(ZeroDivisionError), transaction():
            service.queue(NewMail("registration.confirmed", **facts), now=make.NOW)
            raise ZeroDivisionError
        assert post.rows() == [] and post.work_states() == []

    def test_rows_hold_no_secret(self, post):
        olena = make.sign_up(make_webinar(), *OLENA)
        sign_in_mail()
        secrets = {
            queries.find_sign_up(olena.registration_id).token,
            *(signing_in.token_of(row.subject_id) for row in post.rows() if row.kind == "people.sign_in"),
        }
        kept = str([[getattr(row, c.name) for c in Mail.__table__.columns] for row in post.rows()])
        assert not [secret for secret in secrets if secret in kept]


class TestFolder:
    def test_one_file_a_message_and_no_half_files(self, post):
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        (name,) = [path.name for path in post.folder.iterdir()]
        assert name.startswith("20261121T090000.000000Z-") and name.endswith("@events.test.eml")
        assert post.rows()[0].message_id.strip("<>") in name

    def test_a_folder_that_cannot_be_written_is_tried_again(self, post, tmp_path):
        (tmp_path / "file").write_text("in the way")
        folder = post.settings.mail
        post.through(MailSetting(folder=tmp_path / "file" / "mail"))
        make.sign_up(make_webinar(), *OLENA)
        post.send()
        assert post.states() == [("retry", None)]
        post.through(folder)
        later(post)
        post.send()
        assert post.states() == [("sent", None)]


def test_a_mail_whose_words_cannot_be_written_stops_nobody_else(post, receiver):
    activity_id = make_webinar()
    make.sign_up(activity_id, *OLENA)
    with transaction():
        db.session.execute(sa.update(Mail).values(kind="no.such.kind"))
    make.sign_up(activity_id, "Aida Bekova", "aida@bishkek.example")
    drained = post.send()
    assert (drained.failed, len(receiver.taken)) == (1, 1)
    assert post.states() == [("queued", None), ("sent", None)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ActivitySession)) == 1


def test_a_server_that_does_not_answer_is_asked_once_and_then_left_alone_for_a_while(post, receiver):
    receiver.stop()
    activity_id = make_webinar()
    for number in range(3):
        make.sign_up(activity_id, f"Person {number}")
    post.send()
    errors = [row.last_error for row in post.rows()]
    assert ["refused" in error for error in errors] == [True, False, False]
    assert all("did not answer a moment ago" in error for error in errors[1:])
    receiver.start()
    later(post)
    post.send()
    assert post.states() == [("sent", None)] * 3


@pytest.mark.crowd
def test_two_workers_at_once_and_a_ring_too_many_send_each_mail_once(post, receiver):
    activity_id = make_webinar()
    for number in range(12):
        make.sign_up(activity_id, f"Person {number}")
    start = threading.Barrier(3)

    def work_through():
        with post.app.app_context():
            start.wait()
            post.send()

    threads = [threading.Thread(target=work_through) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert post.states() == [("sent", None)] * 12
    assert len(receiver.taken) == len({mail["Message-ID"] for mail in receiver.mails()}) == 12


class TestBatches:
    """That one mail was sent is written together with the beginning of the next."""

    def test_a_worker_that_dies_before_the_next_begins_leaves_one_to_double(self, post, receiver, monkeypatch):
        """Killed with several mails of a batch sent: only the last of them is not noted."""

        class Killed(BaseException):
            pass

        activity_id = make_webinar()
        for number in range(4):
            make.sign_up(activity_id, "Ana", f"p{number}@crowd.example")
        hand_over = SmtpConversation.hand_over

        def die(conversation, text):
            hand_over(conversation, text)
            if len(receiver.taken) == 3:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(SmtpConversation, "hand_over", die)
            post.send()
        assert [state for state, _ in post.states()] == ["sent", "sent", "sending", "queued"]
        post.let_leases_end()
        post.send()
        assert [state for state, _ in post.states()] == ["sent"] * 4
        assert len(receiver.taken) == 5
        assert len({mail["Message-ID"] for mail in receiver.mails()}) == 4

    def test_what_is_owed_is_written_although_the_next_mail_fails(self, post, receiver, monkeypatch):
        activity_id = make_webinar()
        for number in range(2):
            make.sign_up(activity_id, "Ana", f"p{number}@crowd.example")
        render, broken = mailing.rendering.render, []

        def breaks(*facts):
            broken.append(facts)
            if len(broken) == 2:
                raise ZeroDivisionError
            return render(*facts)

        with monkeypatch.context() as patch:
            patch.setattr(mailing.rendering, "render", breaks)
            drained = post.send()
        assert drained.failed == 1
        assert post.states() == [("sent", None), ("queued", None)] and post.work_states() == ["done", "due"]

    def test_an_address_that_was_refused_gets_no_other_mail_of_the_same_batch(self, post, receiver):
        receiver.rcpt_answers.append("550 5.1.1 no such person")
        for title in ("One", "Two"):
            make.sign_up(make.make_activity(title), *OLENA)
        post.send()
        assert post.states() == [("failed", "refused"), ("skipped", "suppressed")] and not receiver.taken

    def test_what_changes_in_the_middle_of_a_batch_is_seen_by_its_next_mail(self, post, receiver):
        activity_id = make_webinar()
        for number in range(2):
            make.sign_up(activity_id, "Ana", f"p{number}@crowd.example")
        quick = receiver.handle_DATA

        async def cancel_meanwhile(server, session, envelope):
            receiver.handle_DATA = quick
            with post.app.app_context(), transaction():
                db.session.execute(sa.update(ActivitySession).values(status="cancelled"))
            return await quick(server, session, envelope)

        receiver.handle_DATA = cancel_meanwhile
        post.send()
        assert post.states() == [("sent", None), ("skipped", "late")] and len(receiver.taken) == 1
