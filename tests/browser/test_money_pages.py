"""The pages of money with what people really paste into a note: accessible, and no wider than the screen."""

import pytest

from ecwi_events.programme import queries_money
from tests import make
from tests.browser.looking import faults, press

pytestmark = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_word_breaks_and_two_versions_stand_beside_each_other(live, page, width):
    activity_id = make.make_activity()
    page.set_viewport_size({"width": width, "height": 900})
    live.sign_in(page, make.make_office())
    money = f"{live.url}/office/activities/{activity_id}/money"
    page.goto(money)
    page.get_by_label("Who pays").select_option("members")
    page.get_by_label("Amount", exact=True).fill("12.50")
    page.get_by_label("Note").fill("x" * 200)
    press(page, page.get_by_role("button", name="Add the amount"))
    assert faults(page) == []
    [line] = queries_money.lines_of(activity_id)
    page.goto(f"{money}/{line.id}")
    page.locator("[name=seen]").evaluate("field => { field.value = 'what somebody else changed' }")
    page.get_by_label("Note").fill("Y" * 200)
    press(page, page.get_by_role("button", name="Save"))
    assert page.get_by_text("Somebody else changed this amount").is_visible()
    assert faults(page) == []
