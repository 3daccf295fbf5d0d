"""How mails move from state to state, at what pace, and over which connections."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from config import MailSetting
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import queries, rules, service, suppression
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.service import NewMail
from ecwi_events.work.models import Work
from ecwi_events.work.service import Claim
from tests import make
from tests.mail.showing import make_webinar
from tests.make import NOW

STATES = [state.value for state in MailState]


def owed(mail_id):
    """A mail that was handed over, by a worker whose work is somebody else's by now."""
    return service.Owed(Claim(0, service.WORK_KIND, mail_id, 1, None, "no token"), NOW)


class TestMoves:
    @pytest.mark.parametrize("final", ["sent", "failed", "skipped"])
    def test_what_is_settled_stays_so(self, final):
        assert not any(rules.may_move(final, to) for to in STATES)

    @pytest.mark.parametrize(
        ("state", "to"),
        [("queued", "sent"), ("queued", "unknown"), ("retry", "sent"), ("sending", "skipped"), ("sending", "queued"),
         ("unknown", "sent"), ("unknown", "retry"), ("queued", "queued")],
    )  # fmt: skip
    def test_no_way_leads_past_sending(self, state, to):
        assert not rules.may_move(state, to)

    def test_every_state_is_reached(self):
        assert {to for ways in rules.MOVES.values() for to in ways} | {"queued"} == set(STATES) == set(rules.MOVES)

    @pytest.mark.parametrize("state", STATES)
    def test_the_database_keeps_to_the_table(self, app, state):
        facts = {"person_id": None, "address": "a@b.example", "subject_id": 1, "dedup_key": "k"}
        acts = {
            "failed": lambda mail: service.note_failed(mail.id, "refused", "no"),
            "skipped": lambda mail: service.note_skipped(mail.id, "late"),
            "retry": lambda mail: service.note_retry(mail, "later"),
            "sent": lambda mail: service.note_sent(owed(mail.id)),
            "unknown": lambda mail: service.note_lost(mail, "lost"),
        }
        with transaction():
            mail_id = service.queue(NewMail("registration.confirmed", **facts), now=NOW)
        for to, act in acts.items():
            with transaction():
                db.session.execute(sa.update(Mail).values(state=MailState(state), reason=None))
            mail = queries.find_mail(mail_id)
            with transaction():
                act(mail)
            now_in = queries.find_mail(mail_id).state.value
            allowed = rules.may_move(state, to) and not (state == "unknown" and to == "unknown")
            assert now_in == (to if allowed else state), (state, to)


class TestSendingAgain:
    def test_what_is_settled_may_be_sent_again_and_is_another_message(self, post):
        make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        post.send()
        with transaction():
            service.send_again(post.rows()[0].id, now=post.now)
        post.send()
        first, second = post.rows()
        assert second.state.value == "sent" and first.message_id != second.message_id

    def test_a_mail_about_several_sessions_speaks_of_the_same_ones_again_and_once_more(self, post):
        for at in ("2027-01-19 14:00", "2027-01-19 19:00"):
            talk = make.make_activity(f"Talk {at[-5:-3]}", sessions=[make.make_session(starts_local=at)])
            make.sign_up(talk, "Olena Koval", "olena@kyiv.example")
        post.send()
        post.clock.move_to(datetime(2027, 1, 18, 13, 0, tzinfo=UTC))
        make.derive_reminders(now=post.now)
        for _ in range(2):
            post.send()
            with transaction():
                service.send_again(post.rows()[-1].id, now=post.now)
        post.send()
        *_, first, second, third = post.rows()
        assert {(row.kind, row.state.value) for row in (first, second, third)} == {("reminder.digest", "sent")}
        assert (second.first_id, third.first_id) == (first.id, first.id)
        texts = [mail.get_body(("plain",)).get_content() for mail in post.mails()[-3:]]
        assert all("TALK 14" in text and "TALK 19" in text for text in texts)

    def test_a_mail_of_which_nobody_knows_what_it_told_is_not_sent(self, post):
        place = make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        facts = {"person_id": None, "address": "olena@kyiv.example", "subject_id": place.registration_id}
        with transaction():
            for kind in ("reminder.digest", "reminder.recording"):
                service.queue(NewMail(kind, dedup_key=kind, **facts), now=NOW)
        post.send()
        assert post.states() == [("sent", None), ("skipped", "erased"), ("skipped", "erased")]

    @pytest.mark.parametrize(
        ("state", "kind", "may"),
        [("sent", "registration.confirmed", True), ("failed", "registration.confirmed", True),
         ("queued", "registration.confirmed", False),
         ("sending", "registration.confirmed", False), ("sent", "people.sign_in", False),
         ("failed", "people.prove_address", False)],
    )  # fmt: skip
    def test_not_what_is_on_its_way_and_no_link_that_is_good_once(self, state, kind, may):
        assert rules.may_send_again(state, kind) is may


class TestRefused:
    def test_an_address_that_the_server_does_not_know_is_left_alone_from_then_on(self, post, receiver):
        receiver.rcpt_answers.append("550 5.1.1 no such person")
        olena = ("Olena Koval", "olena@kyiv.example")
        make.sign_up(make_webinar(), *olena)
        post.send()
        make.sign_up(make_webinar(), *olena)
        post.send()
        assert post.states() == [("failed", "refused"), ("skipped", "suppressed")]
        assert suppression.find(olena[1], now=NOW).source == suppression.BY_SERVER

    @pytest.mark.parametrize(
        ("step", "answer"), [("data_answers", "554 5.7.1 spam"), ("rcpt_answers", "550 5.7.1 policy")]
    )
    def test_a_refusal_that_is_about_us_leaves_the_address_as_it_is(self, post, receiver, step, answer):
        getattr(receiver, step).append(answer)
        make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        post.send()
        assert post.states() == [("failed", "refused")]
        assert suppression.find("olena@kyiv.example", now=NOW) is None

    def test_greylisting_is_waited_out(self, post, receiver):
        receiver.rcpt_answers.append("451 4.7.1 come back later")
        make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        post.send()
        assert post.states() == [("retry", None)]
        post.clock.shift(90)
        post.send()
        assert post.states() == [("sent", None)]

    @pytest.mark.parametrize("step", ["mail_answers", "rcpt_answers", "data_answers"])
    def test_a_server_that_closes_the_connection_is_left_alone_and_only_one_mail_loses_a_try(
        self, post, receiver, step
    ):
        getattr(receiver, step).append("421 too busy")
        activity_id = make_webinar()
        for number in range(3):
            make.sign_up(activity_id, f"Person {number}")
        post.send()
        assert post.states() == [("retry", None)] * 3 and not receiver.taken
        tries = sorted(db.session.scalars(sa.select(Work.attempts).where(Work.kind == "mail.send")))
        assert tries == [0, 0, 1]
        post.clock.shift(90)
        post.send()
        assert post.states() == [("sent", None)] * 3 and len(receiver.taken) == 3


class TestConnection:
    def count(self, receiver, monkeypatch):
        """Count the connections that the server sees."""
        seen = []
        from ecwi_events.mail import transports

        real = transports.Relay._connect
        monkeypatch.setattr(transports.Relay, "_connect", lambda self: seen.append(1) or real(self))
        return seen

    def test_is_kept_for_the_next_mail(self, post, receiver, monkeypatch):
        seen = self.count(receiver, monkeypatch)
        receiver.rcpt_answers += ["250 OK", "550 5.1.1 nobody", "250 OK", "451 later"]
        activity_id = make_webinar()
        for number in range(5):
            make.sign_up(activity_id, f"Person {number}")
        post.send()
        assert sorted(post.states()) == [("failed", "refused"), ("retry", None), *[("sent", None)] * 3]
        assert len(seen) == 1

    def test_a_mail_that_is_not_wanted_leaves_nothing_in_the_conversation(self, post, receiver, monkeypatch):
        seen = self.count(receiver, monkeypatch)
        gone = make.sign_up(make_webinar(), "Gone", "gone@people.example")
        make.withdraw(gone.registration_id)
        make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        post.send()
        assert len(seen) == 1
        assert all(len(to) == 1 for _, to in receiver.envelopes) and len(receiver.envelopes) == 2

    def test_one_that_the_server_ended_meanwhile_is_replaced(self, post, receiver, monkeypatch):
        from ecwi_events.jobs import drain

        monkeypatch.setattr(drain, "hang_up", lambda: None)
        make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
        post.send()
        receiver.stop()
        receiver.start()
        make.sign_up(make_webinar(), "Aida Bekova", "aida@bishkek.example")
        post.send()
        from ecwi_events.mail.transports import hang_up

        hang_up()
        assert post.states() == [("sent", None)] * 2


class TestPace:
    @pytest.fixture
    def slow(self, post, receiver):
        post.settings = replace(post.settings, mail=replace(post.settings.mail, per_minute=2))

    def test_each_domain_has_its_own_and_waiting_costs_no_try(self, post, receiver, slow):
        activity_id = make_webinar()
        for number in range(5):
            make.sign_up(activity_id, f"Person {number}", f"person{number}@full.example")
        make.sign_up(activity_id, "Aida Bekova", "aida@other.example")
        post.send()
        assert [state for state, _ in post.states()] == ["sent", "sent", "queued", "queued", "queued", "sent"]
        waiting = db.session.execute(
            sa.select(Work.due_at, Work.attempts).where(Work.state == "due").order_by(Work.due_at, Work.id)
        ).all()
        assert [((row.due_at - NOW).total_seconds(), row.attempts) for row in waiting] == [(60, 0), (60, 0), (120, 0)]
        post.clock.shift(60)
        post.send()
        assert len(receiver.taken) == 5
        post.clock.shift(60)
        post.send()
        assert post.states() == [("sent", None)] * 6

    def test_signing_in_does_not_wait(self, post, receiver, slow):
        from ecwi_events.people import signing_in

        activity_id = make_webinar()
        for number in range(3):
            make.sign_up(activity_id, f"Person {number}", f"person{number}@full.example")
        with transaction():
            signing_in.request_sign_in("person0@full.example", browser="b", now=NOW)
        post.send()
        states = {row.kind: row.state.value for row in post.rows()}
        assert states["people.sign_in"] == "sent"

    def test_a_mail_that_is_not_wanted_takes_no_turn(self, post, receiver, slow):
        gone, waits = make_webinar(), make_webinar()
        for number in range(2):
            place = make.sign_up(gone, f"Person {number}", f"person{number}@full.example")
            make.withdraw(place.registration_id)
        with transaction():
            others = [row.id for row in post.rows() if row.kind != "registration.confirmed"]
            db.session.execute(sa.delete(Work).where(Work.reference.in_(others)))
        make.sign_up(waits, "Olena Koval", "olena@full.example")
        make.sign_up(waits, "Aida Bekova", "aida@full.example")
        post.send()
        assert [row.state.value for row in post.rows() if row.id not in others] == ["skipped"] * 2 + ["sent"] * 2

    def test_so_many_at_the_same_moment(self, post, receiver):
        post.settings = replace(post.settings, mail=replace(post.settings.mail, at_once=1))
        make.sign_up(make_webinar(), "Olena Koval", "olena@full.example")
        make.sign_up(make_webinar(), "Aida Bekova", "aida@FULL.example")
        with transaction():  # somebody else is in the middle of the first one
            first = post.rows()[0]
            db.session.execute(sa.update(Mail).where(Mail.id == first.id).values(state=MailState.SENDING))
            db.session.execute(sa.update(Work).where(Work.reference == first.id).values(due_at=NOW.replace(year=2030)))
        post.send()
        assert [state for state, _ in post.states()] == ["sending", "queued"] and not receiver.taken
        with transaction():
            service.note_sent(owed(first.id))
        post.clock.shift(6)
        post.send()
        assert [state for state, _ in post.states()] == ["sent", "sent"]

    @pytest.mark.parametrize("name", ["MAIL_PER_MINUTE", "MAIL_AT_ONCE"])
    def test_no_limit_is_the_default(self, make_settings, name):
        assert (make_settings().mail.per_minute, make_settings().mail.at_once) == (0, 0)
        made = make_settings(**{name: "7"}).mail
        assert 7 in (made.per_minute, made.at_once)


def test_reports_go_to_an_address_that_names_the_mail(post, receiver):
    post.through(MailSetting(host=receiver.host, port=receiver.port, bounce_address="bounces@events.test"))
    make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
    post.send()
    (envelope,) = receiver.envelopes
    from ecwi_events.mail import bouncing

    assert envelope[0] == bouncing.envelope_from(post.rows()[0].id, "bounces@events.test")
    assert receiver.mails()[0]["From"].addresses[0].addr_spec == "events@events.test"
