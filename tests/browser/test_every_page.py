"""Every page, in light and dark, on a phone and on a desk: accessible, no sideways scroll, nothing from elsewhere."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import signing_in
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus
from ecwi_events.registration import queries
from tests import make
from tests.browser.looking import faults, press

pytestmark = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)

LOOKS = [("light", 390), ("light", 1280), ("dark", 390), ("dark", 1280)]
SERIES = [make.make_session("Begin"), make.make_session("Go on", starts_local="2027-03-30 14:00")]


def link(registration_id) -> str:
    return f"/m/{queries.find_sign_up(registration_id).token}"


@pytest.fixture
def world(app):
    """One of everything, and the addresses of the pages that show it."""
    house = make.make_organisation("Hosting House")
    open_one = make.make_activity(host_id=house, sessions=SERIES, capacity=80)
    full = make.make_activity("Full house", host_id=house, capacity=1)
    make.make_activity("Long ago", sessions=[make.make_session(starts_local="2026-03-03 10:00")])
    make.make_activity("Moved", status=ActivityStatus.POSTPONED)
    cancelled = make.make_activity("Called off")
    draft = make.make_activity("Draft", status=ActivityStatus.DRAFT, sessions=[])
    mine, place, waits, gone = (
        make.sign_up(open_one, organisation="Hosting House"), make.sign_up(full), make.sign_up(full, "Wanda Waits"),
        make.sign_up(open_one, "Gone Person"),
    )  # fmt: skip
    make.withdraw(gone.registration_id)
    with transaction() as session:
        session.execute(sa.update(Activity).where(Activity.id == cancelled).values(status="cancelled"))
    with transaction():
        token = signing_in.issue_sign_in_token(make_person_id(), now=make.NOW)
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    public = ["/", "/?kind=pla", "/past",
              "/a/learning-communities-that-last", "/a/full-house", "/a/long-ago", "/a/moved", "/a/called-off",
              "/sign-in", f"/sign-in/{token}", "/sign-in/too-old", "/time-zone", "/help", "/privacy", "/accessibility",
              "/nothing", "/office", link(mine.registration_id), link(place.registration_id), link(waits.registration_id),
              link(gone.registration_id)]  # fmt: skip
    signed_in = ["/host", f"/host/sessions/{session_id}/attendance", f"/host/sessions/{session_id}/attendance?show=present",
                 f"/host/sessions/{session_id}/attendance?q=nobody&show=all", "/office", "/office/activities/new",
                 f"/office/activities/{open_one}", f"/office/activities/{full}", f"/office/activities/{draft}",
                 f"/host/activities/{full}/people", f"/host/activities/{full}/places", "/library",
                 f"/office/activities/{full}/money", f"/office/activities/{full}/declared",
                 f"/host/activities/{full}/outcomes", f"/host/activities/{full}/resources",
                 f"/host/activities/{open_one}/sessions", f"/host/activities/{open_one}/sessions/new",
                 f"/host/activities/{draft}/components", f"/host/sessions/{session_id}/edit",
                 f"/host/sessions/{session_id}/cancel", f"/office/activities/{open_one}/edit",
                 f"/office/activities/{open_one}/texts", f"/office/activities/{open_one}/texts/uk",
                 "/office?kind=webinar&incomplete=1", "/office/proposals", "/host/proposals",
                 "/host/proposals/new"]  # fmt: skip
    return public, signed_in


def make_person_id() -> int:
    return db.session.scalar(sa.text("SELECT min(id) FROM person"))


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_accessible(live, open_page, world, scheme, width):
    public, signed_in = world
    page = open_page(width=width, color_scheme=scheme)
    found = []
    for path in public:
        page.goto(live.url + path)
        page.wait_for_load_state("networkidle")
        found += faults(page, path)
    live.sign_in(page, make.make_office())
    for path in signed_in:
        page.goto(live.url + path)
        found += faults(page, path)
    assert found == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_states_between_are_accessible(live, open_page, world, scheme, width):
    page = open_page(width=width, color_scheme=scheme)
    page.goto(f"{live.url}/a/learning-communities-that-last")
    press(page, page.get_by_role("button", name="Sign up for 2 sessions"))
    page.get_by_role("alert").wait_for()
    found = faults(page, "errors")
    page.get_by_label("Your full name").fill("Olena Koval")
    page.get_by_label("Email address").fill("new@people.example")
    press(page, page.get_by_role("button", name="Sign up for 2 sessions"))
    page.wait_for_url("**/done")
    found += faults(page, "done")
    page.goto(f"{live.url}/sign-in")
    page.get_by_label("Email address").fill("nobody@people.example")
    press(page, page.get_by_role("button", name="Send me a link"))
    found += faults(page, "link sent")
    live.sign_in(page, make.make_office())
    page.goto(live.url + world[1][1])
    page.locator(".people > li:visible").first.get_by_text("Present").click()
    page.get_by_text("All changes saved").wait_for()
    found += faults(page, "after a mark")
    page.goto(f"{live.url}/office/activities/new")
    press(page, page.get_by_role("button", name="Add a session"))
    press(page, page.get_by_role("button", name="Publish"))
    found += faults(page, "office errors")
    assert found == []


@pytest.mark.parametrize(
    "wishes", [{"width": 320}, {"width": 390, "device_scale_factor": 2}], ids=["320px", "large text"]
)
def test_nothing_scrolls_sideways(live, open_page, world, wishes):
    public, signed_in = world
    page = open_page(**wishes)
    wide = []

    def look(paths):
        for path in paths:
            page.goto(live.url + path)
            if "device_scale_factor" in wishes:
                page.evaluate("document.documentElement.style.fontSize = '200%'")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path)

    look(public)
    live.sign_in(page, make.make_office())
    look(signed_in)
    assert wide == []


def test_pages_ask_no_other_site_and_four_times_at_most(live, open_page, world):
    page = open_page(timezone_id="Europe/Amsterdam")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live.url}/a/learning-communities-that-last")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith(live.url) for url in asked)
    assert len(asked) <= 4
