"""Reminders that are written ahead say the same as those that are not, and none goes out on what is no longer true."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import ahead, letters, mail_batch
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import message, queries, rendering, stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.letters import Sender
from ecwi_events.mail.models import Mail
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity, ActivitySession, SessionStatus, Visibility
from ecwi_events.registration.models import Registration
from ecwi_events.reminders.slots import TIMINGS, Slot
from ecwi_events.work import service as work
from ecwi_events.work.service import Claim
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
PEOPLE = [
    ("Olena Koval", "olena@kyiv.example", "Europe/Kyiv"),
    ("Ольга <Kovač> & Co.", "olga@kyiv.example", "Europe/Kyiv"),
    ("Rosa Quispe", "rosa@lima.example", "America/Lima"),
]
SENDER = Sender("events@events.test")
WRITE_TO = "back@events.test"


def remind(post, slot=Slot.DAY_BEFORE, at=START - timedelta(hours=20)):
    """Put the mails of a slot; return their ids."""
    post.clock.move_to(at)
    make.derive_reminders(now=at, only=[TIMINGS[slot]])
    asked = sa.select(Mail.id).where(Mail.kind.startswith("reminder.")).order_by(Mail.id)
    return list(db.session.scalars(asked))


def signed_up(activity_id):
    for person in PEOPLE:
        make.sign_up(activity_id, person[0], person[1], zone=person[2])
    with transaction():
        db.session.execute(sa.update(Mail).values(state="skipped"))
    return activity_id


def written_anew(mail, now):
    letter = letters.letter_of(mail, SENDER, now=now)
    way_out = stopping.way_out(stopping.of_mail(mail, letter), write_to=WRITE_TO)
    envelope = message.Envelope(SENDER, mail.address, mail.message_id, mail.kind, now, way_out)
    return message.build(envelope, letter, rendering.render(mail.kind, letter.facts, way_out))


@pytest.mark.parametrize(
    ("slot", "before", "visibility"),
    [
        (Slot.DAY_BEFORE, timedelta(hours=20), Visibility.PUBLIC),
        (Slot.DAY_BEFORE, timedelta(hours=20), Visibility.INVITED),
        (Slot.HOUR_BEFORE, timedelta(minutes=50), Visibility.PUBLIC),
        (Slot.HOUR_BEFORE, timedelta(minutes=50), Visibility.INVITED),
    ],
)
def test_what_is_written_ahead_is_what_would_be_written_anew(post, slot, before, visibility):
    activity_id = signed_up(make_series())
    with transaction():
        db.session.execute(sa.update(Activity).where(Activity.id == activity_id).values(visibility=visibility))
    mail_ids = remind(post, slot, START - before)
    assert len(mail_ids) >= 2
    pieces = [Claim(number, mail_batch.KIND, number, 1, None, "token") for number in mail_ids]
    now = post.now
    with mail_batch.of(pieces, leased_at=0.0, now=now):
        for mail_id in mail_ids:
            mail = queries.find_mail(mail_id)
            assert ahead.written(mail, SENDER, WRITE_TO, now=now).text == written_anew(mail, now)


def test_words_about_the_time_that_is_left_are_written_again_when_time_has_passed(post):
    signed_up(make_webinar())
    mail_ids = remind(post, Slot.HOUR_BEFORE, START - timedelta(minutes=50))
    pieces = [Claim(number, mail_batch.KIND, number, 1, None, "token") for number in mail_ids]
    with mail_batch.of(pieces, leased_at=0.0, now=post.now):
        first, last = (queries.find_mail(number) for number in (mail_ids[0], mail_ids[-1]))
        assert b"in 50 minutes" in ahead.written(first, SENDER, now=post.now).text
        assert b"in 50 minutes" in ahead.written(last, SENDER, now=post.now).text
        later = post.now + timedelta(minutes=3)
        assert b"in 47 minutes" in ahead.written(last, SENDER, now=later).text


def test_another_kind_of_mail_about_the_same_number_is_not_written_ahead(post):
    signed_up(make_webinar())
    mail_ids = remind(post)
    pieces = [Claim(number, mail_batch.KIND, number, 1, None, "token") for number in mail_ids]
    with transaction():
        db.session.execute(sa.update(Mail).where(Mail.id == mail_ids[0]).values(kind="reminder.host_roster"))
    with mail_batch.of(pieces, leased_at=0.0, now=post.now):
        assert ahead.written(queries.find_mail(mail_ids[0]), SENDER, now=post.now) is None
        assert ahead.written(queries.find_mail(mail_ids[1]), SENDER, now=post.now) is not None


def _change(table, **values):
    db.session.execute(sa.update(table).values(**values))


def _withdraw(olena):
    make.withdraw(olena.registration_id, now=START - timedelta(hours=19))


def _cancel(olena):
    activity_id = _activity_of(olena)
    with transaction():
        make.cancel_activity(activity_id, "The trainer is ill", now=START - timedelta(hours=19))


def _cancel_session(_):
    with transaction():
        _change(ActivitySession, status=SessionStatus.CANCELLED, schedule_revision=2, revision=2)
        _change(Activity, revision=9)


def _move(_):
    with transaction():
        _change(ActivitySession, schedule_revision=2, revision=2)


def _opt_out(olena):
    person_id = db.session.scalar(sa.select(Registration.person_id).where(Registration.id == olena.registration_id))
    db.session.rollback()
    with transaction():
        stopping.stop(stopping.Stop(person_id, Topic.REMINDERS), now=START)


def _close_the_account(_):
    with transaction():
        _change(Person, disabled_at=START)


def _lose_the_lease(_):
    with transaction():
        db.session.execute(sa.text("UPDATE work SET lease_until_ms = 0"))
        work.claim(("mail.send",), now=START, limit=5, lease_seconds=60)


def _activity_of(olena):
    number = db.session.scalar(sa.select(Registration.activity_id).where(Registration.id == olena.registration_id))
    db.session.rollback()
    return number


@pytest.mark.parametrize(
    ("happens", "state"),
    [
        (_withdraw, ("skipped", "withdrawn")),
        (_cancel, ("skipped", "cancelled")),
        (_cancel_session, ("skipped", "cancelled")),
        (_move, ("skipped", "superseded")),
        (_close_the_account, ("skipped", "closed")),
        (_opt_out, ("skipped", "opted_out")),
        (_lose_the_lease, ("queued", None)),
    ],
)
def test_what_happens_while_the_mail_server_answers_stops_a_mail_that_is_written(post, receiver, happens, state):
    olena = make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example", zone="Europe/Kyiv")
    with transaction():
        db.session.execute(sa.update(Mail).values(state="skipped"))
    (mail_id,) = remind(post)
    quick, done = receiver.handle_RCPT, []

    async def meanwhile(server, session, envelope, address, options):
        receiver.handle_RCPT = quick
        with post.app.app_context():
            happens(olena)
        done.append(True)
        return await quick(server, session, envelope, address, options)

    receiver.handle_RCPT = meanwhile
    post.send()
    assert done
    row = next(row for row in post.rows() if row.id == mail_id)
    assert (row.state.value, row.reason) == state
    assert not [mail for mail in receiver.mails() if mail["X-Mail-Kind"].startswith("reminder.")]


def test_a_name_that_is_mended_while_the_mail_server_answers_is_the_one_that_greets(post, receiver):
    make.sign_up(make_webinar(), "Olena Kowal", "olena@kyiv.example", zone="Europe/Kyiv")
    with transaction():
        db.session.execute(sa.update(Mail).values(state="skipped"))
    remind(post)
    quick = receiver.handle_RCPT

    async def meanwhile(server, session, envelope, address, options):
        receiver.handle_RCPT = quick
        with post.app.app_context(), transaction():
            _change(Person, name="Olena Koval")
        return await quick(server, session, envelope, address, options)

    receiver.handle_RCPT = meanwhile
    post.send()
    (mail,) = receiver.mails()
    assert "Hello Olena Koval," in mail.get_body(("plain",)).get_content()


def test_a_batch_of_reminders_costs_a_few_statements_and_no_look_at_each_sign_up(post, receiver):
    signed_up(make_webinar())
    mail_ids = remind(post)
    said = []

    def note(_connection, _cursor, statement, *_rest):
        said.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        post.send()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(receiver.taken) == len(mail_ids) >= 2
    assert sum("FROM registration" in statement and "SELECT registration.id" in statement for statement in said) == 1
