"""``ecwi-events demo``: an invented network with a past, a present and a future, the same for the same ``now``.

Made through the acts that people use, so that counts, mails, reminders and the feed are as real as the code. The edition of
2022 is not invented: it comes from examples/pla-2022.yaml.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click
import sqlalchemy as sa

import config
from ecwi_events.app import create_app
from ecwi_events.attendance import queries as rosters
from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.cli import demo_data, people
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.overview import importing
from ecwi_events.people import service as network
from ecwi_events.people.models import MembershipClass, OrganisationKind, Person, Role
from ecwi_events.programme import queries as programme
from ecwi_events.programme import service as planning
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import questions
from ecwi_events.registration import service as registration
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.cli.demo_data import DemoActivity

MARKS = (*[Verdict.PRESENT] * 6, Verdict.ABSENT, Verdict.PRESENT, Verdict.EXCUSED)  # in turn, along the roster
REAL_YEAR = config.PROJECT / "examples" / "pla-2022.yaml"
SOURCE = "Invented for the demo"
ROLES = {"member": demo_data.MEMBER, "host": demo_data.HOST, "office": demo_data.OFFICE}


@click.command()
def demo() -> None:
    """Fill an empty database with an example.

    An invented network with a past, a present and a future, and the real year 2022.
    Prints one sign-in link each for a member, a host and the office.
    """
    with create_app().app_context():
        now = clock.utc_now()
        if not is_empty():
            raise Refused("not_empty", "There are people in this database already. The demo is for an empty one.")
        make_demo(now=now)
        for role, link in demo_links(now=now).items():
            click.echo(f"{role:<8}{link}")


def is_empty() -> bool:
    """Tell whether nobody is in the database yet."""
    return db.session.scalar(sa.select(Person.id).limit(1)) is None


def make_demo(*, now: datetime) -> None:
    """Make the demo in an empty database; needs an application context."""
    with transaction():
        hosts = _make_network(now=now)
    for plan in (demo_data.tomorrows, demo_data.full_one, demo_data.series):
        _make_activity(plan(hosts[2], now=now), now=now - timedelta(days=10))
    _make_past_activity(demo_data.past_one(hosts[2], now=now), now=now)
    _import_the_real_year(now=now)


def demo_links(*, now: datetime) -> dict[str, str]:
    """Return a sign-in link for each role of the demo; empty if the demo's people are not in this database."""
    with transaction():
        return {role: link for role, address in ROLES.items() if (link := people.find_link(address, now=now))}


def _make_network(*, now: datetime) -> Sequence[int]:
    """Make the organisations and the three people who sign in; return the organisations' ids."""
    ids = [network.create_organisation(name, country=country, now=now) for name, country in demo_data.ORGANISATIONS]
    for organisation_id in ids[:-1]:
        network.record_membership(organisation_id, MembershipClass.FULL, from_on=None, source=SOURCE)
    secretariat = demo_data.SECRETARIAT
    network.create_organisation(secretariat, country="NL", kind=OrganisationKind.SECRETARIAT, now=now)
    names = [name for name, _ in demo_data.ORGANISATIONS]
    network.create_person("Olha Member", demo_data.MEMBER, organisation=names[0], zone="Europe/Kyiv", now=now)
    host = network.create_person("Petra Host", demo_data.HOST, organisation=names[2], zone="Europe/Ljubljana", now=now)
    network.grant_role(host, Role.HOST, organisation_id=ids[2], now=now)
    office = network.create_person("Mieke Office", demo_data.OFFICE, organisation=secretariat, zone="Europe/Amsterdam",
                                   now=now)  # fmt: skip
    network.grant_role(office, Role.OFFICE, now=now)
    return ids


def _make_activity(plan: DemoActivity, *, now: datetime) -> int:
    """Make an activity as the office does, then sign people up as they do."""
    office = network.get_person_id(demo_data.OFFICE)
    with transaction():
        activity_id = registration.create_activity(plan.activity, capacity=plan.capacity, by_person_id=office, now=now)
        planning.move_to_status(activity_id, ActivityStatus.PLANNED, by_person_id=office, now=now)
        if plan.by_session:
            registration.set_terms(activity_id, Terms(by="session"), now=now)
            questions.add_question(activity_id, demo_data.QUESTION, now=now)
    for minute, person in enumerate(demo_data.everybody()[: plan.sign_ups]):
        with transaction():
            new = SignUp(activity_id, person.name, person.address, person.organisation, person.zone)
            registration.sign_up(new, now=now + timedelta(minutes=minute))
    with transaction():
        registration.sign_up(SignUp(activity_id, "Olha Member", demo_data.MEMBER, "", "Europe/Kyiv"), now=now)
    return activity_id


def _make_past_activity(plan: DemoActivity, *, now: datetime) -> None:
    """Make an activity that is over: nearly everybody came, some were excused, one came without signing up."""
    activity_id = _make_activity(plan, now=now - timedelta(days=60))
    host = network.get_person_id(demo_data.HOST)
    page = programme.find_activity(activity_id)
    for number, session in enumerate(page.sessions if page else ()):
        with transaction():
            roster = rosters.find_roster(session.id)
            rows = roster.rows if roster else ()
            marks = {Who(row.person_id): MARKS[(place + number) % len(MARKS)] for place, row in enumerate(rows)}
            attendance.mark(session.id, marks, by_person_id=host, now=session.ends_at)
            if number == 0:
                attendance.add_visitor(session.id, "Visitor from the city", by_person_id=host, now=session.ends_at)
    with transaction():
        planning.move_to_status(
            activity_id, ActivityStatus.COMPLETED, by_person_id=network.get_person_id(demo_data.OFFICE), now=now
        )


def _import_the_real_year(*, now: datetime) -> None:
    """Take over the edition file that comes with the source; an installed package has none."""
    if REAL_YEAR.exists():
        edition = importing.read_edition(REAL_YEAR.read_bytes(), REAL_YEAR.name)
        with transaction():
            importing.import_edition(edition, now=now)


commands: Sequence[click.Command] = [demo]
