from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import transaction
from ecwi_events.programme.models import Activity, ActivityStatus
from tests import make
from tests.web.conftest import words

SERIES = [
    make.make_session("Begin"),
    make.make_session("Go on", starts_local="2027-03-30 14:00"),
]


def set_status(activity_id, status):
    with transaction() as session:
        session.execute(sa.update(Activity).where(Activity.id == activity_id).values(status=status))


def test_the_programme_without_activities_says_so(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "No sessions are planned yet." in words(answer)


def test_the_programme_shows_what_comes_first_and_drafts_never(client):
    make.make_activity("To come")
    make.make_activity("Was", sessions=[make.make_session(starts_local="2026-03-03 10:00")])
    make.make_activity("Secret plan", status=ActivityStatus.DRAFT)
    page = words(client.get("/"))
    assert page.index("To come") < page.index("What we learned before") < page.index(">Was<")
    assert "Tue 19 January 2027, 14:00 – 15:30 · Amsterdam time (UTC+1)" in page
    assert "Secret plan" not in page


def test_the_programme_asks_the_database_as_often_for_three_as_for_one(client, count_queries):
    make.make_activity("One")
    with count_queries() as first:
        client.get("/")
    make.make_activity("Two", sessions=SERIES)
    make.make_activity("Three")
    with count_queries() as second:
        client.get("/")
    assert len(second) == len(first)


def test_the_page_of_an_activity_asks_as_often_for_three_sessions_as_for_one(client, count_queries):
    make.make_activity("One")
    make.make_activity("Three", sessions=[*SERIES, make.make_session("Last", starts_local="2027-05-04 14:00")])
    with count_queries() as first:
        client.get("/a/one")
    with count_queries() as second:
        client.get("/a/three")
    assert len(second) == len(first)


def test_the_page_of_an_activity_says_all_that_decides(client):
    host = make.make_organisation("Ukrainian Step by Step Foundation")
    make.make_activity(
        host_id=host, capacity=80, sessions=SERIES, closes_at=datetime(2027, 1, 18, 17, tzinfo=UTC)
    )  # fmt: skip
    page = words(client.get("/a/learning-communities-that-last"))
    for sentence in (
        "Hosted by <b>Ukrainian Step by Step Foundation</b>",
        "<b>2 sessions</b>, 19 January to 30 March 2027, 1 hour 30 minutes each",
        "Starts <b>in 59 days</b>, on Tue 19 January 2027. Sign-up closes on Mon 18 January 2027, 18:00 (Amsterdam).",
        "Times are in <b>Amsterdam time (UTC+1)</b>.",
        "Sign up for 2 sessions",
        "0 of 80 places are taken.",
    ):
        assert sentence in page


def test_a_reader_sees_the_own_zone_first_the_host_s_second_and_the_clock_change(client):
    make.make_activity(sessions=SERIES)
    client.set_cookie("zone", "Asia/Bishkek")
    page = words(client.get("/a/learning-communities-that-last"))
    assert '<span class="hours">19:00 – 20:30</span>' in page
    assert '<span class="zone">Bishkek time (UTC+6)</span>' in page
    assert "14:00 in Amsterdam (UTC+1)" in page
    assert page.count("1 hour earlier for you: clocks change in Europe on 28 March") == 1


def test_the_host_s_time_is_not_said_twice(client):
    make.make_activity(sessions=SERIES)
    page = words(client.get("/a/learning-communities-that-last"))
    assert "in Amsterdam (" not in page
    assert "for you: clocks" not in page


@pytest.mark.parametrize(
    ("person_zone", "cookies", "shown"),
    [
        ("Asia/Yerevan", {"zone": "Asia/Bishkek"}, "Yerevan time (UTC+4)"),
        (None, {"zone": "Asia/Bishkek", "seen_zone": "Europe/Lisbon"}, "Bishkek time (UTC+6)"),
        (None, {"seen_zone": "Europe/Lisbon"}, "Lisbon time (UTC)"),
        (None, {"seen_zone": "Europe/Kiev"}, "Kyiv time (UTC+2)"),
        (None, {"zone": "Asia/Katmandu"}, "Kathmandu time (UTC+5:45)"),
        (None, {"zone": "Mars/Olympus"}, "Amsterdam time (UTC+1)"),
        (None, {}, "Amsterdam time (UTC+1)"),
    ],
)
def test_the_reader_s_zone_is_the_person_s_then_the_cookie_s_then_the_host_s(client, person_zone, cookies, shown):
    make.make_activity()
    make.signed_in(client, make.make_person(zone=person_zone))
    for name, value in cookies.items():
        client.set_cookie(name, value)
    assert f"Times are in <b>{shown}</b>" in words(client.get("/a/learning-communities-that-last"))


def test_a_full_activity_says_what_people_can_do(client):
    activity = make.make_activity(capacity=1)
    make.sign_up(activity)
    make.sign_up(activity)
    page = words(client.get("/a/learning-communities-that-last"))
    assert "The only place is taken" in page
    assert "Join the waiting list" in page
    assert "1 person is on the waiting list." in page
    assert 'name="saw"' not in page


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("cancelled", "This activity is cancelled."),
        ("postponed", "This activity is postponed."),
        ("completed", "This activity is over."),
    ],
)
def test_where_nobody_can_sign_up_the_page_says_why_and_has_no_button(client, status, sentence):
    set_status(make.make_activity(), status)
    page = words(client.get("/a/learning-communities-that-last"))
    assert sentence in page
    assert 'id="sign-up-title"' not in page
    assert 'class="bar"' not in page


def test_closed_sign_up_is_said(client):
    make.make_activity(closes_at=make.NOW)
    assert "Sign-up is closed. Write to the host" in words(client.get("/a/learning-communities-that-last"))


def test_a_session_that_is_over_is_a_filled_stone(client, the_clock):
    make.make_activity(sessions=SERIES)
    the_clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    page = words(client.get("/a/learning-communities-that-last"))
    assert page.count('<li class="done">') == 1
    assert "This session is over." in page


@pytest.mark.parametrize("path", ["/a/nothing-here", "/a/draft", "/a/%00", "/a/x%0Ay", "/a/" + "x" * 3000])
def test_what_is_not_public_is_not_found(client, path):
    make.make_activity("Draft", status=ActivityStatus.DRAFT)
    answer = client.get(path)
    assert (answer.status_code, "We cannot find this page." in answer.text) == (404, True)


def test_markup_in_any_field_is_shown_as_text(client):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    host = make.make_organisation(evil)
    activity = make.make_activity(evil, host_id=host, sessions=[make.make_session(evil)])
    fields = ("strapline", "summary", "description", "replanned")
    with transaction() as session:
        values = dict.fromkeys(fields, evil)
        session.execute(sa.update(Activity).where(Activity.id == activity).values(slug="evil", **values))
    for path in ("/", "/a/evil"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page


def test_a_known_person_finds_the_form_filled_in(client):
    make.make_activity()
    make.signed_in(client, make.make_person("Olena Koval", "olena@people.example"))
    page = words(client.get("/a/learning-communities-that-last"))
    assert 'value="Olena Koval"' in page
    assert 'value="olena@people.example"' in page
