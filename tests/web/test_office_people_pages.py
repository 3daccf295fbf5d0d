"""The office finds people, merges two records and takes it back."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people import searching
from ecwi_events.people.models import Merge, Person
from tests import make
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person_id = make.make_office()
    make.signed_in(client, person_id)
    return person_id


def test_people_are_found_and_the_page_says_how_many(client, office):
    make.make_person("Олена Коваль", "olena@people.example", organisation="Ліцей")
    page = words(client.get("/office/people?q=koval"))
    assert "1 person" in page
    assert "Олена Коваль" in page
    assert "olena@people.example" in page
    assert "Nobody is called “<bondar>”" in words(client.get("/office/people?q=<bondar>"))


def test_a_page_shows_twenty(client, office):
    for number in range(25):
        make.make_person(f"Person {number:02}")
    page = client.get("/office/people?q=person").text
    assert page.count("/office/people/") >= 20
    assert "Page 1 of 2" in words(client.get("/office/people?q=person"))
    for odd in ("0", "-1", "x", "99999999999999", "9"):
        assert client.get(f"/office/people?q=person&page={odd}").status_code == 200


@pytest.mark.parametrize("path", ["/office/people?q=person", "/office/people/duplicates"])
def test_one_person_costs_as_many_queries_as_three(client, office, count_queries, path):
    make.make_person("Person Same")
    with count_queries() as one:
        client.get(path)
    for _ in range(3):
        make.make_person("Person Same")
    client.get(path)
    with count_queries() as three:
        client.get(path)
    assert len(three) <= len(one) + (1 if "duplicates" in path else 0)


def test_two_records_become_one_and_two_again(client, office):
    one, other = (
        make.make_person("Olena Koval", "a@people.example"),
        make.make_person("Olena Koval", "b@people.example"),
    )
    make.sign_up(make.make_activity("Both"), address="b@people.example")
    page = client.get("/office/people/duplicates").text
    assert f"/office/people/{one}/merge/{other}" in page
    preview = words(client.get(f"/office/people/{one}/merge/{other}"))
    assert "1 email address." in preview
    assert "Both: moves (confirmed)" in preview
    assert db.session.get(Person, other).merged_into_id is None
    assert client.post(f"/office/people/{one}/merge/{other}").headers["Location"].endswith(f"/office/people/{one}")
    assert client.get(f"/office/people/{other}").headers["Location"].endswith(f"/office/people/{one}")
    page = words(client.get(f"/office/people/{one}"))
    assert "b@people.example" in page
    assert "Undo" in page
    merge_id = db.session.scalar(sa.select(Merge.id))
    assert client.post(f"/office/people/merges/{merge_id}/undo").status_code == 303
    assert [person.address for person in searching.search_people("koval").people] == [
        "a@people.example",
        "b@people.example",
    ]
    assert client.post(f"/office/people/merges/{merge_id}/undo").status_code == 409


def test_missing_records_and_wrong_pairs_are_refused(client, office):
    one = make.make_person()
    for path in ("/office/people/999999", f"/office/people/{one}/merge/999999"):
        assert client.get(path).status_code == 404
    assert client.get(f"/office/people/{one}/merge/{one}").status_code == 409
    assert client.post(f"/office/people/{one}/merge/{one}").status_code == 409
    assert client.post("/office/people/merges/999999/undo").status_code == 404


def test_the_record_of_an_administrator_is_not_merged_by_the_office(client, office):
    from ecwi_events.kernel.db import transaction
    from ecwi_events.people import service as people
    from ecwi_events.people.models import Role

    boss, one = make.make_person("Boss"), make.make_person("Boss")
    with transaction():
        people.grant_role(boss, Role.ADMINISTRATOR, now=make.NOW)
    assert client.post(f"/office/people/{one}/merge/{boss}").status_code == 409
    assert client.post(f"/office/people/{office}/merge/{boss}").status_code == 409


def test_members_find_nobody(client):
    make.signed_in(client, make.make_person())
    assert client.get("/office/people?q=a").status_code == 403
