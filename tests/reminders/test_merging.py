"""Two records of one person become one: what one of them was told, the person was told."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import merging as undoing
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.people import queries as people
from ecwi_events.people.models import EmailAddress
from ecwi_events.reminders import merging
from ecwi_events.reminders.models import Reminder
from ecwi_events.reminders.slots import TIMINGS, Slot
from tests import make
from tests.mail.showing import make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
A_DAY_BEFORE = START - timedelta(days=1)
AT_HOME, AT_WORK = "olena@home.example", "olena@work.example"


def person_of(address):
    return people.find_person_by_address(address).id


def merge(kept, merged, *, now):
    with transaction():
        return merging.merge_people(kept, merged, by_person_id=None, by_administrator=False, now=now)


def remind(post, at, slot=Slot.DAY_BEFORE):
    post.clock.move_to(at)
    make.derive_reminders(now=at, only=[TIMINGS[slot]])


def reminded(kind="reminder.day_before"):
    rows = db.session.execute(sa.select(Mail.address, Mail.state).where(Mail.kind == kind).order_by(Mail.id))
    return [(row.address, row.state.value) for row in rows]


def rows():
    table = Reminder.metadata.tables["reminder"]
    found = [tuple(row) for row in db.session.execute(sa.select(table).order_by(table.c.id))]
    db.session.rollback()
    return found


@pytest.fixture
def two(post):
    """The record that stays waits; the other one has the only place."""
    activity_id = make_webinar(capacity=1)
    make.sign_up(activity_id, "Olena Koval", AT_WORK, zone="Europe/Kyiv")
    make.sign_up(activity_id, "Olena K.", AT_HOME, zone="Europe/Kyiv")
    post.send()
    return person_of(AT_HOME), person_of(AT_WORK)


def test_who_was_reminded_under_the_other_address_is_not_reminded_again(post, two):
    remind(post, A_DAY_BEFORE)
    post.send()
    later = A_DAY_BEFORE + timedelta(minutes=30)
    merge(*two, now=later)
    remind(post, later)
    post.send()
    assert reminded() == [(AT_WORK, "sent")]


def test_a_reminder_that_had_not_gone_out_yet_goes_to_the_record_that_stays(post, two):
    remind(post, A_DAY_BEFORE)
    merge(*two, now=A_DAY_BEFORE)
    remind(post, A_DAY_BEFORE + timedelta(minutes=1))
    post.send()
    assert reminded() == [(AT_WORK, "skipped"), (AT_HOME, "sent")]


def test_undoing_gives_back_the_same_rows(post, two):
    remind(post, A_DAY_BEFORE)
    post.send()
    before = rows()
    merge_id = merge(*two, now=A_DAY_BEFORE)
    assert rows() != before
    with transaction():
        undoing.undo_merge(merge_id, now=A_DAY_BEFORE + timedelta(minutes=5))
    assert rows() == before


def test_what_both_were_told_stays_with_both(post):
    activity_id = make_webinar()
    for address in (AT_HOME, AT_WORK):
        make.sign_up(activity_id, "Olena Koval", address, zone="Europe/Kyiv")
    remind(post, A_DAY_BEFORE)
    post.send()
    before = rows()
    merge(person_of(AT_HOME), person_of(AT_WORK), now=A_DAY_BEFORE)
    assert rows() == before


def test_a_host_person_who_was_told_who_comes_is_not_told_again(post):
    host_id = make.make_organisation()
    make.make_activity("Play", host_id=host_id)
    at_work = make.make_host(host_id, "Hanna Host")
    at_home = make.make_person("Hanna Host", "hanna@home.example")
    remind(post, A_DAY_BEFORE, Slot.HOST_ROSTER)
    post.send()
    merge(at_home, at_work, now=A_DAY_BEFORE)
    remind(post, A_DAY_BEFORE + timedelta(minutes=1), Slot.HOST_ROSTER)
    assert len(reminded("reminder.host_roster")) == 1
    assert db.session.scalar(sa.select(EmailAddress.address).where(EmailAddress.person_id == at_home)) is not None
