"""Signing up as people do it: by keyboard, without JavaScript, on the clock of their own city."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import text
from ecwi_events.kernel.db import db
from ecwi_events.registration import queries
from ecwi_events.registration.models import Place, Registration
from tests import make
from tests.browser.looking import press

PATH = "/a/learning-communities-that-last"
SERIES = [make.make_session("Begin"), make.make_session("Go on", starts_local="2027-03-30 14:00")]


def only_registration() -> Registration:
    db.session.rollback()
    return db.session.scalars(sa.select(Registration)).one()


def test_the_whole_way_by_keyboard_from_the_programme_to_withdrawing_and_back(live, open_page):
    make.make_activity(sessions=SERIES, capacity=5)
    page = open_page()
    page.goto(live.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")  # the browser moves there in its own time
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement !== document.body && document.activeElement.id !== 'main'")
    assert page.evaluate("document.activeElement.textContent") == "Filter the list"
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.textContent === 'Learning communities that last'")
    page.locator(":focus").press("Enter")  # waits until the page is ready for it, as a person does
    page.wait_for_url(f"**{PATH}")
    page.get_by_label("Your full name").focus()
    page.keyboard.type("Olena Koval")
    page.keyboard.press("Tab")
    page.keyboard.type("olena@people.example")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Sign up for 2 sessions"
    page.locator(":focus").press("Enter")
    page.wait_for_url("**/done")
    assert page.locator("h1").inner_text() == "You are signed up, Olena"
    assert "Bishkek time (UTC+6)" in page.locator("main").inner_text()

    mine = only_registration()
    assert (mine.place, mine.zone) == (Place.CONFIRMED, "Asia/Bishkek")
    page.goto(f"{live.url}/m/{queries.find_sign_up(mine.id).token}")
    page.get_by_role("button", name="Withdraw from this activity").press("Enter")
    page.get_by_role("heading", name="You no longer have a place").wait_for()
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_role("heading", name="You have a place, Olena").wait_for()
    assert only_registration().place is Place.CONFIRMED


def test_the_whole_way_without_javascript(live, open_page):
    make.make_activity(sessions=SERIES)
    page = open_page(java_script_enabled=False)
    page.goto(live.url)
    press(page, page.get_by_role("link", name="Learning communities that last"))
    assert "Amsterdam time (UTC+1)" in page.locator("#sessions").inner_text()
    press(page, page.get_by_role("link", name="Change time zone"))
    page.get_by_label("City with the same time as yours").select_option("Europe/Kyiv")
    press(page, page.get_by_role("button", name="Show my times"))
    assert page.url == f"{live.url}{PATH}"
    assert "Kyiv time (UTC+2)" in page.locator("#sessions").inner_text()
    page.get_by_label("Your full name").fill("Olena Koval")
    page.get_by_label("Email address").fill("olena@")
    assert page.get_by_label("Your time zone").is_visible()
    press(page, page.get_by_role("button", name="Sign up for 2 sessions"))
    assert page.title().startswith("Error:")
    assert page.get_by_role("alert").inner_text().startswith("There is a problem")
    page.get_by_label("Email address").fill("olena@people.example")
    press(page, page.get_by_role("button", name="Sign up for 2 sessions"))
    assert page.locator("h1").inner_text() == "You are signed up, Olena"
    assert only_registration().zone == "Europe/Kyiv"


def test_after_a_mistake_the_focus_is_on_what_is_wrong(live, open_page):
    make.make_activity()
    page = open_page()
    page.goto(live.url + PATH)
    press(page, page.get_by_role("button", name="Sign up"))
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("link", name="Enter your full name").click()
    assert page.evaluate("document.activeElement.id") == "name"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Bishkek", ["19:00 – 20:30", "18:00 – 19:30", "1 hour earlier for you: clocks change in Europe on 28 March"]),
        ("Asia/Calcutta", ["18:30 – 20:00", "Kolkata time (UTC+5:30)"]),
        ("Europe/Kiev", ["15:00 – 16:30", "Kyiv time (UTC+2)", "14:00 in Amsterdam (UTC+1)"]),
        ("Asia/Katmandu", ["18:45 – 20:15", "Kathmandu time (UTC+5:45)"]),
        ("Europe/Amsterdam", ["14:00 – 15:30", "Amsterdam time (UTC+1)"]),
        ("Pacific/Auckland", ["Wed 20 January 2027, 02:00 – 03:30", "Tue 19 January, 14:00 in Amsterdam (UTC+1)"]),
        ("America/Los_Angeles", ["05:00 – 06:30", "Los Angeles time (UTC-8)"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_a_first_visit_shows_the_browser_s_zone_in_the_server_s_words(live, open_page, zone, shown):
    make.make_activity(sessions=SERIES)
    page = open_page(timezone_id=zone)
    page.goto(live.url + PATH)
    page.wait_for_load_state("networkidle")
    for part in shown:
        assert part in page.locator("#sessions").inner_text()
    again = page.context.new_page()
    again.goto(live.url + PATH)
    assert shown[0] in again.locator("#sessions").inner_text()


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_the_page_does_not_jump_when_times_are_shown_anew(live, open_page):
    make.make_activity(sessions=SERIES)
    page = open_page()
    page.add_init_script(
        "window.moved=0;new PerformanceObserver(l=>{for(const e of l.getEntries())moved+=e.value})"
        ".observe({type:'layout-shift',buffered:true})"
    )
    page.goto(live.url + PATH)
    page.wait_for_load_state("networkidle")
    assert "Bishkek" in page.locator("#sessions").inner_text()
    assert page.evaluate("moved") < 0.02


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_the_script_folds_letters_as_the_server_does(live, open_page):
    page = open_page()
    page.goto(f"{live.url}/help")
    source = page.evaluate("fetch(document.querySelector('script').src).then(r => r.text())")
    fold = source[source.index("function fold") :]
    letters = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёъыэђѓѕјљњћќўџАБВЇЙҐßøđłæœþðıÉŽŚžāčšūőĐŁ"
    assert page.evaluate(f"letters => {{ {fold}; return [...letters].map(fold) }}", letters) == [
        text.fold(letter) for letter in letters
    ]


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_two_quick_clicks_are_one_sign_up(live, open_page):
    make.make_activity()
    page = open_page()
    page.goto(live.url + PATH)
    page.get_by_label("Your full name").fill("Olena Koval")
    page.get_by_label("Email address").fill("olena@people.example")
    page.get_by_role("button", name="Sign up").dblclick()
    page.wait_for_url("**/done")
    assert only_registration().place is Place.CONFIRMED
