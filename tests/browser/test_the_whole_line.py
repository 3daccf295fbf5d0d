"""The one flow, in a real browser: from an empty year to a published overview whose figures open to their records."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from ecwi_events.jobs.drain import drain
from tests.browser.looking import press
from tests.make import make_host, make_office, make_organisation

YEAR = 2026
PEOPLE = ["Ana Horvat", "Borys Koval", "Chinara Asanova"]


def create_activity(page, live, host: str) -> None:
    page.goto(f"{live.url}/office/activities/new")
    page.get_by_label("Title", exact=True).fill("Learning communities that last")
    page.get_by_label("Host organisation").select_option(label=host)
    page.get_by_label("Year").fill(str(YEAR))
    page.get_by_label("Places").fill("20")
    for number, day in ((1, f"{YEAR}-12-01"), (2, f"{YEAR}-12-08")):
        row = page.get_by_role("group", name=f"Session {number}", exact=True)
        row.get_by_label(f"Title of session {number}").fill(f"Meeting {number}")
        row.get_by_label("Day").fill(day)
        row.get_by_label("Start").fill("14:00")
        row.get_by_label("Minutes").fill("90")
        row.get_by_label("Time zone").select_option("Europe/Amsterdam")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Learning communities that last")


def sign_up(page, live, name: str, organisation: str) -> None:
    page.goto(live.url)
    page.get_by_role("link", name="Learning communities that last").first.click()
    form = page.locator("form", has=page.get_by_label("Your full name"))
    form.get_by_label("Your full name").fill(name)
    form.get_by_label("Email address").fill(f"{name.split(maxsplit=1)[0].lower()}@people.example")
    form.get_by_label("Organisation").fill(organisation)
    form.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You are signed up, {name.split(maxsplit=1)[0]}")


def mark(page, live, meeting: int, marks: dict[str, str]) -> None:
    page.goto(f"{live.url}/host")
    page.get_by_role("link", name=f"Attendance of Meeting {meeting}").first.click()
    for name, verdict in marks.items():
        page.get_by_role("radiogroup", name=name).get_by_text(verdict).click()
    page.get_by_role("button", name="Save").click()


@pytest.mark.parametrize("script", [False])
def test_from_a_sign_up_to_the_printed_overview(live, open_page, the_clock, app, script):
    member = make_organisation("Example Early Years Network 1 (Slovenia)", country="SI")
    other = make_organisation("Example Centre 2 (Moldova)", country="MD")
    office, host = make_office(), make_host(member)
    assert member != other

    desk = open_page(java_script_enabled=script)
    live.sign_in(desk, office)
    create_activity(desk, live, "Example Early Years Network 1 (Slovenia)")
    desk.goto(f"{live.url}/office/overview/{YEAR}")
    expect(desk.get_by_text(f"There are no figures for {YEAR} yet")).to_be_visible()

    for name, organisation in zip(PEOPLE, ["", "Example Centre 2 (Moldova)", ""], strict=True):
        sign_up(open_page(width=390, height=800, java_script_enabled=script), live, name, organisation)

    the_clock.now = datetime(YEAR, 12, 1, 13, 5, tzinfo=UTC)  # five minutes after the first meeting began
    room = open_page(java_script_enabled=script)
    live.sign_in(room, host)
    mark(room, live, 1, {PEOPLE[0]: "Present", PEOPLE[1]: "Present", PEOPLE[2]: "Excused"})
    expect(room.get_by_text("2 of 3 present")).to_be_visible()
    the_clock.now = datetime(YEAR, 12, 8, 14, 40, tzinfo=UTC)
    live.sign_in(room, host)  # a week later nobody is signed in any more
    mark(room, live, 2, dict.fromkeys(PEOPLE, "Absent"))
    expect(room.get_by_text("0 of 3 present")).to_be_visible()

    the_clock.now = datetime(YEAR, 12, 20, 10, 0, tzinfo=UTC)
    live.sign_in(desk, office)
    desk.goto(f"{live.url}/office/overview/{YEAR}")
    desk.get_by_role("button", name=f"Compile {YEAR}").click()
    expect(desk.get_by_role("progressbar")).to_be_visible()
    assert drain(app, app.extensions["ecwi_settings"]).failed == 0
    desk.reload()
    desk.goto(f"{live.url}/office/overview/{YEAR}")
    press(desk, desk.get_by_role("link", name="Edition 1", exact=True).first)
    review = desk.url

    figures = {
        "plas_supported": ("1", ["Learning communities that last"]),
        "members_involved": ("2", ["Example Early Years Network 1 (Slovenia)", "Example Centre 2 (Moldova)"]),
        "attendances": ("2", ["Ana Horvat", "Borys Koval"]),
        "unique_people": ("2", ["Ana Horvat", "Borys Koval"]),
        "host_countries": ("1", ["Slovenia"]),
    }
    for figure, (printed, records) in figures.items():
        desk.goto(f"{review}/figures/{figure}")
        main = desk.get_by_role("main")
        expect(main.get_by_role("heading", level=1)).to_have_text(re.compile(rf": {printed}$"))
        for record in records:
            expect(main).to_contain_text(record)
        expect(main).not_to_contain_text("Chinara Asanova")

    desk.goto(review)
    desk.get_by_role("button", name="Publish").click()
    expect(desk).to_have_url(f"{live.url}/overview/{YEAR}")
    public = open_page(java_script_enabled=script)
    public.goto(f"{live.url}/overview/{YEAR}")
    expect(public.get_by_role("main")).to_contain_text("Learning communities that last")
    expect(public.get_by_role("main")).to_contain_text("Participants2")
    expect(public.get_by_role("main")).not_to_contain_text("Ana Horvat")
    for output, start in (("pdf", b"%PDF"), ("json", b"{")):
        answer = public.request.get(f"{live.url}/overview/{YEAR}.{output}")
        assert answer.body().startswith(start)
