"""The pages of people and organisations: accessible on a phone and on a desk, and usable without JavaScript."""

import io

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import addresses, file_imports
from ecwi_events.people.models import AddressProof
from tests import make
from tests.browser.looking import faults, press

pytestmark = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)


@pytest.fixture
def pages(app):
    """One of everything, and the addresses of the pages that show it."""
    body = make.make_organisation("Hosting House")
    other = make.make_organisation("Пример: очень длинное название организации, " * 3)
    make.make_host(body)
    office = make.make_office()
    one = make.make_person("Олена Коваль", "olena@people.example", organisation="Hosting House")
    two = make.make_person(
        "Olena Koval", "o.koval@a-very-long-domain-of-a-university.example", organisation="Hosting House"
    )
    make.make_person("Anna", organisation="Hosting Huose")
    make.make_person("Bert", organisation="Somewhere else")
    make.sign_up(make.make_activity("Both", host_id=body, capacity=2), address="olena@people.example")
    make.sign_up(make.make_activity("Other", host_id=body), address="olena@people.example")
    with transaction():
        addresses.ask_for_proof(one, "new@people.example", now=make.NOW)
        kept = file_imports.keep_file(
            "organisations.csv", "name,country\nNew,SI\nHosting Housse,SI\nBad,Atlantis\nhosting house,\n".encode("utf-16"),
            by_person_id=office, now=make.NOW,
        )  # fmt: skip
    proof = addresses.token_of(db.session.scalar(sa.select(AddressProof.id)))
    mine = ["/me", "/me/settings", f"/me/addresses/prove/{proof}", "/me/addresses/prove/too-old"]
    theirs = [
        "/office/people", "/office/people?q=koval", "/office/people?q=nobody", f"/office/people?q=koval&beside={one}",
        "/office/people/duplicates", f"/office/people/{one}", f"/office/people/{one}/merge/{two}",
        "/office/organisations", "/office/organisations?q=nothing", f"/office/organisations/{body}",
        f"/office/organisations/{body}/merge?other={other}", "/office/organisations/to-match",
        "/office/organisations/import", f"/office/organisations/import/{kept}",
    ]  # fmt: skip
    return one, mine, office, theirs


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("light", 1280), ("dark", 390), ("dark", 1280)])
def test_every_page_is_accessible_and_scrolls_not_sideways(live, open_page, pages, scheme, width):
    person, mine, office, theirs = pages
    found = []
    for who, paths in ((person, mine), (office, theirs)):
        page = open_page(width=width, color_scheme=scheme)
        live.sign_in(page, who)
        for path in paths:
            page.goto(live.url + path)
            found += faults(page, path)
    assert found == []


@pytest.mark.parametrize("width", [320, 1280])
def test_settings_are_saved_without_javascript(live, open_page, pages, width):
    person, *_ = pages
    page = open_page(width=width, java_script_enabled=False)
    live.sign_in(page, person)
    page.goto(f"{live.url}/me/settings")
    page.get_by_label("Your full name").fill("")
    press(page, page.get_by_role("button", name="Save"))
    assert page.get_by_role("alert").get_by_role("link", name="Enter your full name").count() == 1
    page.get_by_label("Your full name").fill("Olena Shevchenko")
    page.get_by_label("Remind me before each session").uncheck()
    press(page, page.get_by_role("button", name="Save"))
    assert page.get_by_role("status").inner_text() == "Your settings are saved."
    assert not page.get_by_label("Remind me before each session").is_checked()


def test_the_office_merges_two_records_and_undoes_it_without_javascript(live, open_page, pages):
    _, _, office, _ = pages
    page = open_page(width=390, java_script_enabled=False)
    live.sign_in(page, office)
    page.goto(f"{live.url}/office/people/duplicates")
    page.get_by_role("link", name="Compare").first.click()
    press(page, page.get_by_role("button", name="Merge the records"))
    assert "one now" in page.get_by_role("status").inner_text()
    press(page, page.get_by_role("button", name="Undo"))
    assert "The merge is undone." in page.get_by_role("status").first.inner_text()


def test_a_file_is_taken_over_without_javascript(live, open_page, pages, tmp_path):
    *_, office, _ = pages
    file = tmp_path / "organisations.csv"
    file.write_bytes(io.BytesIO(b"name;country\nNew House;SI\nHosting Housse;NL\n").getvalue())
    page = open_page(width=390, java_script_enabled=False)
    live.sign_in(page, office)
    page.goto(f"{live.url}/office/organisations/import")
    page.get_by_label("File").set_input_files(file)
    press(page, page.get_by_role("button", name="Show what it would change"))
    page.get_by_label("What is it?").select_option("It is Hosting House")
    press(page, page.get_by_role("button", name="Take it over"))
    assert "1 new rows, 1 changed" in page.get_by_role("status").first.inner_text()
