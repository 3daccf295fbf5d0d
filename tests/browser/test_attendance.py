"""A host marks people: by key, by pointer, from the search, with the network gone, and without JavaScript."""

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import queries
from ecwi_events.kernel.db import db
from ecwi_events.programme.models import ActivitySession
from tests import make
from tests.browser.looking import press

NAMES = ("Ana Novák", "Boris Horvat", "Olena Koval", "Олена Коваль", "Zoe Žagar")


@pytest.fixture
def sheet(live, open_page):
    """Return a function that opens the attendance of a session with five people."""
    organisation = make.make_organisation("Hosting House")
    host = make.make_host(organisation, "Halyna Host")
    activity = make.make_activity(host_id=organisation)
    for name in NAMES:
        make.sign_up(activity, name)
    session_id = db.session.scalar(sa.select(ActivitySession.id))

    def new(**wishes):
        page = open_page(**wishes)
        live.sign_in(page, host)
        page.goto(f"{live.url}/host/sessions/{session_id}/attendance")
        return page

    new.session_id = session_id
    return new


def standing(sheet) -> dict[str, str]:
    db.session.rollback()
    return {row.name: row.verdict.value for row in queries.find_roster(sheet.session_id).rows}


def wait_until_saved(page):
    page.get_by_text("All changes saved").wait_for()


def test_enter_marks_and_moves_on(sheet):
    page = sheet()
    page.get_by_label("Present: Ana Novák", exact=True).focus()
    for _ in NAMES:
        page.keyboard.press("Enter")
    wait_until_saved(page)
    assert page.locator("[data-count=present]").inner_text() == "5"
    assert page.get_by_text("Everyone is marked.").is_visible()
    assert page.evaluate("document.activeElement.id") == "q", "the focus is not lost with the last row"
    assert set(standing(sheet).values()) == {"present"}


def test_arrows_move_and_mark_nobody(sheet):
    page = sheet()
    page.get_by_label("Present: Ana Novák", exact=True).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert set(standing(sheet).values()) == {"unknown"}
    page.get_by_label("Present: Ana Novák", exact=True).focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    wait_until_saved(page)
    assert standing(sheet)["Boris Horvat"] == "absent"


def test_a_click_marks_says_so_and_can_be_undone(sheet):
    page = sheet()
    page.locator("li", has_text="Boris Horvat").get_by_text("Excused").click()
    wait_until_saved(page)
    assert standing(sheet)["Boris Horvat"] == "excused"
    assert page.locator("[data-say]").inner_text() == "Boris Horvat is marked excused."
    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("document.querySelector('[data-say]').textContent === 'Boris Horvat is not marked.'")
    page.wait_for_load_state("networkidle")
    wait_until_saved(page)
    assert standing(sheet)["Boris Horvat"] == "unknown"
    assert page.locator("li", has_text="Boris Horvat").is_visible()


def test_search_in_latin_finds_both_scripts_and_enter_marks_the_first(sheet):
    page = sheet()
    page.get_by_label("Find a person").fill("ol ko")
    assert page.locator(".people > li:visible b").all_inner_texts() == ["Olena Koval", "Олена Коваль"]
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert standing(sheet)["Olena Koval"] == "present"
    assert page.get_by_label("Find a person").input_value() == ""
    page.get_by_label("Find a person").fill("Bondar")
    assert page.get_by_text("Nobody called “Bondar” signed up.").is_visible()


def test_marks_wait_for_the_network(sheet):
    page = sheet()
    page.context.set_offline(True)
    page.locator("li", has_text="Ana Novák").get_by_text("Present").click()
    page.get_by_text("1 change waits for the network").wait_for()
    assert standing(sheet)["Ana Novák"] == "unknown"
    page.context.set_offline(False)
    wait_until_saved(page)
    assert standing(sheet)["Ana Novák"] == "present"


def test_without_javascript_one_button_saves_all(sheet):
    page = sheet(java_script_enabled=False)
    page.locator("li", has_text="Ana Novák").get_by_text("Present").click()
    page.locator("li", has_text="Zoe Žagar").get_by_text("Absent").click()
    press(page, page.get_by_role("button", name="Save"))
    assert page.get_by_text("Saved: 2 changes.").is_visible()
    assert standing(sheet)["Zoe Žagar"] == "absent"
    page.get_by_label("Find a person").fill("koval")
    press(page, page.get_by_role("button", name="Find"))
    assert page.locator(".people > li:visible b").all_inner_texts() == ["Olena Koval", "Олена Коваль"]
    page.get_by_label("Full name").fill("Vera Visitor")
    press(page, page.get_by_role("button", name="Add this person as present"))
    assert page.get_by_text("Vera Visitor is marked present.").is_visible()
    assert standing(sheet)["Vera Visitor"] == "present"
