from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import signing_in
from ecwi_events.people.models_signing_in import BrowserSession, SignInToken
from tests import make
from tests.web.conftest import words


def new_link(person_id) -> str:
    with transaction():
        return f"/sign-in/{signing_in.issue_sign_in_token(person_id, now=make.NOW)}"


def count(table) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_known_and_unknown_addresses_get_the_same_words(client):
    make.make_person(address="known@people.example")
    known = client.post("/sign-in", data={"email": "known@people.example"}, follow_redirects=True)
    unknown = client.post("/sign-in", data={"email": "nobody@people.example"}, follow_redirects=True)
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert known.text.replace("known@", "") == unknown.text.replace("nobody@", "")
    assert count(SignInToken) == 2, "a row for both, so that both take as long"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Enter your email address"), ("a@", "Enter an email address in the correct format, like name@example.org")],
)
def test_an_address_that_is_none_is_said(client, typed, sentence):
    answer = client.post("/sign-in", data={"email": typed})
    assert answer.status_code == 422
    assert words(answer).count(sentence) == 2, "on top and at the field"


def test_opening_the_link_spends_nothing_and_the_button_signs_in(client):
    link = new_link(make.make_person("Olena Koval"))
    for _ in range(3):
        answer = client.get(link)
        assert "Sign in as Olena Koval?" in words(answer)
        assert client.head(link).status_code == 200
    assert count(BrowserSession) == 0
    assert client.post(link).status_code == 303
    assert count(BrowserSession) == 1
    assert "You are signed in as Olena Koval." in words(client.get("/"))


def test_a_link_works_once_and_for_fifteen_minutes(client, the_clock):
    person = make.make_person()
    used, old = new_link(person), new_link(person)
    client.post(used)
    the_clock.now += timedelta(minutes=15)
    for link in (used, old, "/sign-in/unknown"):
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code == 410
            assert "Send me a new link" in words(answer)


def test_the_cookie_is_new_after_signing_in(client):
    client.post("/sign-in", data={"email": "nobody@people.example"})
    before = client.get_cookie("session").value
    client.post(new_link(make.make_person()))
    assert client.get_cookie("session").value != before


def test_people_stay_signed_in_when_the_browser_is_closed(client):
    make.signed_in(client, make.make_person())
    assert client.get_cookie("session").expires is not None


def test_signing_out_kills_a_copied_cookie(client):
    make.signed_in(client, make.make_person("Olena Koval"))
    copied = client.get_cookie("session").value
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/")
    assert "You are signed out." in words(client.get("/"))
    client.set_cookie("session", copied)
    assert "Olena Koval" not in client.get("/").text


def test_signing_in_again_ends_the_session_that_this_browser_had(client):
    make.signed_in(client, make.make_person())
    make.signed_in(client, make.make_person())
    ended = db.session.scalars(sa.select(BrowserSession.ended_at).order_by(BrowserSession.id)).all()
    assert [at is not None for at in ended] == [True, False]


def test_a_session_that_is_not_used_ends(client, the_clock):
    make.signed_in(client, make.make_person("Olena Koval"))
    the_clock.now += timedelta(hours=12)
    assert "Olena Koval" not in client.get("/").text


def test_a_get_does_not_sign_out(client):
    assert client.get("/sign-out").status_code == 405


def test_everybody_lands_where_the_work_is(client):
    host = make.make_host(make.make_organisation())
    for person, page in ((make.make_office(), "/office"), (host, "/host"), (make.make_person(), "/")):
        assert client.post(new_link(person)).location == page


def test_the_page_that_was_asked_for_comes_after_signing_in(client):
    link = new_link(make.make_office())
    client.post("/sign-in", data={"email": "nobody@people.example", "next": "/office/activities/new"})
    assert client.post(link).location == "/office/activities/new"


ELSEWHERE = [
    "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "javascript:alert(1)", "evil.example", "http:evil.example", "/%0d%0aX: y\r\nX: y", "\x00/", "",
    "/a\u2028b", "https:/evil.example", "/" + "x" * 1000, " /x",
]  # fmt: skip


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_next_leads_nowhere_else(client, elsewhere):
    link = new_link(make.make_office())
    client.post("/sign-in", data={"email": "nobody@people.example", "next": elsewhere})
    assert client.post(link).location == "/office"
    answer = client.post("/time-zone", data={"zone": "Europe/Kyiv", "next": elsewhere})
    assert answer.location == "/"


@pytest.mark.parametrize("path", ["/a/x?y=1", "/host/sessions/3/attendance?show=all", "/"])
def test_next_leads_to_own_pages(client, path):
    answer = client.post("/time-zone", data={"zone": "Europe/Kyiv", "next": path})
    assert (answer.status_code, answer.location) == (303, path)
