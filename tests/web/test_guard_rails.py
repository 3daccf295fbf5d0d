"""What guards every page: limits, forms, ways back, hosts, cookies, header fields."""

from __future__ import annotations

import re
import socket
import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import g

from ecwi_events.app import create_app
from ecwi_events.kernel import links
from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail
from ecwi_events.web import limits
from ecwi_events.web.forms import own_path
from tests import make
from tests.web.conftest import words

HTTPS = {"BASE_URL": "https://events.test"}


@pytest.fixture
def make_app(make_settings, app):
    """Return a function that makes an application of its own, on the tests' database, with these settings."""

    def new(**variables):
        settings = make_settings(DATABASE_URL=str(app.config["SQLALCHEMY_DATABASE_URI"]), **variables)
        try:
            fresh = create_app(settings, durable=False)
        finally:
            links.configure("http://events.test")
        fresh.testing = True
        fresh.config["WTF_CSRF_ENABLED"] = False
        return fresh

    return new


def somewhere() -> dict[str, str]:
    """A client address that no other test has."""
    number = uuid.uuid4().int
    return {"X-Forwarded-For": f"2001:db8:{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}::1"}


def zone_answers(app, times, headers=None):
    client = app.test_client()
    return [client.post("/time-zone", data={"zone": "UTC"}, headers=headers).status_code for _ in range(times)]


class TestLimits:
    def test_too_many_get_a_page_that_says_when_to_come_again(self, make_app):
        app, here = make_app(RATE_LIMITS="on", PROXY_HOPS="1"), somewhere()
        assert zone_answers(app, 60, here) == [303] * 60
        answer = app.test_client().post("/time-zone", data={"zone": "UTC"}, headers=here)
        assert answer.status_code == 429
        assert "Too many tries. Wait one minute, then try again." in words(answer)
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["Content-Security-Policy"]
        assert app.test_client().get("/time-zone", headers=here).status_code == 200, "reading is not limited"
        assert zone_answers(app, 1, somewhere()) == [303], "nobody else has to wait"

    def test_redis_counts_for_all_processes_together(self, make_app):
        here = somewhere()
        first, second = (make_app(RATE_LIMITS="on", PROXY_HOPS="1") for _ in range(2))
        assert zone_answers(first, 30, here) + zone_answers(second, 31, here) == [303] * 60 + [429]

    def test_a_header_fools_nobody_without_proxies_of_our_own(self, make_app):
        app = make_app(RATE_LIMITS="on", REDIS_URL="unix:///nowhere/nobody.sock")
        answers = [zone_answers(app, 1, somewhere())[0] for _ in range(61)]
        assert answers == [303] * 60 + [429]

    def test_only_as_many_hops_count_as_we_have(self, make_app):
        app = make_app(RATE_LIMITS="on", PROXY_HOPS="1")
        real = somewhere()["X-Forwarded-For"]
        invented = [{"X-Forwarded-For": f"{somewhere()['X-Forwarded-For']}, {real}"} for _ in range(61)]
        assert [zone_answers(app, 1, one)[0] for one in invented] == [303] * 60 + [429]

    def test_without_redis_this_process_counts(self, make_app):
        app = make_app(RATE_LIMITS="on", REDIS_URL="unix:///nowhere/nobody.sock")
        assert zone_answers(app, 61) == [303] * 60 + [429]

    def test_a_redis_that_hangs_is_asked_hardly_ever(self, make_app, tmp_path):
        path, asked = tmp_path / "hangs.sock", []
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen(50)

            def accept():
                try:
                    while True:
                        asked.append(server.accept()[0])
                except OSError:
                    return

            threading.Thread(target=accept, daemon=True).start()
            app = make_app(RATE_LIMITS="on", REDIS_URL=f"unix://{path}")
            assert zone_answers(app, 61) == [303] * 60 + [429]
            server.shutdown(socket.SHUT_RDWR)
        for connection in asked:
            connection.close()
        assert len(asked) <= 3, "61 requests, and almost none waited for it"

    def test_off_is_off(self, make_app):
        assert zone_answers(make_app(RATE_LIMITS="off"), 70) == [303] * 70

    def test_guesses_are_counted_together(self, make_app):
        app, here = make_app(RATE_LIMITS="on", PROXY_HOPS="1"), somewhere()
        client = app.test_client()
        answers = [client.post("/sign-in/code", headers=here).status_code for _ in range(51)]
        assert answers == [303] * 50 + [429]
        waits = client.post("/sign-in/code", headers=here)
        assert waits.headers["Retry-After"] == "900" and "Wait 15 minutes, then" in words(waits)

    def test_a_sign_up_that_comes_too_late_keeps_what_was_typed(self, make_app, monkeypatch):
        make.make_activity()
        monkeypatch.setitem(limits.LIMITS, "registration.sign_up", "1 per minute")
        app, here = make_app(RATE_LIMITS="on", PROXY_HOPS="1"), somewhere()
        typed = {"name": "Olena Koval", "email": "olena@people.example"}
        path = "/a/learning-communities-that-last/sign-up"
        first, second = (app.test_client().post(path, data=typed, headers=here) for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 429)
        assert second.headers["Retry-After"] == "60" and 'value="olena@people.example"' in second.text
        assert "Wait one minute, then try again. What you typed is still here." in words(second)
        assert app.test_client().post("/a/nothing-here/sign-up", headers=here).status_code == 429

    def test_a_class_of_a_school_signs_up_through_one_address(self):
        assert limits.LIMITS["registration.sign_up"] == "120 per minute"

    def test_every_limited_page_exists(self, app):
        assert {*limits.LIMITS, *limits.GUESSES} <= set(app.view_functions)

    @pytest.mark.parametrize(
        ("address", "counted"),
        [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1:2:3:4", "2001:db8::/64"),
         ("2001:db8::9", "2001:db8::/64"), ("", "unknown"), ("nonsense", "unknown")],
    )  # fmt: skip
    def test_what_counts_as_one_network(self, app, address, counted):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            assert limits.client_network() == counted


# Mail programs press this button for people (RFC 8058): they have no page before it, and the link itself is the authority.
WITHOUT_A_PAGE_BEFORE = {"unsubscribing.change"}


def test_every_form_without_its_token_is_refused(client, with_csrf):
    make.signed_in_by_row(client, make.make_office())
    refused = {}
    for rule in client.application.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint not in WITHOUT_A_PAGE_BEFORE:
            values = {
                name: 1 if type(c).__name__ == "IntegerConverter" else "x" for name, c in rule._converters.items()
            }
            path = client.application.url_map.bind("").build(rule.endpoint, values, method="POST")
            for data in ({}, {"csrf_token": "foreign"}):
                refused[(path, bool(data))] = client.post(path, data=data).status_code
    assert len(refused) > 40
    assert {key: code for key, code in refused.items() if code != 400} == {}


ELSEWHERE = [
    "https://evil.example", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "javascript:alert(1)", "evil.example", "http:evil.example",
    "/a\r\nX: y", "\x00/", "", "/a\u2028b", "https:/evil.example", "/" + "x" * 1000, " /x", "/..//evil.example",
    "/.//evil.example", "/a/..//evil.example", "https:evil", "data:text/html,x", "?x", "#x", "..", "/\u00a0/x",
    "/\x7f/evil", "HTTPS://evil.example", "//user@evil.example/", "/\\/evil.example", "\u2044/evil.example",
]  # fmt: skip


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_the_way_back_leads_nowhere_else(elsewhere):
    assert own_path(elsewhere) == "/"


@pytest.mark.parametrize(
    "path", ["/", "/a/x?y=1", "/host/sessions/3/attendance?show=all#x", "/?next=//evil.example", "/a/é"]
)
def test_the_way_back_leads_to_own_pages(path):
    assert own_path(path) == path


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "events.test.evil.example"])
def test_a_foreign_host_gets_into_no_link(client, host):
    make.make_person("Ana", "ana@a.example")
    make.make_activity()
    for answer in (
        client.get("/", headers={"Host": host}),
        client.get("/sign-in", headers={"Host": host}),
        client.post("/sign-in", data={"email": "ana@a.example"}, headers={"Host": host}),
        client.get("/feeds/programme.ics", headers={"Host": host}),
        client.get("/nothing", headers={"Host": host}),
    ):
        assert "evil" not in answer.text + str(answer.headers)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == 1
    from ecwi_events.jobs import letters
    from ecwi_events.kernel.clock import utc_now
    from ecwi_events.mail.queries import find_mail

    letter = letters.letter_of(find_mail(db.session.scalar(sa.select(Mail.id))), None, now=utc_now())
    assert letter.facts["link"].startswith("http://events.test/sign-in/")


def test_hosts_can_be_narrowed_by_a_setting(make_app):
    client = make_app(TRUSTED_HOSTS="events.test, 127.0.0.1").test_client()
    assert client.get("/healthz", headers={"Host": "events.test"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_over_https_the_cookie_is_bound_to_this_host(make_app):
    client = make_app(**HTTPS).test_client()
    cookie = client.get("/sign-in", base_url="https://events.test").headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/nothing", 404), ("GET", "/office", 403), ("POST", "/time-zone", 422),
     ("GET", "/sign-in", 200), ("PUT", "/", 405), ("TRACE", "/", 405), ("GET", "/sign-in/code", 303),
     ("GET", "/sign-in/unknown", 410),
     ("OPTIONS", "/", 200), ("GET", "/static/nothing", 404), ("GET", "/a%00b", 404)],
)  # fmt: skip
def test_every_answer_carries_the_same_guards(make_app, method, path, status):
    answer = make_app(**HTTPS).test_client().open(path, method=method, base_url="https://events.test")
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_http_promises_no_https(client):
    assert "Strict-Transport-Security" not in client.get("/").headers


@pytest.mark.parametrize("path", ["/office", "/me/devices", "/me/second-factor", "/second-factor", "/", "/sign-in"])
def test_what_a_signed_in_person_sees_is_kept_nowhere(client, path):
    make.signed_in(client, make.make_office())
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/office", "/", "/host", "/me/devices"])
def test_a_page_asks_once_who_it_is_and_what_they_may(client, count_queries, path):
    make.signed_in(client, make.make_office())
    with count_queries() as seen:
        client.get(path)
    assert len([one for one in seen if re.search(r"FROM (person|browser_session|role_grant)\b", one)]) <= 2
    assert len([one for one in seen if "WHERE browser_session.token_hash =" in one]) == 1


def test_no_svg_or_form_brings_a_style_of_its_own(client):
    make.signed_in(client, make.make_person())
    client.post("/me/second-factor/app")
    g.pop("_login_user", None)
    page = client.get("/me/second-factor/app").text
    assert "<svg" in page and "style=" not in page
    assert re.search(r'<svg viewBox="0 0 (\d+) \1" class="qr">', page), "it can be made smaller without losing a corner"
