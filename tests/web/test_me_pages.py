"""The pages of people who are signed in."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.stopping import Stop
from ecwi_events.people import addresses, settings
from ecwi_events.people.models import AddressProof, Person, RoleGrant
from tests import make
from tests.web.conftest import words

GOOD = {
    "name": "Олена Коваль", "organisation": "Ліцей № 5", "country": "UA", "language": "uk", "zone": "Europe/Kiev",
    "mails-reminders": "1",
}  # fmt: skip


@pytest.fixture
def person(client):
    person_id = make.make_person(address="olena@people.example", zone="Europe/Kyiv")
    make.signed_in(client, person_id)
    return person_id


def test_somebody_without_sign_ups_is_shown_the_way_to_the_programme(client, person):
    assert "You have not signed up for a session yet." in words(client.get("/me"))


def test_next_and_past_sessions_waiting_and_given_up_places_are_told_apart(client, person, the_clock):
    make.sign_up(make.make_activity("To come"), address="olena@people.example")
    full = make.make_activity("Full", capacity=1)
    make.sign_up(full)
    make.sign_up(full, address="olena@people.example")
    given_up = make.sign_up(make.make_activity("Given up"), address="olena@people.example")
    make.withdraw(given_up.registration_id)
    page = words(client.get("/me"))
    assert "You have a place" in page
    assert "In the waiting list" in page
    assert "Given up" in page.split("You gave up your place")[1]
    the_clock.now = make.NOW + make.days(10)
    assert "Next" in page


def test_one_sign_up_costs_as_many_queries_as_three(client, person, count_queries):
    make.sign_up(make.make_activity("First"), address="olena@people.example")
    with count_queries() as one:
        client.get("/me")
    for title in ("Second", "Third"):
        make.sign_up(make.make_activity(title), address="olena@people.example")
    with count_queries() as three:
        client.get("/me")
    assert len(three) == len(one) <= 4


def test_settings_are_shown_and_saved(client, person):
    assert 'value="Olena Koval"' in client.get("/me/settings").text
    assert client.post("/me/settings", data=GOOD).status_code == 303
    profile = settings.get_profile(person)
    assert (profile.name, profile.organisation, profile.zone) == ("Олена Коваль", "Ліцей № 5", "Europe/Kyiv")
    page = client.get("/me/settings").text
    assert '<option value="Europe/Kyiv" selected>' in page
    assert "Your settings are saved." in page


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(client, person):
    answer = client.post("/me/settings", data={**GOOD, "name": "www.spam.example", "zone": "Mars", "country": "ZZ"})
    assert answer.status_code == 422
    assert "Enter your name without a web address" in answer.text
    assert "Choose a city from the list" in answer.text
    assert 'value="www.spam.example"' in answer.text
    assert settings.get_profile(person).name == "Olena Koval"


def test_markup_in_a_name_is_shown_as_text(client, person):
    client.post("/me/settings", data={**GOOD, "name": "<script>alert(1)</script>", "organisation": "{{ 7*7 }}<b>"})
    for path in ("/me/settings", "/me", "/"):
        assert "<script>alert" not in client.get(path).text


def test_fields_that_are_not_listed_change_nothing(client, person):
    make.make_organisation("Hers not")
    more = {
        "organisation_id": "1", "role": "administrator", "roles": "office", "person_id": "1", "merged_into_id": "1",
        "disabled_at": "2026-01-01", "is_primary": "1", "id": "7", "created_at": "2020-01-01", "folded": "x",
    }  # fmt: skip
    assert client.post("/me/settings", data={**GOOD, **more}).status_code == 303
    assert client.post("/me/settings", json={**GOOD, **more}).status_code == 422
    row = db.session.get(Person, person)
    assert (row.organisation_id, row.merged_into_id, row.disabled_at, row.folded) == (None, None, None, "olena koval")
    assert db.session.scalar(sa.select(RoleGrant.id)) is None


def test_adding_an_address_says_the_same_for_free_and_taken_ones_and_a_button_proves_it(client, person):
    make.make_person("Other", "other@people.example")
    said = []
    for address in ("free@people.example", "other@people.example"):
        assert client.post("/me/addresses", data={"address": address}).status_code == 303
        said.append(words(client.get("/me/settings")).replace(address, "…").split("We sent a mail to")[1][:80])
    assert said[0] == said[1]
    free, taken = (
        addresses.token_of(row) for row in db.session.scalars(sa.select(AddressProof.id).order_by(AddressProof.id))
    )
    for _ in range(2):
        page = client.get(f"/me/addresses/prove/{free}")
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "free@people.example" in page.text
    assert len(addresses.addresses_of(person)) == 1, "looking spends nothing"
    assert client.get(f"/me/addresses/prove/{taken}").status_code == 410
    assert client.post(f"/me/addresses/prove/{taken}").status_code == 410
    assert client.post(f"/me/addresses/prove/{free}").status_code == 303
    assert [one.address for one in addresses.addresses_of(person)] == ["olena@people.example", "free@people.example"]
    assert client.post(f"/me/addresses/prove/{free}").status_code == 410


def test_the_link_works_in_another_browser_too(app, client, person):
    client.post("/me/addresses", data={"address": "free@people.example"})
    token = addresses.token_of(db.session.scalar(sa.select(AddressProof.id)))
    client.post("/sign-out")
    assert "The address is added" in client.post(f"/me/addresses/prove/{token}").text


def test_bad_addresses_and_those_of_others_are_refused(client, person):
    assert client.post("/me/addresses", data={"address": "nobody"}).status_code == 422
    other = make.make_person("Other", "other@people.example")
    theirs = addresses.addresses_of(other)[0].id
    for act in ("primary", "remove"):
        assert client.post(f"/me/addresses/{theirs}/{act}").status_code == 404
        assert client.post(f"/me/addresses/999999/{act}").status_code == 404
    own = addresses.addresses_of(person)[0].id
    assert client.post(f"/me/addresses/{own}/remove").status_code == 409


def test_a_second_address_becomes_the_primary_one_and_the_first_goes(client, person):
    client.post("/me/addresses", data={"address": "free@people.example"})
    client.post(f"/me/addresses/prove/{addresses.token_of(db.session.scalar(sa.select(AddressProof.id)))}")
    first, second = addresses.addresses_of(person)
    assert client.post(f"/me/addresses/{second.id}/primary").status_code == 303
    assert client.post(f"/me/addresses/{first.id}/remove").status_code == 303
    assert [one.address for one in addresses.addresses_of(person)] == ["free@people.example"]


def test_these_pages_are_for_people_who_are_signed_in(client):
    for path in ("/me", "/me/settings"):
        assert client.get(path).status_code == 403
    assert client.post("/me/settings", data=GOOD).status_code == 403
    assert client.post("/me/addresses", data={"address": "a@people.example"}).status_code == 403


def test_who_waits_for_the_host_has_not_given_anything_up(client, person):
    from ecwi_events.registration import service
    from ecwi_events.registration.rules import Terms

    activity = make.make_activity("By the word of the host")
    with transaction():
        service.set_terms(activity, Terms(needs_approval=True), now=make.NOW)
    make.sign_up(activity, address="olena@people.example")
    page = words(client.get("/me"))
    assert "The host has not answered yet" in page
    assert "You gave up your place" not in page and "You have a place" not in page


def test_messages_that_were_stopped_are_listed_and_started_again(client, person, count_queries):
    assert "Messages that you stopped" not in client.get("/me/settings").text
    somebody_else = make.make_person("Rosa Quispe")
    first, other = make.make_activity("Play is how children learn"), make.make_activity("Stories <b>")
    with transaction():
        stopping.stop(Stop(person, Topic.MESSAGES, first), now=make.NOW)
        stopping.stop(Stop(somebody_else, Topic.MESSAGES, other), now=make.NOW)
    with count_queries() as one:
        page = client.get("/me/settings")
    assert "Play is how children learn" in page.text and "Stories" not in page.text
    with transaction():
        stopping.stop(Stop(person, Topic.MESSAGES, other), now=make.NOW)
    with count_queries() as two:
        page = client.get("/me/settings")
    assert len(one) == len(two) and "Stories &lt;b&gt;" in page.text
    token = stopping.token_of(Stop(person, Topic.MESSAGES, first))
    assert f'action="/u/{token}"' in page.text
    assert "You get messages from organisers again" in words(client.post(f"/u/{token}", data={"act": "start"}))
    assert stopping.stopped_activities(person) == [other]
    with transaction():
        stopping.stop(Stop(person, Topic.MESSAGES), now=make.NOW)
    assert "Messages that you stopped" not in client.get("/me/settings").text, "a button there would change nothing"
