"""New time zone data: the wall time stays, the instants follow, and people are told; everybody else is left alone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import rounds
from ecwi_events.journal import queries as journal
from ecwi_events.kernel.dates import tzdata_version
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.programme.models import ActivitySession, SessionStatus
from ecwi_events.registration.re_resolving import REASON, re_resolve_sessions
from tests import make
from tests.mail.conftest import post  # noqa: F401 - a fixture
from tests.mail.showing import make_webinar

pytestmark = pytest.mark.usefixtures("app")
AN_HOUR = timedelta(hours=1)


def as_resolved_by(release, *, shift=timedelta(), **conditions):
    """As if an older release had resolved all sessions, with other rules."""
    with transaction():
        for session in db.session.scalars(sa.select(ActivitySession).filter_by(**conditions)):
            session.starts_at += shift
            session.ends_at += shift
            session.tzdata_version = release


def resolve(now=make.NOW):
    with transaction():
        return re_resolve_sessions(now=now)


def session():
    db.session.rollback()
    return db.session.scalars(sa.select(ActivitySession).execution_options(populate_existing=True)).one()


def facts():
    row = session()
    return row.starts_local, row.starts_at, row.ends_at - row.starts_at, row.schedule_revision, row.ical_sequence


def test_a_session_whose_clocks_follow_other_rules_now_keeps_its_wall_time_and_moves():
    make_webinar()
    wall, starts_at, length, revision, sequence = facts()
    as_resolved_by("2020a", shift=AN_HOUR)
    assert resolve() == 1
    assert facts() == (wall, starts_at, length, revision + 1, sequence + 1)
    assert (session().tzdata_version, session().moved_from_at) == (tzdata_version(), starts_at + AN_HOUR)
    acts = {entry.act for entry in journal.history([("session", [session().id])], limit=20)}
    assert "re_resolve" in acts
    assert resolve() == 0


def test_a_session_that_means_the_same_is_only_stamped():
    make_webinar()
    before = facts()
    as_resolved_by("2020a")
    assert resolve() == 1
    assert facts() == before
    assert (session().tzdata_version, resolve()) == (tzdata_version(), 0)


def test_what_is_over_and_what_a_newer_release_resolved_is_left_alone():
    make_webinar()
    as_resolved_by("9999z", shift=AN_HOUR)
    before = facts()
    assert (resolve(), facts()) == (0, before)
    as_resolved_by("2020a")
    assert resolve(now=session().ends_at) == 0


def test_a_cancelled_session_follows_in_silence():
    make_webinar()
    wall, starts_at, length, revision, sequence = facts()
    with transaction():
        session_ = db.session.scalars(sa.select(ActivitySession)).one()
        session_.status, session_.cancelled_at = SessionStatus.CANCELLED, make.NOW
    as_resolved_by("2020a", shift=AN_HOUR)
    assert resolve() == 1
    assert facts() == (wall, starts_at, length, revision, sequence)


def test_a_time_that_clocks_will_skip_stays_and_the_journal_says_so():
    make_webinar()
    as_resolved_by("2020a")
    with transaction():
        session_ = db.session.scalars(sa.select(ActivitySession)).one()
        session_.starts_local = session_.starts_local.replace(year=2027, month=3, day=28, hour=2, minute=30)
        starts_at = session_.starts_at
    assert resolve() == 1
    assert session().starts_at == starts_at
    acts = {entry.act for entry in journal.history([("session", [session().id])], limit=20)}
    assert "find_time_skipped" in acts
    assert resolve() == 0


def test_people_for_whom_it_moved_are_told_once_and_by_night(post):  # noqa: F811 - the fixture
    make.sign_up(make_webinar(), "Olena Koval", "olena@kyiv.example")
    post.send()
    as_resolved_by("2020a", shift=AN_HOUR)
    sent = len(post.mails())
    for _ in range(2):
        rounds.do_now("time_zones", now=make.NOW)
        post.clock.move_to(make.NOW + timedelta(hours=2))  # news is gathered before it is told
        post.send()
    told = post.mails()[sent:]
    assert [mail["X-Mail-Kind"] for mail in told] == ["registration.moved"]
    assert REASON in " ".join(told[0].get_body(("plain",)).get_content().split())
    assert set(db.session.scalars(sa.select(Mail.state))) == {"sent"}
