import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus
from ecwi_events.registration import queries
from ecwi_events.registration.models import Place, Registration
from tests import make
from tests.web.conftest import words

PAGE = "/a/learning-communities-that-last"
OLENA = {
    "name": "Olena Koval",
    "email": "olena@people.example",
    "organisation": "",
    "zone": "Europe/Kyiv",
    "saw": "places",
}


def rows() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Registration))


def link_of(registration_id) -> str:
    return f"/m/{queries.find_sign_up(registration_id).token}"


def place_of(registration_id) -> Place:
    return db.session.scalar(sa.select(Registration.place).where(Registration.id == registration_id))


def test_three_fields_and_one_button_lead_to_a_greeting(client):
    make.make_activity()
    answer = client.post(f"{PAGE}/sign-up", data=OLENA)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/done")
    page = words(client.get(answer.location))
    assert "You are signed up, Olena" in page
    assert "olena@people.example" in page
    assert "Kyiv time (UTC+2)" in page
    assert rows() == 1


def test_the_greeting_is_for_the_one_who_signed_up_only(client):
    make.make_activity()
    answer = client.get(f"{PAGE}/done")
    assert (answer.status_code, answer.location) == (303, PAGE)


def test_the_greeting_is_forgotten_after_half_an_hour(client, the_clock):
    make.make_activity()
    done = client.post(f"{PAGE}/sign-up", data=OLENA).location
    the_clock.now += timedelta(minutes=29, seconds=59)
    assert "You are signed up, Olena" in words(client.get(done))
    the_clock.now += timedelta(seconds=1)
    answer = client.get(done)
    assert (answer.status_code, answer.location) == (303, PAGE)
    with client.session_transaction() as session:
        assert "done" not in session


def test_a_greeting_without_its_time_is_taken_for_an_old_one(client):
    make.make_activity()
    with client.session_transaction() as session:
        session["done"] = {"slug": PAGE.rpartition("/")[2], "name": "O", "address": "a", "number": None, "zone": "UTC"}
    assert client.get(f"{PAGE}/done").status_code == 303


@pytest.mark.parametrize(
    ("starts", "promise"),
    [
        (["2027-01-19 14:00"], "We write one day before the session"),
        (["2027-01-19 14:00", "2027-02-19 14:00"], "We write one day before each session"),
        (["2026-11-21 14:00", "2027-01-19 14:00"], "We write one day before each later session"),
        (["2026-11-22 10:01"], "We write one day before the session"),
        (["2026-11-22 09:59"], ""),
        (["2026-11-21 14:00"], ""),
    ],
)
def test_a_reminder_is_promised_only_where_it_comes(client, starts, promise):
    make.make_activity(sessions=[make.make_session(starts_local=at) for at in starts])
    page = words(client.get(client.post(f"{PAGE}/sign-up", data=OLENA).location))
    assert f"<h3>{promise or 'Join from your own page'}</h3>" in page
    assert ("one day before" in page) is bool(promise)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Enter your full name"),
        ({"email": ""}, "Enter your email address"),
        ({"email": "olena@"}, "Enter an email address in the correct format, like name@example.org"),
        ({"organisation": "x" * 300}, "Enter a name of 200 letters or fewer"),
    ],
)
def test_what_is_wrong_is_said_on_top_and_at_the_field_and_nothing_is_lost(client, typed, sentence):
    make.make_activity()
    answer = client.post(f"{PAGE}/sign-up", data={**OLENA, **typed})
    page = words(answer)
    field = next(iter(typed))
    assert answer.status_code == 422
    assert "<title>Error: Learning communities that last" in page
    assert f'<a href="#{field}">{sentence}</a>' in page
    assert f'<p class="wrong-words" id="{field}-fault">{sentence}</p>' in page
    for name, value in {**OLENA, **typed}.items():
        assert name in {"saw", "zone"} or not value or f'value="{value}"' in page
    assert '<option value="Europe/Kyiv" selected>' in page
    assert rows() == 0


def test_the_greeting_is_as_clean_as_the_record_and_says_now_shortly_before_the_start(client, the_clock):
    make.make_activity()
    the_clock.now = db.session.scalar(sa.select(ActivitySession.starts_at)) - timedelta(minutes=16)
    client.post(f"{PAGE}/sign-up", data={**OLENA, "name": "\u202eOlena\x07 Koval"})
    page = client.get(f"{PAGE}/done").text
    assert "You are signed up, Olena" in page and "\u202e" not in page and "\x07" not in page
    assert "There you can join, from 15 minutes before the start." in page
    the_clock.now += timedelta(minutes=4)
    assert "There you can join now." in client.get(f"{PAGE}/done").text


def test_markup_that_comes_back_in_a_form_is_text(client):
    make.make_activity()
    answer = client.post(f"{PAGE}/sign-up", data={**OLENA, "name": '"><script>alert(1)</script>', "email": ""})
    assert "<script>alert" not in answer.text


def test_markup_in_a_name_is_text_on_the_pages_that_greet(client):
    make.make_activity()
    client.post(f"{PAGE}/sign-up", data={**OLENA, "name": "<b>Olena</b>"})
    assert "<b>Olena</b>" not in client.get(f"{PAGE}/done").text
    assert "<b>Olena</b>" not in client.get(link_of(db.session.scalar(sa.select(Registration.id)))).text


def test_a_full_activity_gives_a_number_in_the_line(client):
    make.sign_up(make.make_activity(capacity=1))
    answer = client.post(f"{PAGE}/sign-up", data={**OLENA, "saw": ""})
    assert answer.status_code == 303
    page = words(client.get(answer.location))
    assert "You are on the waiting list, Olena" in page
    assert "number 1" in page


def test_the_last_place_goes_while_somebody_types(client):
    make.sign_up(make.make_activity(capacity=1), "Faster Person")
    answer = client.post(f"{PAGE}/sign-up", data=OLENA)
    page = words(answer)
    assert answer.status_code == 409
    assert "The last place has just been taken. Nothing is lost: join the waiting list with the same details." in page
    assert 'value="Olena Koval"' in page
    assert "Join the waiting list</button>" in page
    assert rows() == 1, "nothing was written"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person).where(Person.name == "Olena Koval")) == 0


def test_the_answer_is_the_same_for_an_address_that_is_signed_up_already(client):
    activity = make.make_activity(capacity=5)
    make.sign_up(activity, "Олена Коваль-Secret", OLENA["email"])
    before = rows()
    answer = client.post(f"{PAGE}/sign-up", data={**OLENA, "email": " OLENA@people.example "})
    repeat = words(client.get(answer.location))
    other = client.application.test_client()
    other.post(f"{PAGE}/sign-up", data={**OLENA, "email": "new@people.example"})
    first = words(other.get(answer.location))
    assert "Secret" not in repeat
    strip = re.compile(r"(OLENA|new)@people\.example")
    assert strip.sub("", repeat) == strip.sub("", first)
    assert rows() == before + 1


def test_a_double_click_is_one_sign_up(client):
    make.make_activity(capacity=5)
    for _ in range(2):
        assert client.post(f"{PAGE}/sign-up", data=OLENA).status_code == 303
    assert rows() == 1


def test_where_sign_up_is_closed_the_act_says_what_the_page_says(client):
    make.make_activity(closes_at=make.NOW)
    answer = client.post(f"{PAGE}/sign-up", data=OLENA)
    assert answer.status_code == 409
    assert "Sign-up is closed. Write to the host" in words(answer)
    assert rows() == 0


def test_signing_up_for_nothing_is_not_found(client):
    assert client.post("/a/nothing/sign-up", data=OLENA).status_code == 404


def test_a_form_without_its_csrf_token_is_refused(client, with_csrf):
    signed_up = make.sign_up(make.make_activity())
    link = link_of(signed_up.registration_id)
    for path in (f"{PAGE}/sign-up", f"{link}/withdraw", f"{link}/undo", "/sign-in", "/sign-in/x", "/sign-out", "/time-zone",
                 "/host/sessions/1/attendance", "/host/sessions/1/visitors", "/office/activities/new",
                 "/office/activities/1/status"):  # fmt: skip
        answer = client.post(path, data=OLENA)
        assert (path, answer.status_code) == (path, 400)
        assert "This page was open for a long time." in answer.text
    assert place_of(signed_up.registration_id) is Place.CONFIRMED


def test_a_page_with_a_token_in_its_address_sends_no_referrer_and_its_form_works_without_one_over_https(
    client, with_csrf
):
    signed_up = make.sign_up(make.make_activity())
    link = link_of(signed_up.registration_id)
    answer = client.get(link, base_url="https://events.test")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)[1]
    sent = client.post(f"{link}/withdraw", data={"csrf_token": token}, base_url="https://events.test")
    assert sent.status_code == 303


def test_my_page_says_what_i_have_and_a_get_changes_nothing(client):
    activity = make.make_activity(capacity=1)
    mine, waits = make.sign_up(activity), make.sign_up(activity, "Wanda Waits")
    before = db.session.execute(sa.select(sa.inspect(Registration).local_table)).all()
    for _ in range(2):
        assert "You have a place, Olena" in words(client.get(link_of(mine.registration_id)))
        assert client.head(link_of(mine.registration_id)).status_code == 200
    assert "You are number 1 in the line" in words(client.get(link_of(waits.registration_id)))
    assert db.session.execute(sa.select(sa.inspect(Registration).local_table)).all() == before


@pytest.mark.parametrize("waits", [False, True])
def test_my_page_of_a_postponed_activity_says_so_and_offers_no_calendar(client, the_clock, waits):
    activity = make.make_activity(capacity=1)
    first, second = make.sign_up(activity), make.sign_up(activity)
    link = link_of((second if waits else first).registration_id)
    assert ("Add it to my calendar" in words(client.get(link))) is not waits
    with transaction() as session:
        make.postpone_activity(activity, "The trainer is ill", by_person_id=None, now=make.NOW)
        session.execute(sa.update(ActivitySession).values(meeting_url="https://meet.example/room"))
    the_clock.now = db.session.scalar(sa.select(ActivitySession.starts_at))
    page = words(client.get(link))
    assert "<h1>This activity is postponed</h1>" in page
    assert f"your place{' in the line' if waits else ''} stays yours. Look here again for the new date." in page
    for never in ("to my calendar", "You have a place", "You are number", "meet.example", "we also write to you"):
        assert never not in page
    assert "Withdraw from this activity" in page


def test_my_page_of_an_activity_that_is_hidden_again_does_not_lead_to_a_page_that_is_not_there(client):
    activity = make.make_activity()
    mine = make.sign_up(activity)
    assert f'href="{PAGE}"' in client.get(link_of(mine.registration_id)).text
    with transaction() as session:
        session.execute(sa.update(Activity).values(status=ActivityStatus.DRAFT))
    page = client.get(link_of(mine.registration_id))
    assert page.status_code == 200
    assert f'href="{PAGE}' not in page.text


def test_withdrawing_and_undoing_it(client):
    mine = make.sign_up(make.make_activity(capacity=1))
    link = link_of(mine.registration_id)
    answer = client.post(f"{link}/withdraw")
    assert (answer.status_code, answer.location) == (303, link)
    page = words(client.get(link))
    assert "You no longer have a place" in page
    assert ">Undo</button>" in page
    assert client.post(f"{link}/withdraw").status_code == 303, "a second press changes nothing"
    assert client.post(f"{link}/undo").status_code == 303
    assert place_of(mine.registration_id) is Place.CONFIRMED


def test_after_ten_minutes_there_is_no_undo(client, the_clock):
    mine = make.sign_up(make.make_activity(capacity=1))
    link = link_of(mine.registration_id)
    client.post(f"{link}/withdraw")
    the_clock.now += timedelta(minutes=10)
    page = words(client.get(link))
    assert ">Undo</button>" not in page
    assert "Sign up again" in page
    answer = client.post(f"{link}/undo")
    assert answer.status_code == 409
    assert "It is too late to undo this." in words(answer)
    assert place_of(mine.registration_id) is Place.WITHDRAWN


def test_a_place_that_went_on_cannot_come_back(client):
    activity = make.make_activity(capacity=1)
    mine, next_one = make.sign_up(activity), make.sign_up(activity)
    link = link_of(mine.registration_id)
    client.post(f"{link}/withdraw")
    answer = client.post(f"{link}/undo")
    assert answer.status_code == 409
    assert "Your place went to the next person." in words(answer)
    assert place_of(next_one.registration_id) is Place.CONFIRMED


@pytest.mark.parametrize(
    ("minutes_before", "is_shown"), [(16, False), (15, True), (0, True), (-89, True), (-90, False)]
)  # fmt: skip
def test_the_way_to_join_is_shown_to_who_has_a_place_while_the_session_is_near(
    client, the_clock, minutes_before, is_shown
):
    activity = make.make_activity(capacity=1)
    mine, waits = make.sign_up(activity), make.sign_up(activity)
    with transaction() as session:
        session.execute(sa.update(ActivitySession).values(meeting_url="https://meet.example/room"))
    starts_at = db.session.scalar(sa.select(ActivitySession.starts_at))
    the_clock.now = starts_at - timedelta(minutes=minutes_before)
    for path, shown in (
        (link_of(mine.registration_id), is_shown),
        (link_of(waits.registration_id), False),
        (PAGE, False),
    ):
        page = client.get(path).text
        assert ("Join the session</a>" in page) is shown
        assert "meet.example" not in page, "only the button of the joining link leads there"


def test_an_unknown_link_is_a_page_like_any_other_that_is_not_there(client):
    unknown, other = client.get("/m/" + "x" * 24), client.get("/nothing")
    assert (unknown.status_code, unknown.text) == (404, other.text)
    for act in ("withdraw", "undo"):
        assert client.post(f"/m/{'x' * 24}/{act}").status_code == 404


def test_a_sign_up_makes_one_person_with_one_address(client):
    make.make_activity()
    client.post(f"{PAGE}/sign-up", data=OLENA)
    assert db.session.scalars(sa.select(EmailAddress.address)).all() == ["olena@people.example"]
