"""The journal as the office reads it."""

import pytest

from ecwi_events.journal import acting, service
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Role
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import queries
from ecwi_events.registration.models import Registration
from tests import make


@pytest.fixture
def office(client):
    person_id = make.make_office("Otto Office")
    make.signed_in(client, person_id)
    return client


def test_a_page_of_an_activity_tells_its_history(office):
    activity_id = make.make_activity("Learning together", status=ActivityStatus.DRAFT)
    page = office.post(f"/office/activities/{activity_id}/status", data={"status": "planned"}, follow_redirects=True)
    history = page.text.partition(">History<")[2]
    assert "Changed the status" in history and "draft → planned" in history
    assert "Otto Office" in history and "on a page" in history
    assert "Learning together" not in history, "titles are not kept in the journal"


def test_a_personal_link_leaves_no_name(office):
    activity_id = make.make_activity()
    registration_id = make.sign_up(activity_id, "Olena Koval").registration_id
    row = db.session.get_one(Registration, registration_id)
    answer = office.application.test_client().post(f"/m/{queries.token_of(row.uid, row.link_version)}/withdraw")
    assert answer.status_code == 303
    page = office.get("/office/journal?act=withdraw")
    assert "The holder of the personal link" in page.text and "confirmed → withdrawn" in page.text
    assert "Olena" not in page.text


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ({"act": "publish"}, ["publish"]),
        ({"subject": "edition"}, ["publish"]),
        ({"subject": "activity", "id": "3"}, ["rename"]),
        ({"day": "2026-11-21"}, ["publish", "rename"]),
        ({"day": "2026-11-20"}, []),
        ({"who": "ANA@a.example "}, ["rename"]),
        ({"who": "nobody@a.example"}, []),
        ({"id": "no number", "day": "no day", "older": "²", "actor": ""}, ["publish", "rename"]),
        ({"id": "99999999999999999999999"}, ["publish", "rename"]),
    ],
)
def test_the_journal_is_searched(office, now, question, shown):
    ana = make.make_person("Ana", "ana@a.example")
    with transaction():
        service.note("publish", "edition", 1, after={"year": 2022}, now=now)
    with acting.through("cli", ana), transaction():
        service.note("rename", "activity", 3, after={"title": "Secret title"}, now=now)
    page = office.get("/office/journal", query_string=question)
    assert page.status_code == 200
    body = page.text.partition(">Entries<")[2]
    words = {"publish": "Published an edition", "rename": "Rename"}
    assert [name for name in words if words[name] in body] == shown
    assert "Secret title" not in page.text


def test_fifty_entries_make_a_page_and_older_ones_follow(office, now):
    with transaction():
        for number in range(60):
            service.note("mark", "session", 1000 + number, now=now)
    first = office.get("/office/journal?act=mark").text
    assert first.count("Session 10") == 50 and "Session 1059" in first and "Session 1009" not in first
    address = first.partition('">Older entries')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = office.get(address).text
    assert "Session 1009" in second and "Session 1010" not in second
    assert "Older entries" not in second and "Newest entries" in second


def test_an_erased_person_is_a_pseudonym(office, now):
    ana = make.make_person("Ana Alvarez", "ana@a.example")
    with acting.through("web", ana), transaction():
        service.note("rename", "activity", 3, now=now)
    assert "Ana Alvarez" in office.get("/office/journal?act=rename").text
    with transaction():
        service.forget(ana)
    page = office.get("/office/journal?act=rename").text
    assert "A person who was erased" in page and "Ana" not in page


def test_auditors_read_the_journal_and_find_no_buttons(client):
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    activity_id = make.make_activity()
    assert client.get("/office/journal").status_code == 200
    page = client.get(f"/office/activities/{activity_id}")
    assert page.status_code == 200 and 'name="status"' not in page.text
    assert client.post(f"/office/activities/{activity_id}/status", data={"status": "running"}).status_code == 403


def test_the_journal_costs_the_same_number_of_questions_for_1_and_3_entries(office, now, asked):
    numbers = []
    for _ in range(2):
        with acting.through("web", make.make_person()), transaction():
            service.note("rename", "activity", 3, now=now)
            service.note("rename", "activity", 4, now=now)
        asked.clear()
        office.get("/office/journal")
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_the_pages_of_people_and_organisations_tell_their_history(office):
    organisation_id = make.make_organisation("Learning Homes")
    host = make.make_host(organisation_id, "Hanna Host")
    assert (
        "Added an organisation" in office.get(f"/office/organisations/{organisation_id}").text.partition(">History<")[2]
    )
    assert "Gave a role" in office.get(f"/office/people/{host}").text.partition(">History<")[2]
