"""The link at the foot of a mail: opening it changes nothing, its button needs neither cookie nor form token."""

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models_delivery import MailStop
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import erasing, merging
from ecwi_events.people.ledger import Ledger
from tests import make
from tests.make import NOW
from tests.web.conftest import words

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def me(app):
    return make.make_person()


def address(person_id, topic=Topic.REMINDERS, activity_id=0):
    return f"/u/{stopping.token_of(Stop(person_id, topic, activity_id))}"


def test_opening_it_changes_nothing(client, me):
    for method in ("GET", "HEAD"):
        answer = client.open(address(me), method=method)
        assert answer.status_code == 200
    assert "Stop reminders?" in words(client.get(address(me)))
    assert not stopping.is_stopped(me, Topic.REMINDERS)


def test_the_link_of_an_erased_person_writes_nothing(client, me):
    with transaction():
        erasing.forget_person(me, now=NOW)
    assert [client.get(address(me)).status_code, client.post(address(me), data=ONE_CLICK).status_code] == [404, 404]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MailStop)) == 0


def test_a_mail_program_stops_it_without_cookies_and_without_a_page(with_csrf, client, me):
    answer = client.post(address(me), data=ONE_CLICK)
    assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None)
    assert stopping.is_stopped(me, Topic.REMINDERS)
    assert client.post(address(me), data=ONE_CLICK).status_code == 200
    entries = db.session.execute(sa.select(JournalEntry.act, JournalEntry.door, JournalEntry.after)).all()
    assert [(row.act, row.after) for row in entries if row.act == "stop_mails"] == [
        ("stop_mails", '{"topic":"reminders"}')
    ]


def test_no_other_page_is_let_off_the_form_token(with_csrf, client, me):
    exempt = with_csrf.extensions["csrf"]._exempt_views
    assert {name.removeprefix("ecwi_events.web.") for name in exempt} == {"registration.unsubscribing.change"}


def test_the_page_stops_and_starts_again(client, me):
    stopped = words(client.post(address(me), data={"act": "stop"}))
    assert "You get no more reminders" in stopped and "moved or cancelled" in stopped
    assert "You get no reminders" in words(client.get(address(me)))
    assert "You get reminders again" in words(client.post(address(me), data={"act": "start"}))
    assert not stopping.is_stopped(me, Topic.REMINDERS)


def test_messages_are_stopped_for_one_activity_or_for_all(client, me):
    activity_id = make.make_activity("Play is how children learn")
    here = address(me, Topic.MESSAGES, activity_id)
    page = words(client.get(here))
    assert "Play is how children learn" in page and "about all activities" in page
    assert "Messages about other activities still come" in words(client.post(here, data={"act": "stop"}))
    assert not stopping.is_stopped(me, Topic.MESSAGES)
    client.post(address(me, Topic.MESSAGES), data={"act": "stop"})
    assert "You stopped messages from organisers about all activities" in words(client.get(here))


def test_a_changed_link_and_somebody_who_is_gone(client, me):
    assert client.get(address(me)[:-1]).status_code == 404
    assert client.post(address(me)[:-1], data=ONE_CLICK).status_code == 404
    assert client.post(address(999_999), data=ONE_CLICK).status_code == 404


def test_a_record_that_was_merged_stops_it_for_the_one_that_is_left(client, me):
    kept = make.make_person()
    with transaction():
        merging.move_person(kept, me, Ledger(), now=NOW)
    client.post(address(me), data=ONE_CLICK)
    assert stopping.is_stopped(kept, Topic.REMINDERS)
