"""A clock that jumps, the nights on which clocks change, and a disk that is full."""

import resource
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parseaddr

import psutil
import pytest
import sqlalchemy as sa

import config
from ecwi_events.jobs.tick import derive
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work.models import Heartbeat, Turn
from tests import make
from tests.faults.ground import (
    PATIENCE,
    SOAK,
    Sink,
    all_sent,
    batch_service,
    check,
    count,
    queue_mails,
    until,
    worker,
)
from tests.jobs.conftest import post, receiver  # noqa: F401 - fixtures
from tests.servers import processes

HOUR = 3600
NEAR_SECONDS = 600  # a busy machine may take minutes for a round
MAILS_FOR_A_DISK = 500 if SOAK else 3
# A session on the day after each change of clocks, where they change: wall time, zone, the instant of the change.
NIGHTS = [
    ("2026-10-26 10:00", "Europe/Amsterdam", datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),
    ("2027-03-29 10:00", "Europe/Amsterdam", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
    ("2027-03-15 10:00", "America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
]


def reminded():
    kinds = db.session.scalars(sa.select(Mail.kind).where(Mail.kind.startswith("reminder."))).all()
    db.session.rollback()
    return sorted(kinds)


def walk(post, at, until, *, steps):  # noqa: F811 - the fixture
    """Let the clock go on by these steps in turn, a tick at each, until an instant."""
    turn = 0
    while at < until:
        post.clock.move_to(at)
        derive()
        post.send()
        at += steps[turn % len(steps)]
        turn += 1


@pytest.mark.parametrize(("wall", "zone", "change"), NIGHTS)
def test_the_night_on_which_clocks_change_reminds_everybody_once(post, wall, zone, change):  # noqa: F811
    activity = make.make_activity(sessions=[make.make_session(starts_local=wall, zone=zone)])
    make.sign_up(activity, "Olena", zone=zone, now=change - timedelta(days=20))
    make.sign_up(activity, "Aigul", zone="Asia/Bishkek", now=change - timedelta(days=20))
    walk(post, change - timedelta(hours=2), change + timedelta(hours=34), steps=[timedelta(hours=1)])
    got = Counter(reminded())
    assert (got["reminder.day_before"], got["reminder.hour_before"]) == (2, 2), "each of the two got each once"
    assert max(got.values()) == 2
    assert {state for state, _ in post.states()} <= {"sent", "skipped"}


def test_a_clock_that_jumps_an_hour_back_and_forth_reminds_nobody_twice(post):  # noqa: F811
    activity = make.make_activity(sessions=[make.make_session(starts_local="2027-01-19 14:00", zone="UTC")])
    start = datetime(2027, 1, 19, 14, 0, tzinfo=UTC)
    make.sign_up(activity, "Olena", zone="UTC", now=start - timedelta(days=20))
    forth_and_back = [timedelta(hours=3), timedelta(hours=-1)]
    walk(post, start - timedelta(hours=30), start - timedelta(hours=2), steps=forth_and_back)
    walk(
        post, start - timedelta(hours=2), start, steps=[timedelta(minutes=20), timedelta(hours=-1), timedelta(hours=1)]
    )
    once = reminded()
    assert len(once) == len(set(once))
    assert {"reminder.day_before", "reminder.hour_before"} <= set(once)


@contextmanager
def clocked_worker(environment, folder, *, by=0.0, **options):
    """A worker whose clock goes differently by so many seconds; gives its process, and a function that moves the clock.

    Moving waits until the worker, which does one thing after another, has done its round by the new clock and sent its mail.
    """
    clock_file = folder / "clock"
    clock_file.write_text(str(by))

    def move(by):
        clock_file.write_text(str(by))
        turns = set()  # when the third is taken, all that the second called for is written down

        def has_settled():
            if abs(ahead() - by) < NEAR_SECONDS:
                turns.add(db.session.scalar(sa.select(Turn.until_ms)))
            return len(turns) >= 3 and count(Mail, Mail.state.in_(["queued", "sending"])) == 0

        until(has_settled, seconds=PATIENCE, alive=process)

    moved = {**environment, "TESTS_CLOCK": str(clock_file)}
    with worker(moved, target="tests.faults.clocked", **options) as process:
        yield process, move


def ahead():
    """By how many seconds the last round was ahead of our clock; years behind if there was none."""
    beat = db.session.scalar(sa.select(Heartbeat.beat_at).where(Heartbeat.name == "drain"))
    return ((beat or datetime(2000, 1, 1, tzinfo=UTC)) - clock.utc_now()).total_seconds()


def reminders_in(sink):
    """Kind and recipient of the reminders that the mail server took."""
    kinds = [(message["X-Mail-Kind"] or "", message["To"]) for message in sink.messages]
    return [(kind, to) for kind, to in kinds if kind.startswith("reminder.")]


@pytest.mark.servers
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"] if SOAK else ["postgresql"])
def test_a_worker_whose_clock_is_put_on_and_back_by_an_hour_goes_on_at_once(
    engine, make_settings, make_database, tmp_path
):
    """Mail that is put meanwhile goes out, the beat beats, and who was reminded is not reminded again."""
    sink, addresses = Sink(), []
    start = clock.utc_now() + timedelta(minutes=100)
    with batch_service(sink, make_settings, make_database, engine) as (environment, _):
        activity = make.make_activity(sessions=[make.make_session(starts_local=f"{start:%Y-%m-%d %H:%M}", zone="UTC")])
        for name in ("Olena", "Aigul", "Ana"):
            make.sign_up(activity, name, zone="UTC", now=clock.utc_now() - timedelta(days=9))
        with clocked_worker(environment, tmp_path) as (process, move):
            for by in [0, HOUR, 0, -HOUR, 0, HOUR, -HOUR] * 5 if SOAK else [0, HOUR, 0, -HOUR, HOUR]:
                move(by)
                addresses += queue_mails(5, start=len(addresses))
                until(lambda all_of=set(addresses): all_of <= set(sink.recipients), seconds=PATIENCE, alive=process)
            until(lambda: len(reminders_in(sink)) >= 3, seconds=PATIENCE, alive=process)
    assert [kind for kind, _ in reminders_in(sink)] == ["reminder.hour_before"] * 3
    assert len(set(reminders_in(sink))) == 3
    assert sorted(address for address in sink.recipients if address in set(addresses)) == sorted(addresses)


@pytest.mark.servers
def test_a_worker_an_hour_ahead_of_the_beat_hears_it(make_settings, make_database, tmp_path):
    sink = Sink()
    beat = [str(processes.BIN / "celery"), "-A", "worker", "beat", "--pidfile="]
    with batch_service(sink, make_settings, make_database) as (environment, _), ExitStack() as stack:
        worker_ahead = clocked_worker(environment, tmp_path, by=HOUR, beat=False)
        process, _ = stack.enter_context(worker_ahead)
        stack.callback(processes.end_tree, processes.start(beat, environment))
        addresses = queue_mails(5)
        until(lambda: abs(ahead() - HOUR) < NEAR_SECONDS, seconds=PATIENCE, alive=process)
        all_sent(5, alive=process)
    check(sink, addresses, doubled_at_most=0)


@pytest.mark.servers
@pytest.mark.parametrize(("wall", "zone", "change"), NIGHTS if SOAK else NIGHTS[:1])
def test_a_worker_lives_through_the_night_on_which_clocks_change(
    wall, zone, change, make_settings, make_database, tmp_path
):
    """The worker's clock is moved hour by hour, or only to some of the hours."""
    sink = Sink()
    hours = range(-1, 35) if SOAK else (0, 1, 9, 31, 32)
    with batch_service(sink, make_settings, make_database, "postgresql") as (environment, _):
        activity = make.make_activity(sessions=[make.make_session(starts_local=wall, zone=zone)])
        make.sign_up(activity, "Olena", zone=zone, now=change - timedelta(days=20))
        make.sign_up(activity, "Aigul", zone="Asia/Bishkek", now=change - timedelta(days=20))
        begin = (change - timedelta(hours=2) - clock.utc_now()).total_seconds()
        with clocked_worker(environment, tmp_path, by=begin) as (_, move):
            for hour in hours:
                move(begin + (2 + hour) * HOUR)
    got = Counter(reminders_in(sink))
    assert set(got.values()) == {1}
    assert Counter(kind for kind, _ in got if kind != "reminder.thanks") == {
        "reminder.day_before": 2,
        "reminder.hour_before": 2,
    }


@pytest.mark.servers
def test_a_full_disk_leaves_no_half_mail_and_the_same_worker_writes_all_of_them_when_there_is_room(
    make_settings, make_database
):
    with batch_service(Sink(), make_settings, make_database, "postgresql", MAIL_URL="") as (environment, _):
        folder = config.from_environment(environment).mail.folder
        with worker(environment) as process:
            until(lambda: ahead() > -NEAR_SECONDS, seconds=PATIENCE, alive=process)
            no_file_beyond(700, process)
            addresses = queue_mails(MAILS_FOR_A_DISK)
            until(lambda: count(Mail, Mail.state == MailState.RETRY) == len(addresses), seconds=PATIENCE, alive=process)
            assert list(folder.iterdir()) == [], "no file, and no part of one"
            no_file_beyond(resource.RLIM_INFINITY, process)
            all_sent(len(addresses), alive=process)
        assert written_to(folder) == sorted(addresses)


def no_file_beyond(size, process):
    """Let a process write no file beyond so many bytes, as on a disk that is nearly full."""
    psutil.Process(process.pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def written_to(folder):
    """Who is written to in the files of a folder, which has whole mails and nothing else."""
    mails = [message_from_bytes(file.read_bytes()) for file in folder.iterdir()]
    assert all(mail.get_payload() for mail in mails)
    return sorted(parseaddr(mail["To"])[1] for mail in mails)
