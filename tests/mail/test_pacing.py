"""Who may go when a domain takes so many mails a minute: the urgent first, and nobody asks in every minute."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import pacing, queries, service
from ecwi_events.mail.kinds import AT_ONCE, BULK, SOON, USUAL
from ecwi_events.mail.models_delivery import MailPace
from ecwi_events.mail.rules_pace import A_MINUTE, Line, may_go, next_in_line, room
from ecwi_events.mail.service import NewMail
from ecwi_events.programme.models import ActivitySession
from ecwi_events.work.models import Work
from tests import make
from tests.mail.showing import make_webinar
from tests.make import NOW


class TestRoom:
    @pytest.mark.parametrize(
        ("per_minute", "urgent", "others"), [(1, 1, 1), (2, 2, 1), (5, 5, 4), (10, 10, 8), (60, 60, 48)]
    )
    def test_a_fifth_of_each_minute_is_kept_for_what_is_urgent(self, per_minute, urgent, others):
        assert room(AT_ONCE, per_minute=per_minute) == urgent
        assert [room(priority, per_minute=per_minute) for priority in (SOON, USUAL, BULK)] == [others] * 3

    @pytest.mark.parametrize(
        ("lines", "priority", "was_put_off", "goes"),
        [
            ([], BULK, False, True),
            ([Line(BULK, 8, 0, more_later=False)], BULK, True, False),
            ([Line(BULK, 8, 0, more_later=False)], SOON, False, False),
            ([Line(BULK, 8, 0, more_later=False)], AT_ONCE, False, True),
            ([Line(AT_ONCE, 10, 0, more_later=False)], AT_ONCE, False, False),
            # reminders wait: digests stand back, for as many as are to ask, or wholly if more come later
            ([Line(SOON, 0, 8, more_later=False)], BULK, True, False),
            ([Line(SOON, 1, 5, more_later=False)], BULK, True, True),
            ([Line(SOON, 0, 0, more_later=True)], BULK, True, False),
            ([Line(BULK, 0, 8, more_later=True)], SOON, False, True),
            # in one's own line those that waited before go first
            ([Line(BULK, 0, 8, more_later=False)], BULK, False, False),
            ([Line(BULK, 0, 8, more_later=True)], BULK, True, True),
        ],
    )
    def test_who_goes(self, lines, priority, was_put_off, goes):
        assert may_go(lines, priority, per_minute=10, was_put_off=was_put_off) is goes

    def test_a_line_goes_over_the_minutes(self):
        at, asking, turns = None, 0, []
        for _ in range(5):
            at, asking = next_in_line(at, asking, minute=NOW, most=2)
            turns.append((at - NOW) / A_MINUTE)
        assert turns == [1, 1, 2, 2, 3]
        assert next_in_line(at, asking, minute=NOW + timedelta(hours=1), most=2) == (NOW + timedelta(minutes=61), 1)


@pytest.fixture
def ten(post, receiver):
    """Ten mails a minute to each domain."""
    post.settings = replace(post.settings, mail=replace(post.settings.mail, per_minute=10))


def people_of_one_domain(number):
    activity_id = make_webinar()
    return activity_id, [make.sign_up(activity_id, f"Person {n}", f"person{n}@full.example") for n in range(number)]


def put(places, kind, **facts):
    session = db.session.scalars(sa.select(ActivitySession)).first()
    with transaction():
        service.queue_all(
            [
                NewMail(
                    kind, person_id=None, address=f"person{n}@full.example", subject_id=place.registration_id,
                    session_id=session.id, revision=session.schedule_revision, dedup_key=f"{kind}:{n}", **facts,
                )
                for n, place in enumerate(places)
            ],
            now=NOW,
        )  # fmt: skip


def sent(post, kind):
    return sum(row.state.value == "sent" for row in post.rows() if row.kind == kind)


def a_minute_later(post):
    post.clock.shift(60)
    post.send()


def test_a_crowd_of_bulk_mail_stands_before_nothing(post, ten):
    _, places = people_of_one_domain(30)
    with transaction():  # the confirmations have gone out
        db.session.execute(sa.update(Work).values(state="done"))
    put(places, "reminder.week_before")
    post.send()
    assert sent(post, "reminder.week_before") == 8
    put(places[:20], "reminder.hour_before")
    make.sign_up(make_webinar(), "New Nora", "nora@full.example")
    post.send()
    assert sent(post, "registration.confirmed") == 1, "a fifth was kept for it"
    counts = []
    for _ in range(6):
        a_minute_later(post)
        counts.append((sent(post, "reminder.hour_before"), sent(post, "reminder.week_before")))
    assert counts[:3] == [(8, 8), (16, 8), (20, 12)]
    assert counts[-1] == (20, 30)
    assert set(db.session.scalars(sa.select(Work.attempts).where(Work.state == "due"))) <= {0}


def test_those_that_wait_do_not_all_ask_in_every_minute(post, ten):
    _, places = people_of_one_domain(60)
    with transaction():
        db.session.execute(sa.update(Work).values(state="done"))
    put(places, "reminder.week_before")
    post.send()
    due = db.session.execute(
        sa.select(Work.due_at, sa.func.count()).where(Work.state == "due").group_by(Work.due_at).order_by(Work.due_at)
    ).all()
    assert [((at - NOW) / A_MINUTE, number) for at, number in due] == [*((n, 8) for n in range(1, 7)), (7, 4)]


def test_a_line_from_before_the_clock_was_put_back_counts_no_more(post, ten):
    _, places = people_of_one_domain(20)
    with transaction():
        db.session.execute(sa.update(Work).values(state="done"))
        in_an_hour = {"minute_at": NOW + timedelta(hours=1), "line_at": NOW + timedelta(hours=2)}
        pace = {"domain": "full.example", "taken": 10, "line": 3, "again": 0, **in_an_hour}
        db.session.add_all([MailPace(priority=one, **pace) for one in (0, SOON, USUAL, BULK)])
    put(places, "reminder.week_before")
    post.send()
    assert sent(post, "reminder.week_before") == 8


def test_of_two_who_ask_together_the_second_takes_no_turn_that_is_not_there(post):
    people_of_one_domain(2)
    first, second = (queries.find_mail(row.id) for row in post.rows())
    with transaction():
        assert [pacing.put_off(mail, BULK, per_minute=1, now=NOW) for mail in (first, second)] == [None, None]
    with transaction():
        assert [pacing.take_turn(mail, BULK, per_minute=1, now=NOW) for mail in (first, second)] == [True, False]
        assert pacing.put_off(second, BULK, per_minute=1, now=NOW) == NOW + A_MINUTE


def test_workers_that_ask_together_fill_a_minute_and_no_more(app, post):
    people_of_one_domain(1)
    mail, given, ready = queries.find_mail(post.rows()[0].id), [], threading.Barrier(6)
    db.session.rollback()

    def ask(priority):
        with app.app_context():
            ready.wait()
            for _ in range(4):
                with transaction():
                    given.append(pacing.take_turn(mail, priority, per_minute=10, now=NOW))

    workers = [threading.Thread(target=ask, args=(priority,)) for priority in (5, 10, 15, 20, 25, 30)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (len(given), sum(given)) == (24, 10)
