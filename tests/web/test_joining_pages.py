"""The personal joining link, from days before the session until after its end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance.models import Evidence, Presence, Source
from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import Activity, ActivitySession, Format, SessionStatus
from ecwi_events.registration import joining, queries
from ecwi_events.registration.models import Place, Registration
from tests import make
from tests.web.conftest import words

MEETING = "https://meet.example/room-7?pwd=secret"
TWO = [make.make_session("Begin"), make.make_session("Go on", starts_local="2027-03-30 14:00")]


def link_of(registration_id) -> str:
    row = db.session.get_one(Registration, registration_id)
    db.session.rollback()
    return f"/j/{joining.token_of(row.id, row.uid, row.link_version)}"


def make_joinable(**wishes) -> int:
    activity = make.make_activity(**wishes)
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(meeting_url=MEETING))
    return activity


def at(minutes_before: float):
    starts_at = db.session.scalar(sa.select(sa.func.min(ActivitySession.starts_at)))
    return starts_at - timedelta(minutes=minutes_before)


def evidence() -> list[Evidence]:
    found = db.session.scalars(sa.select(Evidence)).all()
    db.session.rollback()
    return found


@pytest.fixture
def olena(app):
    """Somebody with a place in an activity of one session, and her link."""
    return link_of(make.sign_up(make_joinable(capacity=1), "Olena Koval").registration_id)


def test_long_before_there_is_the_day_and_no_button(client, olena):
    page = words(client.get(olena))
    assert "Your session starts in 59 days" in page or "Your session starts <span" in page
    assert "Tue 19 January 2027" in page and "15:00 – 16:30" in page and "Kyiv time (UTC+2)" in page
    assert "from 15 minutes before the start: at <b>14:45 on Tue 19 January 2027</b>" in page
    assert "/a/learning-communities-that-last.ics" in page and "calendar.google.com" in page
    assert "Join the session" not in page


@pytest.mark.parametrize(
    ("minutes_before", "heading", "has_button"),
    [
        (60 * 25, "Your session is tomorrow", False),
        (90, "in 1 hour 30 minutes", False),
        (15.1, "in 15 minutes", False),
        (15, "in 15 minutes", True),
        (0.5, "Your session starts now", True),
        (0, "Your session is on now", True),
        (-89, "Your session is on now", True),
        (-90, "This session is over", False),
    ],
)
def test_the_button_is_there_from_15_minutes_before_until_the_end(
    client, the_clock, olena, minutes_before, heading, has_button
):
    the_clock.now = at(minutes_before)
    page = words(client.get(olena))
    assert heading in page
    assert ("Join the session</button>" in page) is has_button
    assert client.post(olena).status_code == (303 if has_button else 409)


def test_the_button_leads_to_the_meeting_whose_address_no_page_tells(client, the_clock, olena):
    the_clock.now = at(5)
    page = client.get(olena)
    assert "meet.example" not in page.text
    answer = client.post(olena)
    assert (answer.status_code, answer.location) == (303, MEETING)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    for one in (page, answer):  # browsers hold the redirect against the rule of the page with the form
        assert "form-action 'self' https:;" in one.headers["Content-Security-Policy"]


def test_a_page_without_the_button_lets_no_form_lead_elsewhere(client, olena):
    assert "form-action 'self';" in client.get(olena).headers["Content-Security-Policy"]


def test_joining_is_weak_evidence_and_makes_nobody_present(client, the_clock, olena):
    the_clock.now = at(5)
    for _ in range(3):
        client.post(olena)
        the_clock.now += timedelta(minutes=1)
    (row,) = evidence()
    assert (row.source, row.mark, row.joined_at) == (Source.JOINING_LINK, None, at(5))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Presence)) == 0


def test_looking_at_the_page_changes_nothing(client, the_clock, olena):
    before = db.session.scalar(sa.select(sa.func.count()).select_from(JournalEntry))
    for minutes in (600, 5, -30, -600):
        the_clock.now = at(minutes)
        for ask in (client.get, client.head):
            assert ask(olena, headers={"User-Agent": "Scanner"}).status_code == 200
    assert evidence() == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(JournalEntry)) == before


def test_who_waits_or_withdrew_does_not_come_in(client, the_clock):
    activity = make_joinable(capacity=1)
    place, waits = make.sign_up(activity), make.sign_up(activity, "Wanda Waits")
    first, second = link_of(place.registration_id), link_of(waits.registration_id)
    the_clock.now = at(5)
    assert "You do not have a place yet" in words(client.get(second))
    assert client.post(second).status_code == 409
    with transaction() as session:
        session.execute(
            sa.update(Registration).where(Registration.id == place.registration_id).values(place=Place.WITHDRAWN)
        )
    page = client.get(first)
    assert "You no longer have a place" in words(page) and "Join the session" not in page.text
    answer = client.post(first)
    assert answer.status_code == 409 and "meet.example" not in answer.text + str(answer.headers)
    assert evidence() == []


@pytest.mark.parametrize(
    ("change", "heading"),
    [
        (sa.update(Activity).values(status="cancelled"), "This activity is cancelled"),
        (sa.update(Activity).values(status="postponed"), "This activity is postponed"),
        (sa.update(ActivitySession).values(status=SessionStatus.CANCELLED), "This session is cancelled"),
    ],
)
def test_what_does_not_take_place_says_so(client, the_clock, olena, change, heading):
    with transaction() as session:
        session.execute(change)
    the_clock.now = at(5)
    assert heading in words(client.get(olena))
    assert client.post(olena).status_code == 409


def test_a_session_that_was_moved_shows_its_new_time(client, the_clock, olena):
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(schedule_revision=2))
    assert "This session was moved. The time above is the new one." in words(client.get(olena))


def test_a_meeting_without_an_address_is_said_in_words(client, the_clock, olena):
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(meeting_url=None))
    the_clock.now = at(5)
    answer = client.post(olena)
    assert answer.status_code == 409
    assert "The host has not given us the address of the meeting yet." in words(answer)
    assert evidence() == []


@pytest.mark.parametrize(
    "address", ["https://", "https://user:pw@ev il.é/", "http://meet.example/", "javascript:alert(1)"]
)
def test_to_a_broken_address_nobody_is_led(client, the_clock, olena, address):
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(meeting_url=address))
    the_clock.now = at(5)
    answer = client.post(olena)
    assert (answer.status_code, answer.location) == (409, None)
    assert "The host has to mend it" in words(answer) and address not in answer.text
    assert evidence() == []


def test_one_link_goes_with_the_series(client, the_clock):
    activity = make_joinable(sessions=TWO)
    mine = link_of(make.sign_up(activity).registration_id)
    the_clock.now = at(5)
    page = words(client.get(mine))
    assert "<b>Begin</b>" in page and "Your other sessions" in page and "Go on" in page
    the_clock.now = at(-600)
    page = words(client.get(mine))
    assert "<b>Go on</b>" in page, "the next one"
    assert "Recordings and materials are shown here when the host has added them." in page
    later = db.session.scalar(sa.select(sa.func.max(ActivitySession.id)))
    answer = client.post(mine, data={"session": str(later)})
    assert answer.status_code == 409


def test_the_button_of_another_activity_s_session_is_not_found(client, the_clock, olena):
    other = make.make_activity("Another")
    the_clock.now = at(5)
    foreign = db.session.scalar(sa.select(ActivitySession.id).where(ActivitySession.activity_id == other))
    assert client.post(olena, data={"session": str(foreign)}).status_code == 404
    for nonsense in ("x", "-1", "9" * 12, "²"):
        assert client.post(olena, data={"session": nonsense}).status_code == 303, "as if no number had come"


def test_wrong_old_and_foreign_links_look_alike(client, olena):
    nothing = client.get("/nothing")
    number, seal = olena.removeprefix("/j/").split(".")
    personal = db.session.get_one(Registration, int(number))
    with transaction() as session:
        session.execute(sa.update(Registration).values(link_version=2))
    for token in (
        f"{number}.{seal}",
        f"0{number}.{seal}",
        f"{number}.",
        f"9999999999.{seal}",
        f"٣.{seal}",
        "x",
        personal.uid,
    ):
        answer = client.get(f"/j/{token}")
        assert (answer.status_code, answer.text) == (404, nothing.text), token
        assert client.post(f"/j/{token}").status_code == 404


def test_a_page_that_was_open_for_hours_gives_a_fresh_button(client, the_clock, olena, with_csrf):
    the_clock.now = at(5)
    answer = client.post(olena, data={"csrf_token": "too old"})
    assert answer.status_code == 400
    assert "Press the button once more." in words(answer) and "Join the session</button>" in words(answer)
    assert client.post("/j/1.x", data={"csrf_token": "too old"}).status_code == 400


def test_the_personal_page_leads_to_the_joining_page(client, the_clock):
    from ecwi_events.registration import queries

    mine = make.sign_up(make_joinable()).registration_id
    page = f"/m/{queries.find_sign_up(mine).token}"
    assert link_of(mine) in client.get(page).text
    the_clock.now = at(5)
    page = words(client.get(page))
    assert link_of(mine) in page and "Join the session" in page and "meet.example" not in page


@pytest.mark.parametrize("minutes_before", [60, 5])
def test_who_meets_in_person_finds_the_place_and_no_button(client, the_clock, minutes_before):
    signed_up = make.sign_up(make.make_activity(), "Olena Koval")
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(format=Format.IN_PERSON_SESSION, place="Kindergarten 7"))
    the_clock.now = at(minutes_before)
    mine = queries.find_sign_up(signed_up.registration_id)
    for address in (link_of(signed_up.registration_id), f"/m/{mine.token}"):
        page = words(client.get(address))
        assert "In person, Kindergarten 7" in page
        assert "Join the session" not in page and "button to join" not in page and "My joining link" not in page
