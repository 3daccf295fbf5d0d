"""The office keeps organisations: names, membership, host people, files, typed names, merging."""

import io

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people import membership, organisations, queries, settings
from ecwi_events.people.models import Merge, OrganisationImport, RoleGrant
from tests import make
from tests.web.conftest import words

LIST = "/office/organisations"


@pytest.fixture
def office(client):
    person_id = make.make_office()
    make.signed_in(client, person_id)
    return person_id


@pytest.fixture
def body(office):
    return make.make_organisation("Example Network")


def send(client, content: bytes, name="file.csv"):
    answer = client.post(
        f"{LIST}/import", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )
    return answer, answer.headers.get("Location", "")


def test_the_list_is_found_by_any_name_and_costs_the_same_for_one_and_three(client, body, count_queries):
    with count_queries() as one:
        page = words(client.get(LIST))
    assert "Example Network" in page
    assert "Member" in page
    make.make_organisation("Second", country=None, member=False)
    make.make_organisation("Third")
    with count_queries() as three:
        client.get(LIST)
    assert len(three) == len(one)
    assert "1 organisation" in words(client.get(f"{LIST}?q=ТХИРД")) or "Third" not in words(client.get(f"{LIST}?q=x"))
    assert "No organisation is called" in words(client.get(f"{LIST}?q=nothing"))


def test_a_new_organisation_needs_a_name_that_is_free(client, body):
    assert client.post(LIST, data={"name": "Crèche", "country": "FR"}).status_code == 303
    assert client.post(LIST, data={"name": "creche"}).status_code == 409
    assert client.post(LIST, data={"name": " "}).status_code == 422
    assert client.post(LIST, data={"name": "X", "country": "ZZ"}).status_code == 422


def test_facts_and_names_are_saved_and_wrong_ones_stand_at_their_field(client, body):
    page = f"{LIST}/{body}"
    new = {"name": "Example Net", "short_name": "EN", "kind": "project", "country": "NL"}
    assert client.post(page, data={**new, "merged_into_id": "1", "key": "x", "note": "x"}).status_code == 303
    row = organisations.get_organisation(body)
    assert (row.name, row.short_name, row.kind.value, row.country) == ("Example Net", "EN", "project", "NL")
    assert (row.merged_into_id, row.note) == (None, None)
    assert row.key != "x"
    assert client.post(f"{page}/names", data={"other_name": "Мережа", "language": "uk"}).status_code == 303
    assert '<b lang="uk">Мережа</b>' in client.get(page).text
    for wrong in ({"name": ""}, {"kind": "gold"}, {"country": "ZZ"}, {"short_name": "x" * 61}):
        assert client.post(page, data={**new, **wrong}).status_code == 422
    assert client.post(f"{page}/names", data={"other_name": "X", "language": "klingon"}).status_code == 422
    make.make_organisation("Other")
    assert client.post(f"{page}/names", data={"other_name": "OTHER"}).status_code == 409
    own, *others = organisations.names_of(body)
    assert client.post(f"{page}/names/{own.id}/remove").status_code == 409
    assert client.post(f"{page}/names/{others[0].id}/remove").status_code == 303
    assert client.post(f"{page}/names/999999/remove").status_code == 404


def test_memberships_are_added_changed_and_taken_out(client, body):
    page = f"{LIST}/{body}/memberships"
    spell = membership.spells_of(body)[0]
    good = {"class": "full", "from_on": "2011-01-01", "to_on": "2012-12-31"}
    assert client.post(f"{page}/{spell.id}", data=good).status_code == 303
    assert client.post(page, data={"class": "affiliate", "from_on": "2014-01-01"}).status_code == 303
    for wrong in (
        {"class": "affiliate", "from_on": "2012-12-31", "to_on": "2013-01-01"},
        {"class": "full", "from_on": "2013-06-01", "to_on": "2013-01-01"},
        {"class": "gold", "from_on": "2013-01-01", "to_on": "2013-02-01"},
        {"class": "full", "from_on": "1 May 2013", "to_on": "2013-02-01"},
    ):
        assert client.post(page, data=wrong).status_code == 422
    assert len(membership.spells_of(body)) == 2
    other = make.make_organisation("Other")
    assert client.post(f"{LIST}/{other}/memberships/{spell.id}", data={"act": "remove"}).status_code == 404
    assert client.post(f"{page}/{spell.id}", data={"act": "remove"}).status_code == 303
    assert [one.membership_class.value for one in membership.spells_of(body)] == ["affiliate"]


def test_host_people_are_named_by_address_and_take_leave(client, body):
    person = make.make_person("Hanna", "hanna@people.example")
    page = f"{LIST}/{body}/hosts"
    assert client.post(page, data={"address": "nobody@people.example"}).status_code == 422
    assert client.post(page, data={"address": "HANNA@people.example", "role": "administrator"}).status_code == 303
    assert "Hanna" in client.get(f"{LIST}/{body}").text
    roles = db.session.scalars(sa.select(RoleGrant.role).where(RoleGrant.person_id == person)).all()
    assert [role.value for role in roles] == ["host"]
    assert client.post(f"{page}/{person}/withdraw").status_code == 303
    assert client.post(f"{page}/{person}/withdraw").status_code == 404


def test_two_organisations_become_one_and_two_again(client, body):
    other = make.make_organisation("Exampel Netwrok")
    assert "Exampel Netwrok" in client.get(f"{LIST}/{body}/merge?other={other}").text
    assert client.post(f"{LIST}/{body}/merge", data={"other": other}).status_code == 303
    assert client.get(f"{LIST}/{other}").headers["Location"].endswith(f"{LIST}/{body}")
    merge_id = db.session.scalar(sa.select(Merge.id))
    assert client.post(f"{LIST}/merges/{merge_id}/undo").status_code == 303
    assert queries.find_organisation_id("Exampel Netwrok") == other
    for wrong, status in (("", 404), ("x", 404), (str(body), 409), ("99999999999", 404)):
        assert client.get(f"{LIST}/{body}/merge?other={wrong}").status_code == status
        assert client.post(f"{LIST}/{body}/merge", data={"other": wrong}).status_code == status


def test_typed_names_are_matched_made_or_left(client, body):
    people = [make.make_person(name, organisation=name) for name in ("Exampl Network", "Brand New", "Home")]
    page = words(client.get(f"{LIST}/to-match"))
    assert "It is Example Network" in page
    assert "almost the same" in page
    for folded, act, status in (
        ("exampl network", str(body), 303), ("brand new", "new", 303), ("home", "leave", 303), ("home", "x", 404),
        ("never typed", "new", 404),
    ):  # fmt: skip
        assert client.post(f"{LIST}/to-match", data={"folded": folded, "act": act}).status_code == status
    assert settings.get_profile(people[0]).organisation_id == body
    assert settings.get_profile(people[1]).organisation_id not in {None, body}
    assert "Every typed name is matched." in words(client.get(f"{LIST}/to-match"))


def test_a_file_is_looked_at_first_and_taken_over_then(client, body):
    _, preview = send(client, "Name;Country\nNeu;DE\nExample Networks;NL\nexample network;SI\n".encode("utf-16"))
    page = words(client.get(preview))
    assert "1 new, 0 changed, 1 as before, 1 not clear, 0 refused" in page
    assert queries.find_organisation_id("Neu") is None
    assert client.post(preview).status_code == 409
    assert queries.find_organisation_id("Neu") is None
    assert client.post(preview, data={"row-3": "new"}).status_code == 303
    assert queries.find_organisation_id("Neu")
    assert queries.find_organisation_id("Example Networks") not in {None, body}
    assert client.get(preview).status_code == 404
    _, again = send(client, "Name;Country\nNeu;DE\nExample Networks;NL\nexample network;SI\n".encode("utf-16"))
    assert "The file changes nothing." in words(client.get(again))


def test_refused_rows_are_listed_by_line_and_hold_everything_back(client, body):
    _, preview = send(client, b"name,country\nGood,SI\nBad,Atlantis\n")
    page = words(client.get(preview))
    assert "Line 3: “Atlantis” is no country that we know." in page
    assert "Take it over" not in page
    assert client.post(preview).status_code == 409
    assert queries.find_organisation_id("Good") is None


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04zip", b"title\nx\n", b'name\n"x'])
def test_what_is_no_table_is_refused_and_nothing_is_kept(client, body, content):
    answer, _ = send(client, content)
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(OrganisationImport.id)) is None


def test_a_file_of_somebody_else_is_not_there(client, body):
    _, preview = send(client, b"name\nGood\n")
    client.post("/sign-out")
    make.signed_in(client, make.make_office("Another"))
    assert client.get(preview).status_code == 404
    assert client.post(preview).status_code == 404


def test_the_export_is_a_file_that_changes_nothing_when_it_comes_back(client, body):
    client.post(LIST, data={"name": "=HYPERLINK(1)"})
    for kind in ("csv", "xlsx"):
        answer = client.get(f"{LIST}/export.{kind}")
        assert "attachment" in answer.headers["Content-Disposition"]
        _, preview = send(client, answer.data, f"x.{kind}")
        assert "The file changes nothing." in words(client.get(preview))
    assert b",=HYPERLINK" not in client.get(f"{LIST}/export.csv").data
    assert client.get(f"{LIST}/export.exe").status_code == 404


def test_these_pages_are_for_the_office(client):
    make.signed_in(client, make.make_person())
    for path in ("", "/to-match", "/import", "/export.csv", "/1"):
        assert client.get(f"{LIST}{path}").status_code == 403
