"""The overview counts the organisation of the day: where somebody worked when the session was, not where they work now."""

from datetime import UTC, date, datetime

from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import transaction
from ecwi_events.overview.facts import PersonFact
from ecwi_events.overview.reading import read_facts
from ecwi_events.overview.statistics import members
from ecwi_events.people import settings
from ecwi_events.people.settings import Settings
from tests import make
from tests.make import NOW


def facts():
    return read_facts(2026, date(2026, 12, 31), zone="Europe/Amsterdam")


def test_who_worked_where_on_a_day():
    person = PersonFact(1, 30, None, ((10, None, date(2020, 12, 31)), (None, date(2021, 1, 1), date(2021, 6, 30))))
    days = [date(2019, 1, 1), date(2020, 12, 31), date(2021, 1, 1), date(2021, 6, 30), date(2021, 7, 1)]
    assert [person.organisation_on(day) for day in days] == [10, 10, None, None, 30]


def test_somebody_who_changed_work_since_counts_for_the_member_of_that_day(app):
    then = make.make_organisation("Then")
    make.make_organisation("Now")
    host = make.make_organisation("Host", member=False)
    activity = make.make_activity(
        host_id=host,
        home_year=2026,
        sessions=[make.make_session(starts_local="2026-10-01 14:00")],
        now=datetime(2026, 9, 1, tzinfo=UTC),
    )
    person = make.make_person("Olena", "olena@people.example", organisation="Then")
    make.sign_up(activity, address="olena@people.example", now=datetime(2026, 9, 2, tzinfo=UTC))
    session = facts().active[0].sessions[0]
    by = make.make_person("Hanna Host")
    with transaction():
        attendance.mark(session.id, {Who(person_id=person): Verdict.PRESENT}, by_person_id=by, now=NOW)
    assert [body.id for body in members.taking_part(facts())] == [then]
    with transaction():
        settings.change_settings(person, Settings("Olena", "Now"), today=date(2026, 11, 21), now=NOW)
    assert [body.id for body in members.taking_part(facts())] == [then]
