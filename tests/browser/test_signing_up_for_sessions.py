"""A teacher with an old phone: from the programme to the meeting, without JavaScript and with it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance.models import Evidence, Source
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import questions, service
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.queries import token_of
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from tests import make
from tests.browser.looking import faults, press

MEETING = "https://meet.example/room-7"
THREE = [
    make.make_session("Begin"),
    make.make_session("Go on", starts_local="2027-02-16 14:00"),
    make.make_session("End", starts_local="2027-03-30 14:00"),
]


def make_series() -> None:
    activity = make.make_activity(sessions=THREE, capacity=1)
    language = NewQuestion(
        QuestionKind.CHOICE, "Which language?", "For small groups", "English\nRussian", is_required=True
    )
    with transaction() as session:
        service.set_terms(activity, Terms(by="session"), now=make.NOW)
        questions.add_question(activity, language, now=make.NOW)
        session.execute(sa.update(ActivitySession).values(meeting_url=MEETING))
    last = db.session.scalar(sa.select(sa.func.max(ActivitySession.id)))
    with transaction():
        faster = service.SignUp(activity, "Faster Person", "faster@people.example", session_ids=[last])
        service.sign_up(faster, now=make.NOW)


def personal_link() -> str:
    db.session.rollback()
    row = db.session.scalars(sa.select(Registration).order_by(Registration.id.desc())).first()
    return f"/m/{token_of(row.uid, row.link_version)}"


def places() -> list[Place]:
    db.session.rollback()
    mine = sa.select(Registration.place).where(
        Registration.person_id == sa.select(sa.func.max(Registration.person_id)).scalar_subquery()
    )
    return list(db.session.scalars(mine.order_by(Registration.session_id)))


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_from_the_programme_to_the_meeting_on_a_phone(live, open_page, the_clock, script):
    make_series()
    page = open_page(width=390, height=800, java_script_enabled=script, timezone_id="Europe/Kyiv")
    found = []

    def look(where):
        found.extend(faults(page, where) if script else [])  # axe needs the script

    page.goto(live.url)
    press(page, page.get_by_role("link", name="Learning communities that last"))
    press(page, page.get_by_role("button", name="Sign up for the chosen sessions"))
    assert page.get_by_role("alert").inner_text().startswith("There is a problem")
    look("errors")
    page.get_by_label("Your full name").fill("Olena Koval")
    page.get_by_label("Email address").fill("olena@people.example")
    page.get_by_label("Which language?").select_option("Russian")
    page.get_by_label("Go on").uncheck()
    press(page, page.get_by_role("button", name="Sign up for the chosen sessions"))
    assert page.locator("h1").inner_text() == "You are signed up, Olena"
    assert "End: you are number 1 on the waiting list." in page.locator("main").inner_text()
    assert places() == [Place.CONFIRMED, Place.WAITING]
    look("greeting")

    page.goto(live.url + personal_link())
    page.get_by_text("Change my sessions", exact=True).click()
    page.get_by_label("Go on").check()
    press(page, page.get_by_role("button", name="Save my sessions"))
    page.get_by_text("Your sessions are saved.").wait_for()
    assert places() == [Place.CONFIRMED, Place.CONFIRMED, Place.WAITING]
    page.get_by_text("My answers", exact=True).click()
    look("personal page")
    press(page, page.get_by_role("button", name="Withdraw from Go on"))
    page.get_by_role("button", name="Undo").wait_for()
    press(page, page.get_by_role("button", name="Undo"))
    page.get_by_role("button", name="Withdraw from Go on").wait_for()
    assert places() == [Place.CONFIRMED, Place.CONFIRMED, Place.WAITING]

    press(page, page.get_by_role("link", name="My joining link"))
    joining = page.url
    assert (
        "starts in 59 days" in page.locator("h1").inner_text() and page.get_by_role("button", name="Join").count() == 0
    )
    look("long before")
    the_clock.now = db.session.scalar(sa.select(sa.func.min(ActivitySession.starts_at))) - timedelta(minutes=10)
    page.goto(joining)
    look("just before")
    with page.expect_request(MEETING):  # the browser sets out for it: its rule for forms lets it go there
        page.get_by_role("button", name="Join the session").click(no_wait_after=True)
    db.session.rollback()
    assert [row.source for row in db.session.scalars(sa.select(Evidence))] == [Source.JOINING_LINK]
    assert found == []
