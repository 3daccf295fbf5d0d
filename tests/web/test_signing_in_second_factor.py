"""The second factor on the pages: staff cannot work without it, and nobody changes it by a mail alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import g

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import browser_sessions, second_factor, signing_in
from ecwi_events.people.models import Person, Role
from ecwi_events.people.models_signing_in import BrowserSession, SignInToken
from tests import make
from tests.web.conftest import words

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')  # holds the second in which it was made

MINUTE = timedelta(minutes=1)
SETTINGS = {"second_factor_required": True, "hosts_need_second_factor": False}


@pytest.fixture
def required(app, monkeypatch):
    """As in production: staff need a second factor. Returns a function that changes the settings further."""

    def change(**more):
        from dataclasses import replace

        monkeypatch.setitem(
            app.extensions, "ecwi_settings", replace(app.extensions["ecwi_settings"], **{**SETTINGS, **more})
        )

    change()
    return change


def sign_in(client, person_id):
    with transaction():
        token = signing_in.issue_sign_in_token(person_id, now=make._real_now())
    return client.post(f"/sign-in/{token}")


def secret_on(page) -> pyotp.TOTP:
    return pyotp.TOTP(re.search(r'<b class="num">([A-Z2-7 ]+)</b>', page.text)[1].replace(" ", ""))


def set_up(client, clock) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app in this browser, the way a person does it; return it and the recovery codes."""
    client.post("/me/second-factor/app")
    app = secret_on(client.get("/me/second-factor/app"))
    answer = client.post("/me/second-factor/app/confirm", data={"code": app.at(clock.now)})
    assert answer.status_code == 200, answer.text
    return app, re.findall(r"<li>([2-9a-z]{5}-[2-9a-z]{5})</li>", answer.text)


@pytest.mark.usefixtures("required")
class TestStaff:
    def test_whoever_has_none_sets_one_up_and_lands_where_they_wanted_to_go(self, client, the_clock):
        answer = sign_in(client, make.make_office())
        assert answer.location == "/second-factor?next=%2Foffice"
        answer = client.get(answer.location)
        assert answer.location == "/me/second-factor"
        assert "So we ask for a second proof" in words(client.get(answer.location))
        _, codes = set_up(client, the_clock)
        assert len(set(codes)) == 10
        assert client.get("/office").status_code == 200

    @pytest.mark.parametrize("path", ["/office", "/office/activities/new", "/host", "/office/overview/2026"])
    @pytest.mark.parametrize("role", [Role.OFFICE, Role.ADMINISTRATOR, Role.AUDITOR])
    def test_no_office_page_opens_before(self, client, path, role):
        sign_in(client, make.make_staff(role))
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, f"/second-factor?next={path.replace('/', '%2F')}")

    def test_no_office_act_happens_before(self, client):
        sign_in(client, make.make_office())
        before = db.session.execute(sa.text("SELECT count(*) FROM activity")).scalar()
        answer = client.post("/office/activities/new", data={"title": "x"})
        assert (answer.status_code, answer.location) == (303, "/second-factor?next=%2F")
        assert db.session.execute(sa.text("SELECT count(*) FROM activity")).scalar() == before

    def test_the_code_opens_the_office_and_the_cookie_is_new(self, client, the_clock):
        person = make.make_office()
        sign_in(client, person)
        app, _ = set_up(client, the_clock)
        client.post("/sign-out")
        assert sign_in(client, person).location == "/second-factor?next=%2Foffice"
        assert client.get("/office").status_code == 303
        copied = client.get_cookie("session").value
        the_clock.now += MINUTE
        answer = client.post("/second-factor", data={"code": app.at(the_clock.now), "next": "/office"})
        assert (answer.status_code, answer.location) == (303, "/office")
        assert client.get("/office").status_code == 200
        client.set_cookie("session", copied)
        assert client.get("/office").status_code == 403, "the cookie from before is dead"

    def test_a_wrong_code_opens_nothing_and_ten_make_wait(self, client, the_clock):
        person = make.make_office()
        sign_in(client, person)
        app, _ = set_up(client, the_clock)
        sign_in(client, person)
        answers = [client.post("/second-factor", data={"code": "000000"}) for _ in range(11)]
        assert [a.status_code for a in answers] == [422] * 10 + [429]
        assert words(answers[0]).count("That code is not right.") == 2
        assert "Too many tries. Wait 10 minutes" in words(answers[-1])
        assert client.post("/second-factor", data={"code": app.at(the_clock.now)}).status_code == 429
        assert client.get("/office").status_code == 303

    def test_a_recovery_code_opens_the_office_once(self, client, the_clock):
        person = make.make_office()
        sign_in(client, person)
        _, codes = set_up(client, the_clock)
        for status in (303, 422):
            sign_in(client, person)
            assert client.post("/second-factor", data={"code": codes[0]}).status_code == status

    def test_half_an_hour_away_and_it_asks_again(self, client, the_clock):
        sign_in(client, make.make_office())
        app, _ = set_up(client, the_clock)
        for _ in range(3):
            the_clock.now += 29 * MINUTE
            assert client.get("/office").status_code == 200
        the_clock.now += 30 * MINUTE
        client.get("/help")
        assert client.get("/").status_code == 200
        assert client.get("/office").status_code == 303, "other pages do not wake it"
        client.post("/second-factor", data={"code": app.at(the_clock.now)})
        assert client.get("/office").status_code == 200

    def test_whoever_only_has_the_mailbox_cannot_change_factors(self, client, the_clock):
        person = make.make_office()
        sign_in(client, person)
        set_up(client, the_clock)
        sign_in(client, person)
        for path in ("app", "app/confirm", "app/remove", "recovery-codes", "passkeys", "passkeys/1/remove"):
            answer = client.post(f"/me/second-factor/{path}", data={"code": "1"})
            assert answer.location == "/second-factor?next=%2Fme%2Fsecond-factor", path
        assert client.post("/me/second-factor/passkeys/options").json["confirm"].startswith("/second-factor")
        assert second_factor.factors_of(person).has_app

    def test_removing_the_last_one_closes_the_office(self, client, the_clock):
        sign_in(client, make.make_office())
        set_up(client, the_clock)
        assert client.post("/me/second-factor/app/remove").status_code == 303
        assert client.get("/office").status_code == 303

    def test_members_need_none(self, client):
        assert sign_in(client, make.make_person()).location == "/"

    def test_hosts_need_one_if_the_setting_says_so(self, client, required):
        host = make.make_host(make.make_organisation())
        assert sign_in(client, host).location == "/host"
        assert client.get("/host").status_code == 200
        required(hosts_need_second_factor=True)
        assert client.get("/host").location == "/second-factor?next=%2Fhost"


class TestFresh:
    def test_after_ten_minutes_factors_cannot_be_changed_without_signing_in_again(self, client, the_clock):
        sign_in(client, make.make_person())
        the_clock.now += 10 * MINUTE
        answer = client.post("/me/second-factor/app")
        assert answer.location == "/second-factor?next=%2Fme%2Fsecond-factor"
        page = words(client.get(answer.location))
        assert "Sign in again" in page
        assert 'href="/sign-in?next=/me/second-factor"' in page

    def test_the_secret_is_not_shown_to_a_browser_that_was_left_alone(self, client, the_clock):
        sign_in(client, make.make_person())
        client.post("/me/second-factor/app")
        assert client.get("/me/second-factor/app").status_code == 200
        the_clock.now += 10 * MINUTE
        assert client.get("/me/second-factor/app").status_code == 303

    def test_without_the_duty_the_office_asks_to_sign_in_again_after_half_an_hour(self, client, the_clock):
        sign_in(client, make.make_office())
        assert client.get("/office").status_code == 200
        the_clock.now += 30 * MINUTE
        answer = client.get("/office")
        assert answer.location == "/second-factor?next=%2Foffice"
        assert 'href="/sign-in?next=/office"' in client.get(answer.location).text


class TestDevices:
    def test_i_see_where_i_am_signed_in_and_end_it_there(self, client, app):
        person = make.make_person("Olena Koval")
        other = app.test_client()
        g.pop("_login_user", None)
        with transaction():
            token = signing_in.issue_sign_in_token(person, now=make._real_now())
        other.post(f"/sign-in/{token}", headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19) Safari/605"})
        sign_in(client, person)
        page = words(client.get("/me/devices"))
        assert "Safari on an iPhone" in page and "This device" in page
        ids = db.session.scalars(sa.select(BrowserSession.id).order_by(BrowserSession.id)).all()
        assert client.post(f"/me/devices/{ids[0]}/sign-out").status_code == 303
        g.pop("_login_user", None)
        assert "Olena Koval" not in other.get("/").text
        assert "Olena Koval" in client.get("/").text

    def test_all_others_at_once(self, client, app):
        person = make.make_person("Olena Koval")
        for _ in range(3):
            with transaction():
                browser_sessions.start(person, device="x", now=make._real_now())
        sign_in(client, person)
        client.post("/me/devices/sign-out-others")
        assert db.session.scalar(sa.select(sa.func.count()).where(BrowserSession.ended_at.is_(None))) == 1
        assert "You are signed out on all other devices." in words(client.get("/me/devices"))

    def test_a_foreign_device_looks_as_if_it_did_not_exist(self, client):
        with transaction():
            pass
        other = make.make_person()
        with transaction():
            browser_sessions.start(other, device="x", now=make._real_now())
        foreign = db.session.scalar(sa.select(BrowserSession.id))
        sign_in(client, make.make_person())
        answers = [client.post(f"/me/devices/{number}/sign-out") for number in (foreign, 999_999)]
        assert [a.status_code for a in answers] == [404, 404]
        assert TOKEN.sub("", answers[0].text) == TOKEN.sub("", answers[1].text)
        assert db.session.scalar(sa.select(BrowserSession.ended_at).where(BrowserSession.id == foreign)) is None

    def test_a_browser_that_says_nonsense_is_a_browser(self, client):
        with transaction():
            token = signing_in.issue_sign_in_token(_person(), now=make.NOW)
        client.post(f"/sign-in/{token}", headers={"User-Agent": "<script>alert(1)</script>" * 50})
        assert "alert(1)" not in client.get("/me/devices").text
        assert db.session.scalar(sa.select(BrowserSession.device)) == "A browser"

    def test_last_use_is_written_after_five_minutes_also_by_reading(self, client, the_clock):
        sign_in(client, make.make_person())
        first = db.session.scalar(sa.select(BrowserSession.last_seen_at))
        for minutes, written in ((4, False), (6, True)):
            the_clock.now = make.NOW + minutes * MINUTE
            client.get("/")
            db.session.rollback()
            assert (db.session.scalar(sa.select(BrowserSession.last_seen_at)) != first) is written


def _person() -> int:
    from ecwi_events.people import service

    return service.create_person("Ana", "ana@a.example", now=make.NOW)


class TestCode:
    def ask(self, client, address="ana@a.example"):
        client.post("/sign-in", data={"email": address})
        row = db.session.scalar(sa.select(sa.func.max(SignInToken.id)))
        return signing_in.find_mail(row, now=make.NOW)

    def test_read_on_the_phone_and_typed_on_the_computer(self, client):
        make.make_person("Ana", "ana@a.example")
        code = self.ask(client).code
        answer = client.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}"})
        assert (answer.status_code, answer.location) == (303, "/")
        assert "You are signed in as Ana." in words(client.get("/"))

    def test_it_does_not_work_in_a_browser_that_did_not_ask(self, client, app):
        make.make_person("Ana", "ana@a.example")
        code = self.ask(client).code
        stranger = app.test_client()
        assert stranger.post("/sign-in/code", data={"code": code}).location == "/sign-in"
        stranger.post("/sign-in", data={"email": "ana@a.example"})
        assert stranger.post("/sign-in/code", data={"code": code}).status_code == 422

    def test_a_wrong_code_says_how_often_one_may_try(self, client):
        make.make_person("Ana", "ana@a.example")
        code = self.ask(client).code
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        said = [words(client.post("/sign-in/code", data={"code": wrong})) for _ in range(5)]
        assert "Check the 6 digits in our email. You can try 4 more times" in said[0]
        assert "You can try once more" in said[3]
        assert "Use the link in our email, or ask for a new code" in said[4]

    def test_unknown_addresses_get_the_same_words_for_wrong_codes(self, client):
        make.make_person("Ana", "ana@a.example")
        pages = []
        for address in ("ana@a.example", "nobody@a.example"):
            client.post("/sign-in", data={"email": address})
            pages.append(
                [
                    TOKEN.sub("", client.post("/sign-in/code", data={"code": "000000"}).text.replace(address, ""))
                    for _ in range(11)
                ]
            )
        assert pages[0] == pages[1]

    def test_nothing_was_asked_so_there_is_nothing_to_type(self, client):
        assert client.get("/sign-in/code").location == "/sign-in"

    def test_the_page_that_was_asked_for_comes_after_the_code(self, client):
        make.make_person("Ana", "ana@a.example")
        client.post("/sign-in", data={"email": "ana@a.example", "next": "/help"})
        mail = signing_in.find_mail(db.session.scalar(sa.select(SignInToken.id)), now=make.NOW)
        assert client.post("/sign-in/code", data={"code": mail.code}).location == "/help"

    def test_looking_at_the_link_any_number_of_times_changes_nothing(self, client, app):
        make.make_person("Ana", "ana@a.example")
        mail = self.ask(client)
        scanner = app.test_client()

        def everything():
            db.session.rollback()
            return [db.session.execute(sa.select(t)).all() for t in (SignInToken.__table__, BrowserSession.__table__)]

        before = everything()
        for agent in ("Outlook-SafeLinks", "curl/8", ""):
            for method in ("GET", "HEAD", "GET"):
                assert (
                    scanner.open(f"/sign-in/{mail.link}", method=method, headers={"User-Agent": agent}).status_code
                    == 200
                )
        assert everything() == before

    def test_whoever_is_disabled_is_out_at_once_whatever_they_hold(self, client):
        person = make.make_person("Ana", "ana@a.example")
        mail = self.ask(client)
        sign_in(client, person)
        with transaction() as session:
            session.get(Person, person).disabled_at = make.NOW
        assert client.get("/me/devices").status_code == 403
        assert client.post(f"/sign-in/{mail.link}").status_code == 410
        assert client.post("/second-factor", data={"code": "1"}).status_code == 403

    def test_a_session_that_somebody_planted_is_worth_nothing(self, client):
        client.post("/sign-in", data={"email": "nobody@a.example"})
        planted = client.get_cookie("session").value
        sign_in(client, make.make_person("Ana"))
        client.set_cookie("session", planted)
        assert "Ana" not in client.get("/").text


def test_addresses_change_only_after_a_fresh_sign_in(client, the_clock):
    sign_in(client, make.make_person())
    the_clock.now += 10 * MINUTE
    for path in ("/me/addresses", "/me/addresses/1/primary", "/me/addresses/1/remove"):
        answer = client.post(path, data={"address": "new@a.example"})
        assert (answer.status_code, answer.location) == (303, "/second-factor?next=%2Fme%2Fsettings"), path
