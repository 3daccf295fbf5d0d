"""The page that says what is sent about each session, to whom and when, and lets a host switch mails."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import ActivitySession
from ecwi_events.reminders import plans
from ecwi_events.reminders.models import SlotSwitch
from tests import make
from tests.mail.showing import make_webinar


@pytest.fixture
def house(app):
    return make.make_organisation("Hosting House")


@pytest.fixture
def activity_id(house):
    return make_webinar(host_id=house)


@pytest.fixture
def desk(client, house, activity_id):
    make.signed_in(client, make.make_host(house))

    class Page:
        address = f"/host/activities/{activity_id}/reminders"

        def get(self, path=""):
            answer = client.get(self.address + path)
            assert answer.status_code == 200
            return " ".join(answer.text.split())

        def post(self, path, **data):
            return client.post(self.address + path, data=data)

    return Page()


def test_it_says_who_will_get_what_and_when(desk, activity_id):
    make.sign_up(activity_id, "Olena Koval", zone="Europe/Kyiv")
    make.sign_up(activity_id, "Lee Ann", zone="America/Los_Angeles")
    shown = desk.get()
    assert 'One day before</a></td> <td data-label="To come">2 people: Mon 18 January 2027, 14:00' in shown
    assert "14:00 to 16:30 (Amsterdam), so that nobody gets it at night" in shown
    listed = desk.get(f"/{db.session.scalar(sa.select(ActivitySession.id))}/day_before")
    assert '<td>Lee Ann</td><td data-label="When">Mon 18 January 2027, 07:30 (Los Angeles)</td>' in listed
    assert "will be sent" in listed


def test_it_says_what_was_sent_and_what_was_missed(desk, activity_id):
    make.sign_up(activity_id, "Olena Koval", zone="Europe/Kyiv")
    start = db.session.scalar(sa.select(ActivitySession.starts_at))
    make.derive_reminders(now=start - timedelta(days=1))
    shown = desk.get()
    assert "1 on its way" in shown
    assert "1 missed" in shown
    assert "not sent: it was too late" in desk.get(f"/{db.session.scalar(sa.select(ActivitySession.id))}/week_before")


def test_mails_are_switched_and_own_ones_come_and_go(desk):
    assert desk.post("/switch", slot="starting", on="yes").status_code == 303
    assert desk.post("/own", number="3", unit="days").status_code == 303
    assert "3 days before (own)" in desk.get()
    assert desk.post("/switch", slot="own-4320", on="no").status_code == 303
    assert "3 days before (own)" not in desk.get()
    rows = db.session.execute(sa.select(SlotSwitch.slot, SlotSwitch.minutes, SlotSwitch.is_on)).all()
    assert [(row.slot.value, row.minutes, row.is_on) for row in rows] == [("starting", 0, True), ("own", 4320, False)]


@pytest.mark.parametrize("number", ["", "0", "-3", "abc", "1.5", "61", "99999", "٣"])
def test_an_impossible_time_is_refused_and_kept(desk, number):
    answer = desk.post("/own", number=number, unit="days")
    assert answer.status_code == 422
    assert "Enter a time from 15 minutes to 60 days before the start" in answer.text
    assert f'value="{number}"' in answer.text


def test_what_always_goes_out_is_not_switched(desk):
    assert desk.post("/switch", slot="day_before", on="no").status_code == 409
    for name in ("own-5", "nothing", "own-x", ""):
        assert desk.post("/switch", slot=name, on="no").status_code == 422


def test_pages_that_are_not_there(client, desk, activity_id):
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    for path in (f"/{session_id}/nothing", f"/{session_id}/own-1", "/999/day_before"):
        assert client.get(desk.address + path).status_code == 404


def test_many_people_need_no_more_queries(desk, activity_id, asked):
    make.sign_up(activity_id, "Olena Koval")
    desk.get()
    counts = []
    for number in range(3):
        asked.clear()
        desk.get()
        counts.append(len(asked))
        make.sign_up(activity_id, f"Person {number}")
    assert len(set(counts)) == 1
    assert counts[0] <= 25


def test_a_long_list_of_recipients_comes_a_hundred_at_a_time(desk, activity_id, monkeypatch):
    monkeypatch.setattr(plans, "ON_A_PAGE", 2)
    for name in ("Aida Bekova", "Lee Ann", "Olena Koval"):
        make.sign_up(activity_id, name, zone="Europe/Kyiv")
    start = db.session.scalar(sa.select(ActivitySession.starts_at))
    make.derive_reminders(now=start - timedelta(days=1))
    make.sign_up(activity_id, "Zora Late", zone="Europe/Kyiv")
    make.sign_up(activity_id, "Rosa Quispe", zone="America/Lima")
    path = f"/{db.session.scalar(sa.select(ActivitySession.id))}/day_before"
    pages = [re.findall(r"<td>([A-Z][^<]*)</td>", desk.get(f"{path}?page={number}")) for number in (1, 2, 3)]
    assert pages == [["Rosa Quispe", "Zora Late"], ["Aida Bekova", "Lee Ann"], ["Olena Koval"]]
    assert "Page 2 of 3, 5 people" in desk.get(f"{path}?page=2")
    assert "Page 3 of 3" in desk.get(f"{path}?page=99999") and "Page 1 of 3" in desk.get(f"{path}?page=x")
