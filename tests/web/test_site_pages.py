import re
from html import unescape
from html.parser import HTMLParser
from importlib import resources

import flask
import pytest
import sqlalchemy as sa

from ecwi_events.kernel import dates
from ecwi_events.kernel.db import db
from ecwi_events.people import rules as people_rules
from ecwi_events.web import errors, static, zones
from ecwi_events.web.registration import signing_up as registration
from tests import make
from tests.web.conftest import words


@pytest.mark.parametrize("path", ["/help", "/privacy", "/accessibility", "/sign-in", "/time-zone", "/"])
def test_pages_about_the_site(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1


def test_the_privacy_page_says_how_long_cookies_live(client):
    page = words(client.get("/privacy"))
    assert f"for {people_rules.SIGNED_IN_FOR.days} days, or until you sign out" in page
    assert f"for {registration.SHOWN_FOR.seconds // 60} minutes" in page
    assert zones.KEPT_SECONDS == 365 * 24 * 3600
    assert "Your time zone, for one year." in page


def test_robots_may_read_feeds_and_nothing_personal(client):
    lines = client.get("/robots.txt").text.splitlines()
    assert "Allow: /feeds/" in lines
    assert {"Disallow: /m/", "Disallow: /sign-in", "Disallow: /host", "Disallow: /office"} <= set(lines)


@pytest.mark.parametrize("name", ["Europe/Kiev", "Asia/Calcutta", "Asia/Saigon", "Asia/Katmandu"])
def test_old_zone_names_are_kept_as_the_new_ones(client, name):
    answer = client.post("/time-zone", data={"zone": name, "next": "/help"})
    assert (answer.status_code, answer.location) == (303, "/help")
    assert client.get_cookie("zone").decoded_value == dates.canonical_zone(name)


def test_a_choice_of_somebody_signed_in_counts_although_another_zone_was_known(client):
    make.signed_in(client, make.make_person(zone="Europe/Kyiv"))
    client.post("/time-zone", data={"zone": "Asia/Bishkek", "next": "/"})
    for _ in range(2):
        assert '<option value="Asia/Bishkek" selected>' in client.get("/time-zone").text
        client.delete_cookie("zone")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "<script>", "../../etc/passwd", "x" * 5000])
def test_a_zone_that_is_none_is_said(client, name):
    answer = client.post("/time-zone", data={"zone": name, "next": "/help"})
    assert answer.status_code == 422
    assert "Choose a city from the list" in words(answer)
    assert 'value="/help"' in answer.text


def list_of(client, **headers) -> dict[str, list[tuple[str, str]]]:
    """The groups of the list with the value and the words of their lines, as a browser without script reads them."""
    page = unescape(client.get("/time-zone", headers=headers).text)
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page, re.DOTALL)
    return {label: re.findall(r'<option value="([^"]+)"(?: selected)?>([^<\n]+)', lines) for label, lines in groups}


def test_every_zone_can_be_chosen_without_script(client):
    found = list_of(client)
    names = [name for lines in found.values() for name, _ in lines]
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    assert {line.split("\t")[2] for line in table.splitlines() if line[0] != "#"} | {"UTC"} == set(names)
    assert set(names) <= set(dates.zone_names())
    assert sorted(name for name in set(names) if names.count(name) > 1) == ["Europe/Belgrade"], "in Kosovo too"
    assert found["Nepal"] == [("Asia/Kathmandu", "Kathmandu (UTC+5:45)")]
    assert ("America/St_Johns", "St Johns, Newfoundland, Labrador (SE) (UTC-3:30)") in found["Canada"]
    assert ("Pacific/Chatham", "Chatham, Chatham Islands (UTC+13:45)") in found["New Zealand"]
    assert found["The Netherlands"] == [("Europe/Amsterdam", "Amsterdam (UTC+1)")]
    assert found["Kosovo"] == [("Europe/Belgrade", "Pristina (UTC+1)")]
    labels = list(found)
    assert labels.index("Nepal") < labels.index("The Netherlands") < labels.index("New Zealand"), "by their names"


@pytest.mark.parametrize(
    ("zone", "language", "first"),
    [
        (None, "ne-NP,ne;q=0.9,en;q=0.8", [("Asia/Kathmandu", "Kathmandu (UTC+5:45)")]),
        ("Asia/Tbilisi", "ne-NP", [("Asia/Tbilisi", "Tbilisi (UTC+4)")]),
        ("Europe/Belgrade", "en", [("Europe/Belgrade", "Belgrade (UTC+1)")]),
        ("America/Montreal", "en", [("America/Montreal", "Montreal (UTC-5)")]),
        ("UTC", "en", [("UTC", "UTC")]),
    ],
)
def test_what_is_likely_comes_first_and_only_once(client, zone, language, first):
    if zone:
        client.set_cookie("zone", zone)
    found = list_of(client, **{"Accept-Language": language})
    assert next(iter(found)) == "Likely for you" and found["Likely for you"] == first
    assert client.get("/time-zone").text.count(" selected") == bool(zone)
    assert sum(name == first[0][0] for lines in found.values() for name, _ in lines) == 1 + (zone == "Europe/Belgrade")


@pytest.mark.parametrize("language", ["", "en", "xx-YY", "en-", "*", "'\";<b>-NP"])
def test_a_browser_that_names_no_country_gets_no_guess(client, language):
    assert "Likely for you" not in list_of(client, **{"Accept-Language": language})


def test_amsterdam_is_amsterdam_and_the_form_leads_to_all_cities(client):
    make.make_activity()
    page = client.get("/a/learning-communities-that-last").text
    assert '<option value="Europe/Amsterdam" selected>Amsterdam' in page and "Leiden" not in page
    assert '<a href="#time-zone">Change the time zone</a> first.' in page and 'id="time-zone"' in page
    client.post("/time-zone", data={"zone": "Asia/Kathmandu", "next": "/a/learning-communities-that-last"})
    assert '<option value="Asia/Kathmandu" selected>Kathmandu' in client.get("/a/learning-communities-that-last").text


def test_every_answer_carries_its_headers(client):
    for path in ("/", "/nothing", "/sign-in", "/office"):
        fields = client.get(path).headers
        assert "script-src 'self'; style-src 'self'" in fields["Content-Security-Policy"]
        assert "unsafe" not in fields["Content-Security-Policy"]
        assert fields["X-Content-Type-Options"] == "nosniff"
        assert fields["Referrer-Policy"] == "same-origin"
        assert fields["Cache-Control"] == "no-store"


class Inline(HTMLParser):
    """Collects what a policy without 'unsafe-inline' would block, and what reaches out to other sites."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.found += [(tag, name) for name in facts if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not facts.get("src")):
            self.found.append((tag, "inline"))
        if tag in {"script", "link", "img", "iframe"} and "//" in (facts.get("src") or facts.get("href") or ""):
            self.found.append((tag, "third party"))


def test_no_page_has_inline_style_or_script_or_asks_another_site(client):
    link = make.sign_up(make.make_activity())
    from ecwi_events.registration import queries

    make.signed_in(client, make.make_office())
    mine = f"/m/{queries.find_sign_up(link.registration_id).token}"
    paths = ["/", "/a/learning-communities-that-last", "/sign-in", "/time-zone", "/help", "/host", "/office", mine,
             "/host/sessions/1/attendance", "/office/activities/new", "/nothing"]  # fmt: skip
    for path in paths:
        reader = Inline()
        reader.feed(client.get(path).text)
        assert (path, reader.found) == (path, [])


@pytest.mark.parametrize(
    ("send", "status", "sentence"),
    [
        (lambda c: c.get("/nothing"), 404, "We cannot find this page."),
        (lambda c: c.post("/help"), 405, "This page cannot be used in this way."),
        (lambda c: c.get("/office"), 403, "You cannot see this page."),
        (lambda c: c.post("/sign-in", data={"email": "x" * 6_000_000}), 413, "This is too large. Send 5 MB or less."),
    ],
)
def test_errors_have_our_look_and_our_words(client, send, status, sentence):
    answer = send(client)
    page = words(answer)
    assert answer.status_code == status
    assert sentence in page
    assert "See the programme" in page
    for never in ("nvalid", "llegal", "orbidden", "oops", "Traceback"):
        assert never not in page


def test_an_error_page_offers_to_sign_in_only_where_there_is_no_cookie_of_it(client):
    assert client.get("/nothing").text.count('<a href="/sign-in">Sign in</a>') == 2
    make.signed_in(client, make.make_person())
    for answer in (client.get("/nothing"), client.post("/help")):
        assert '<a href="/sign-in">' not in answer.text
        assert "<li></li>" not in answer.text


@pytest.mark.parametrize("path", ["//a//x", "/overview//2022", "/host//sessions/1/attendance", "/help/"])
def test_no_redirect_follows_a_foreign_host(client, path):
    answer = client.get("/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.location) == (404, None)


@pytest.mark.parametrize("path", ["/overview/२०२२", "/overview/٢٠٢٢.pdf", "/overview/٢٠٢٢.json", "/a/²"])
def test_other_digits_than_ours_name_no_page(client, path):
    make.signed_in(client, make.make_office())
    answer = client.get(path)
    assert answer.status_code == 404
    assert "We cannot find this page." in answer.text


def test_an_activity_has_no_second_address_in_other_digits(client):
    make.signed_in(client, make.make_office())
    activity = str(make.make_activity())
    assert client.get(f"/office/activities/{activity}").status_code == 200
    devanagari = activity.translate({ord("0") + digit: 0x966 + digit for digit in range(10)})
    assert client.get(f"/office/activities/{devanagari}").status_code == 404


@pytest.mark.parametrize("ending", ["", ".pdf", ".json"])
@pytest.mark.parametrize("year", ["1989", "2101", "9999", "0", "02022", "99999999999999999999"])
def test_years_far_away_have_no_overview_page(client, year, ending):
    answer = client.get(f"/overview/{year}{ending}")
    assert (answer.status_code, answer.text) == (404, client.get("/nothing").text)
    assert "comes out in spring 2101" in client.get("/overview/2100").text


def test_405_says_what_is_allowed(client):
    assert "GET" in client.post("/help").headers["Allow"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_an_error_page_needs_neither_database_nor_identity(app, count_queries, status):
    with app.test_request_context("/"), count_queries() as seen:
        flask.session["_user_id"] = "somebody"
        page, code = errors.page(status, "Sorry, something went wrong on our side.")
    assert (code, seen) == (status, [])
    assert "Sorry, something went wrong on our side.</h1>" in page


def test_while_the_database_is_away_people_are_told_to_come_back(client, monkeypatch):
    def away(*_args, **_kwargs):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    make.signed_in(client, make.make_person("Olena Koval"))
    with monkeypatch.context() as broken:
        broken.setattr(type(db.session()), "execute", away)
        answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Try again in a few minutes." in words(answer)


def test_what_we_did_not_expect_is_a_calm_page_with_a_reference(client, app, monkeypatch, caplog):
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.view_functions, "site.help_page", lambda: 1 / 0)
    answer = client.get("/help")
    assert answer.status_code == 500
    reference = re.search(r"Reference ([0-9A-F]{6})", answer.text)[1]
    assert reference in caplog.text
    assert "ZeroDivisionError" not in answer.text


def test_navigation_shows_what_somebody_may_do(client):
    def entries():
        return re.findall(r"<a href=\"(/[^\"]*)\"", client.get("/help").text.split("</header>")[0])

    assert entries() == ["/", "/library", "/overview", "/sign-in"]
    make.signed_in(client, make.make_host(make.make_organisation()))
    assert entries() == ["/", "/me", "/library", "/overview", "/host"]
    make.signed_in(client, make.make_office())
    assert entries() == ["/", "/me", "/library", "/overview", "/office"]


def test_static_files_are_kept_for_good_and_come_compressed(client):
    answer = client.get(static.address("app.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"


def test_the_files_stay_within_their_budgets(app):
    names, files = static.assets()
    assert len(files[names["app.css"]].gzip) <= 12_000
    assert len(files[names["app.js"]].gzip) <= 8_000


def test_a_first_visit_stays_within_its_budget(client):
    sessions = [make.make_session(f"Session {n}", starts_local=f"2027-0{n}-19 14:00") for n in range(1, 6)]
    make.make_activity(sessions=sessions, capacity=80)
    for number in range(40):
        make.make_organisation(f"Organisation number {number} for early years")
    page = client.get("/a/learning-communities-that-last", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    names, files = static.assets()
    assert len(page.data) + sum(len(files[names[name]].gzip) for name in ("app.css", "app.js", "icon.svg")) <= 30_000
