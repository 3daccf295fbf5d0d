"""A batch of mail while everything goes wrong; the ledger is what the mail server got, not what we believe we sent.

To hold: nothing is missing; doubled is at most one message per killed process, with the same Message-ID; none otherwise.
`make soak` runs the same with 5,000 mails and 50 kills (SOAK=1).
"""

import os
import signal
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest

from ecwi_events.kernel import clock
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work.models import Work, WorkState
from tests.faults.ground import (
    PATIENCE,
    SOAK,
    Sink,
    all_sent,
    batch_service,
    check,
    count,
    kill_and_wait,
    queue_mails,
    until,
    worker,
)
from tests.make import make_activity, make_session, sign_up
from tests.servers import processes

pytestmark = pytest.mark.servers
BATCH, KILLS = (5000, 50) if SOAK else (60, 2)
NAPPING_BATCH, NAPS = (1000, 10) if SOAK else (40, 1)
BEAT_KILLS = 20 if SOAK else 1
ENGINES = ["sqlite", "postgresql"]


@pytest.mark.parametrize("engine", ENGINES if SOAK else ["postgresql"])
def test_a_worker_killed_again_and_again_loses_no_mail(engine, make_settings, make_database):
    sink = Sink(seconds=0.02)
    with batch_service(sink, make_settings, make_database, engine) as (environment, _):
        addresses = queue_mails(BATCH)
        for kill in range(KILLS):
            enough = (kill + 1) * BATCH // (KILLS + 2)
            with worker(environment) as process:
                until(lambda enough=enough: len(sink.messages) >= enough, seconds=PATIENCE, alive=process)
                kill_and_wait(process)
        with worker(environment) as process:
            all_sent(BATCH, alive=process)
        check(sink, addresses, doubled_at_most=KILLS)


def test_a_worker_that_slept_through_its_lease_overwrites_nothing(make_settings, make_database):
    """With SQLite, which has one worker, the others may have to wait until it wakes up: it can hold the only lock."""
    sink = Sink(seconds=0.05)
    with (
        batch_service(sink, make_settings, make_database, "postgresql") as (environment, _),
        worker(environment) as sleeper,
    ):
        addresses = queue_mails(NAPPING_BATCH)
        for nap in range(NAPS):
            enough = (nap + 1) * NAPPING_BATCH // (NAPS + 2)
            until(lambda enough=enough: len(sink.messages) >= enough, seconds=PATIENCE, alive=sleeper)
            os.kill(sleeper.pid, signal.SIGSTOP)
            with worker(environment) as other:
                overtaken = len(sink.messages) + NAPPING_BATCH // (2 * NAPS + 4)
                until(lambda overtaken=overtaken: len(sink.messages) >= overtaken, seconds=PATIENCE, alive=other)
                os.kill(sleeper.pid, signal.SIGCONT)
                other.terminate()
                other.wait(PATIENCE)
        all_sent(NAPPING_BATCH, alive=sleeper)
        until(lambda: count(Work, Work.state == WorkState.LEASED) == 0)
        check(sink, addresses, doubled_at_most=NAPS)
        assert count(Mail, Mail.state == MailState.SENT) == NAPPING_BATCH


def test_three_beats_at_once_of_which_some_are_killed_remind_everybody_once(make_settings, make_database):
    sink = Sink()
    beat = [str(processes.BIN / "celery"), "-A", "worker", "beat", "--pidfile="]
    with batch_service(sink, make_settings, make_database) as (environment, _), ExitStack() as stack:
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
        people = [f"p{number}@crowd.example" for number in range(8 + BEAT_KILLS)]
        for address in people[:8]:
            sign_up(activity, "Ana", address, zone="UTC", now=long_ago)
        for kill in range(BEAT_KILLS):
            sign_up(activity, "Ana", people[8 + kill], zone="UTC", now=long_ago)
            kill_and_wait(beats.pop(0))
            beats.append(processes.start(beat, environment))
            stack.callback(processes.end_tree, beats[-1])
            until(lambda kill=kill: count(Mail, Mail.kind.startswith("reminder.")) == 9 + kill, seconds=PATIENCE)
        all_sent(count(Mail))
        until(lambda: count(Work, Work.state.in_(["due", "leased"]), Work.due_at <= clock.utc_now()) == 0)
        reminded = [m["To"] for m in sink.messages if (m["X-Mail-Kind"] or "").startswith("reminder.")]
        print(f"{BEAT_KILLS} beats killed, {len(people)} people, {len(reminded)} reminders")  # noqa: T201
        assert sorted(Counter(reminded).values()) == [1] * len(people)
        assert {address for to in reminded for address in people if address in to} == set(people)
