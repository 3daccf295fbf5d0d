"""A clock that jumps, the nights on which clocks change, and a disk that is full."""

import os
import resource
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import config
from ecwi_events.jobs.tick import derive
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work.models import Work
from tests import make
from tests.faults.ground import count, queue_mails, service
from tests.jobs.conftest import post, receiver  # noqa: F401 - fixtures

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


def small_files():
    """Let this process write no file beyond 700 bytes, as on a disk that is nearly full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))


def run_once(environment, **more):
    command = [sys.executable, "-m", "ecwi_events.cli", "work", "run-once"]
    return subprocess.run(
        command,
        env={**os.environ, **environment},
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        **more,
    )


@pytest.mark.servers
def test_a_full_disk_leaves_no_half_mail_and_all_of_them_arrive_when_there_is_room(make_settings, make_database):
    with service("postgresql", make_settings, make_database) as environment:
        queue_mails(3)
        folder = make_settings_folder(environment)
        full = run_once(environment, preexec_fn=small_files)
        assert full.returncode == 1, full.stderr
        assert list(folder.iterdir()) == [], "no file, and no part of one"
        assert count(Mail, Mail.state == MailState.RETRY) == 3
        with transaction():
            db.session.execute(sa.update(Work).values(due_at=clock.utc_now()))
        assert run_once(environment).returncode == 0
        db.session.rollback()
        assert count(Mail, Mail.state == MailState.SENT) == 3
        assert len(list(folder.glob("*.eml"))) == 3


def make_settings_folder(environment):
    """The folder of mails."""
    return config.from_environment(environment).mail.folder
