from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.cli import demo, demo_data
from ecwi_events.kernel.db import db
from ecwi_events.people.models import EmailAddress, Organisation
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration.models import Place, Registration


def places_of(title):
    rows = db.session.scalars(sa.select(Registration.place).join(Activity).where(Activity.title == title))
    return Counter(rows)


def test_the_demo_has_a_past_a_present_and_a_line(app, now):
    demo.make_demo(now=now)
    assert places_of("Standards that people use") == {Place.CONFIRMED: 12, Place.WAITING: 4}
    assert places_of("Mentors who listen") == {Place.CONFIRMED: 18}
    first = db.session.scalar(sa.select(sa.func.min(ActivitySession.starts_at)).where(ActivitySession.starts_at > now))
    assert now < first < now + timedelta(days=1)
    verdicts = Counter(db.session.scalars(sa.select(Presence.verdict)))
    assert min(verdicts[verdict] for verdict in (Verdict.PRESENT, Verdict.ABSENT, Verdict.EXCUSED)) > 0


def test_nothing_invented_has_a_real_name_or_address(app, now):
    demo.make_demo(now=now)
    assert all(address.endswith(".example") for address in db.session.scalars(sa.select(EmailAddress.address)))
    assert all(name.startswith("Example ") for name, _ in demo_data.ORGANISATIONS)


def test_the_year_2022_comes_from_its_file(app, now, examples):
    demo.make_demo(now=now)
    count = sa.select(sa.func.count()).select_from(Activity).where(Activity.home_year == 2022)
    assert db.session.scalar(count) == (6 if (examples / "pla-2022.yaml").exists() else 0)


def test_the_same_moment_makes_the_same_demo(app, now):
    def facts():
        query = (
            sa.select(Activity.title, ActivitySession.starts_at)
            .join(ActivitySession)
            .order_by(ActivitySession.starts_at)
        )
        return [tuple(row) for row in db.session.execute(query)], db.session.scalar(
            sa.select(sa.func.count(Organisation.id))
        )

    from tests.conftest import empty_tables

    demo.make_demo(now=now)
    before = facts()
    db.session.rollback()
    empty_tables()
    demo.make_demo(now=now)
    assert facts() == before


@pytest.mark.parametrize(
    ("today", "change"),
    [
        (date(2026, 11, 21), date(2027, 3, 28)),
        (date(2027, 3, 1), date(2027, 3, 28)),
        (date(2027, 3, 28), date(2028, 3, 26)),
        (date(2027, 12, 31), date(2028, 3, 26)),
    ],
)
def test_clocks_go_forward_on_the_last_sunday_of_march(today, change):
    assert demo_data.clocks_go_forward_after(datetime(today.year, today.month, today.day, tzinfo=UTC)) == change


@pytest.mark.parametrize("days", range(0, 366, 30))
def test_the_series_crosses_the_change_of_clocks_whenever_the_demo_is_made(days, now):
    plan = demo_data.series(1, now=now + timedelta(days=days)).activity
    days_of_sessions = [session.starts_local.date() for session in plan.sessions]
    change = demo_data.clocks_go_forward_after(now + timedelta(days=days + 45))
    assert sum(day < change for day in days_of_sessions) == 2
    assert min(days_of_sessions) > (now + timedelta(days=days)).date()
