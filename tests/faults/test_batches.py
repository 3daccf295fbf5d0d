"""A batch of mail while everything goes wrong; the ledger is what the mail server got, not what we believe we sent.

To hold: nothing is missing; doubled is at most one message per killed process, with the same Message-ID; none otherwise.
`make soak` runs the same with 5,000 mails and 50 kills (SOAK=1).
"""

import os
import signal
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
import redis
import sqlalchemy as sa

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work.models import Work, WorkState
from tests.faults.ground import Sink, count, kill_and_wait, mail_server, queue_mails, service, until
from tests.make import make_activity, make_session, sign_up
from tests.servers import processes, valkey

pytestmark = pytest.mark.servers
SOAK = bool(os.environ.get("SOAK"))
BATCH, KILLS = (5000, 50) if SOAK else (60, 2)
BEAT_KILLS = 20 if SOAK else 1
PATIENCE = 3600.0 if SOAK else 180.0  # a machine may be busy; waiting for a fact costs nothing


@contextmanager
def ground(sink, make_settings, make_database, engine="sqlite"):
    """A service with a mail server and a broker; gives the environment of its processes, and the broker."""
    with ExitStack() as stack:
        broker = valkey.start()
        stack.callback(broker.stop)
        variables = {"MAIL_URL": stack.enter_context(mail_server(sink)), "REDIS_URL": broker.url}
        yield stack.enter_context(service(engine, make_settings, make_database, **variables)), broker


@contextmanager
def worker(environment, **options):
    """A worker that is killed at the end, if it still lives."""
    process = processes.start(processes.worker_command(**{"beat": True, "concurrency": 1, **options}), environment)
    try:
        yield process
    finally:
        processes.end_tree(process)


def all_sent(number):
    """Wait until so many are sent in the end; what is to be tried again is tried at once."""

    def is_done():
        if count(Mail, Mail.state == MailState.SENT) == number:
            return True
        with transaction():
            later = sa.and_(Work.state == WorkState.DUE, Work.due_at > clock.utc_now())
            db.session.execute(sa.update(Work).where(later).values(due_at=clock.utc_now()))
        return False

    until(is_done, seconds=PATIENCE)


def check(sink, addresses, *, doubled_at_most):
    """Compare the ledger with what was asked for."""
    got = Counter(sink.recipients)
    assert set(got) == set(addresses), "nothing is missing, nothing came to somebody else"
    assert sum(got.values()) - len(got) <= doubled_at_most
    assert len({message["Message-ID"] for message in sink.messages}) == len(addresses)


@pytest.mark.parametrize("engine", ["postgresql"] if not SOAK else ["sqlite", "postgresql"])
def test_a_worker_killed_again_and_again_loses_no_mail(engine, make_settings, make_database):
    sink = Sink(seconds=0.02)
    with ground(sink, make_settings, make_database, engine) as (environment, _):
        addresses = queue_mails(BATCH)
        for kill in range(KILLS):
            with worker(environment) as process:
                until(lambda kill=kill: len(sink.messages) >= (kill + 1) * BATCH // (KILLS + 2), seconds=PATIENCE)
                kill_and_wait(process)
        with worker(environment):
            all_sent(BATCH)
        check(sink, addresses, doubled_at_most=KILLS)


def test_a_batch_without_faults_doubles_nothing_although_answers_fail(make_settings, make_database):
    """451 and a connection that ends before the text was taken are tried again; 550 is not; after the text: once more."""
    addresses = [f"p{number}@crowd.example" for number in range(12)]
    faults = {addresses[1]: ["451 later"], addresses[2]: ["550 no such person"], addresses[5]: ["cut"]}
    sink = Sink(faults=faults)
    with ground(sink, make_settings, make_database) as (environment, _), worker(environment):
        queue_mails(12)
        all_sent(11)
        assert count(Mail, Mail.state == MailState.FAILED) == 1
    check(sink, [a for a in addresses if a != addresses[2]], doubled_at_most=1)
    assert sink.recipients.count(addresses[5]) == 2, "lost after the text was taken: rather twice than never"


def test_a_worker_that_slept_through_its_lease_overwrites_nothing(make_settings, make_database):
    sink = Sink(seconds=0.05)
    with ground(sink, make_settings, make_database) as (environment, _), worker(environment) as sleeper:
        addresses = queue_mails(40)
        until(lambda: len(sink.messages) >= 5, seconds=PATIENCE)
        os.kill(sleeper.pid, signal.SIGSTOP)
        with worker(environment):
            all_sent(40)
            os.kill(sleeper.pid, signal.SIGCONT)
            until(lambda: count(Work, Work.state == WorkState.LEASED) == 0)
        check(sink, addresses, doubled_at_most=1)
        assert count(Mail, Mail.state == MailState.SENT) == 40


def test_redis_flushed_and_away_in_the_middle_of_a_batch_costs_nothing(make_settings, make_database):
    sink = Sink(seconds=0.03)
    with ground(sink, make_settings, make_database) as (environment, broker), ExitStack() as stack:
        stack.enter_context(worker(environment))
        addresses = queue_mails(40)
        until(lambda: len(sink.messages) >= 5, seconds=PATIENCE)
        with redis.Redis.from_url(broker.url) as client:
            client.flushall()
        until(lambda: len(sink.messages) >= 10, seconds=PATIENCE)
        broker.crash()
        more = queue_mails(5, start=40)
        broker.start_again()
        # The worker may have died of the broker's death (a known fault of its library); the service restarts it.
        stack.enter_context(worker(environment))
        all_sent(45)
        check(sink, addresses + more, doubled_at_most=1)


def test_three_beats_at_once_of_which_some_are_killed_remind_everybody_once(make_settings, make_database):
    sink = Sink()
    beat = [str(processes.BIN / "celery"), "-A", "worker", "beat", "--pidfile="]
    with ground(sink, make_settings, make_database) as (environment, _), ExitStack() as stack:
        stack.enter_context(worker(environment, beat=False, concurrency=2))
        beats = [processes.start(beat, environment) for _ in range(3)]
        for process in beats:
            stack.callback(processes.end_tree, process)
        until(
            lambda: count(Work, Work.kind == "feed.export", Work.state == WorkState.DONE) == 1, seconds=PATIENCE
        )  # it ticks
        soon = clock.utc_now() + timedelta(minutes=55)  # the mail of one hour before is due at any time of day
        activity = make_activity(sessions=[make_session(starts_local=f"{soon:%Y-%m-%d %H:%M}", zone="UTC")])
        long_ago = clock.utc_now() - timedelta(days=9)
        people = [f"p{number}@crowd.example" for number in range(8)]
        for address in people:
            sign_up(activity, "Ana", address, zone="UTC", now=long_ago)
        for _ in range(BEAT_KILLS):
            kill_and_wait(beats.pop(0))
            beats.append(processes.start(beat, environment))
            stack.callback(processes.end_tree, beats[-1])
        until(lambda: count(Mail, Mail.kind.startswith("reminder.")) == len(people), seconds=PATIENCE)
        all_sent(count(Mail))
        until(lambda: count(Work, Work.state.in_(["due", "leased"]), Work.due_at <= clock.utc_now()) == 0)
        reminded = [m["To"] for m in sink.messages if (m["X-Mail-Kind"] or "").startswith("reminder.")]
        assert sorted(Counter(reminded).values()) == [1] * 8
        assert {address for to in reminded for address in people if address in to} == set(people)
