"""Writing to the people of an activity: look first, then send, stop in time; only for whom it is."""

import re

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import messages
from ecwi_events.attendance.models_messages import ActivityMessage, Audience
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Role
from tests import make
from tests.make import NOW
from tests.web.conftest import words

TYPED = {
    "audience": "confirmed",
    "session": "",
    "subject": "About {activity}",
    "text": "Dear {name},\n\n{joining link}",
    "key": "",
}


@pytest.fixture
def activity_id(app):
    found = make.make_activity("Play is how children learn")
    make.sign_up(found, "Olena <b>Koval</b>", "olena@kyiv.example")
    make.sign_up(found, "Aida Bekova", "aida@bishkek.example")
    return found


@pytest.fixture
def here(activity_id):
    return f"/host/activities/{activity_id}/messages"


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office(), now=NOW)


def test_look_first_then_send_then_stop(client, office, here, activity_id):
    shown = client.post(here, data=TYPED)
    page = words(shown)
    assert shown.status_code == 200 and "Send this to 2 people?" in page
    assert "About Play is how children learn" in page and "[the person's own link]" in page
    assert "&lt;b&gt;Koval" in shown.text and "/j/" not in shown.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ActivityMessage)) == 0
    fields = {name: value for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', shown.text) if name in TYPED}
    for _ in range(2):
        answer = client.post(here, data={**TYPED, "key": fields["key"], "act": "send"})
        assert answer.status_code == 303
    (written,) = messages.history(activity_id)
    page = words(client.get(here))
    assert "Goes out in a minute" in page and "About {activity}" in page
    assert "Read it" in page and "<p>Dear {name},</p><p>{joining link}</p>" in page
    assert client.post(f"{here}/{written.id}/stop").status_code == 303
    assert "Stopped" in words(client.get(here))
    assert client.post(f"{here}/{written.id}/stop").status_code == 409


def test_changing_it_first_keeps_what_was_typed(client, office, here):
    page = client.post(here, data={**TYPED, "act": "change"})
    assert page.status_code == 200 and "Dear {name}" in page.text and "About {activity}" in page.text


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"text": "Hello {nobody}"}, 422, "{nobody} is no placeholder"),
        ({"audience": "everybody"}, 422, "Choose to whom you write"),
        ({"audience": "present"}, 422, "Choose the session"),
        ({"session": "x"}, 422, "Choose a session of this activity"),
        ({"session": "999999"}, 422, "Choose a session of this activity"),
        ({"audience": "waiting", "text": "Hello"}, 409, "There is nobody to write to"),
        ({"audience": "waiting", "text": "Hello", "act": "send"}, 409, "There is nobody to write to"),
    ],
)
def test_what_cannot_be_sent_says_why_and_keeps_what_was_typed(client, office, here, change, status, sentence):
    answer = client.post(here, data={**TYPED, **change})
    assert answer.status_code == status
    assert sentence in words(answer) and "About {activity}" in answer.text


def test_only_hosts_of_it_and_the_office_write_and_auditors_read(client, here, activity_id):
    make.signed_in(client, make.make_host(make.make_organisation()), now=NOW)
    assert client.get(here).status_code == client.post(here, data=TYPED).status_code == 404
    client.post("/sign-out")
    make.signed_in(client, make.make_staff(Role.AUDITOR), now=NOW)
    page = client.get(here)
    assert page.status_code == 200 and "Write a message" not in page.text
    assert client.post(here, data=TYPED).status_code == 403


def test_the_list_takes_the_same_number_of_questions_for_one_and_three(
    client, office, here, activity_id, count_queries
):
    counted = []
    for number in range(3):
        with transaction():
            db.session.add(
                ActivityMessage(
                    key=str(number), activity_id=activity_id, audience=Audience.CONFIRMED, subject="S", text="T",
                    created_at=NOW, begins_at=NOW,
                )
            )  # fmt: skip
        if number in {0, 2}:
            with count_queries() as seen:
                client.get(here)
            counted.append(len(seen))
    assert counted[0] == counted[1]
