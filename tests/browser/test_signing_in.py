"""Signing in with a real browser: by code without JavaScript, with an app, and with a passkey in a virtual authenticator."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from ecwi_events.kernel import links
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import signing_in
from ecwi_events.people.models_signing_in import Passkey, SignInToken
from tests import make
from tests.browser.looking import faults, press

pytestmark = pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def site(live, app, monkeypatch):
    """The site under the name for which passkeys work without TLS, staff bound to a second factor."""
    live.url = f"http://localhost:{urlsplit(live.url).port}"
    links.configure(live.url)
    monkeypatch.setitem(
        app.extensions, "ecwi_settings", replace(app.extensions["ecwi_settings"], second_factor_required=True)
    )
    yield live
    links.configure("http://events.test")


def add_authenticator(page):
    """Give the page's browser a passkey device that says yes to everything; return its CDP session and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def begin(page, site, person_id: int) -> None:
    with transaction():
        token = signing_in.issue_sign_in_token(person_id, now=make.NOW)
    page.goto(f"{site.url}/sign-in/{token}")
    press(page, page.get_by_role("main").get_by_role("button", name="Sign in"))


def test_on_a_phone_without_javascript_with_the_code(site, open_page):
    make.make_person("Olena Koval", "olena@people.example")
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto(site.url)
    page.get_by_role("contentinfo").get_by_role("link", name="Sign in").click()
    page.get_by_label("Email address").fill("olena@people.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    mail = signing_in.find_mail(db.session.scalar(sa.select(SignInToken.id)), now=make.NOW)
    page.get_by_label("Code from the email").fill("000 000" if mail.code != "000000" else "111 111")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You can try 4 more times")
    page.get_by_label("Code from the email").fill(f"{mail.code[:3]} {mail.code[3:]}")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("You are signed in as Olena Koval.")).to_be_visible()


@pytest.mark.parametrize("script", [False, True])
def test_the_office_sets_up_an_app_and_comes_back_with_it(site, open_page, the_clock, script):
    office = make.make_office()
    page = open_page(**PHONE, java_script_enabled=script)
    begin(page, site, office)
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkeys and one-time codes")
    page.get_by_role("button", name="Set up an app").click()
    app = pyotp.TOTP(page.locator("b.num").inner_text().replace(" ", ""))
    page.get_by_label("Code from the app").fill(app.at(the_clock.now))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("listitem").filter(has_text=re.compile(r"^\w{5}-\w{5}$"))).to_have_count(10)
    page.get_by_role("link", name="I have the codes, go on").click()
    expect(page).to_have_url(f"{site.url}/office")
    again = open_page(**PHONE, java_script_enabled=script)
    begin(again, site, office)
    expect(again.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    again.get_by_label("Code").fill(app.at(the_clock.now.timestamp() + 30))
    again.get_by_role("button", name="Go on").click()
    expect(again).to_have_url(f"{site.url}/office")


def test_a_passkey_is_made_and_opens_the_office(site, open_page, the_clock):
    office = make.make_office()
    page = open_page(**PHONE)
    session, authenticator = add_authenticator(page)
    begin(page, site, office)
    page.get_by_label("Name of this passkey").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.get_by_role("link", name="I have the codes, go on").click()
    expect(page).to_have_url(f"{site.url}/office")
    made = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert [one["rpId"] for one in made] == ["localhost"]

    begin(page, site, office)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page).to_have_url(f"{site.url}/office")
    db.session.rollback()
    assert db.session.scalar(sa.select(Passkey.sign_count)) > 1
    page.goto(f"{site.url}/me/second-factor")
    expect(page.get_by_role("button", name="Remove My phone")).to_be_visible()


def test_a_copied_passkey_whose_counter_went_back_is_refused(site, open_page, the_clock):
    office = make.make_office()
    page = open_page(**PHONE)
    add_authenticator(page)
    begin(page, site, office)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have the codes, go on").click()
    with transaction() as rows:
        rows.execute(sa.update(Passkey).values(sign_count=1000))
    begin(page, site, office)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("This passkey was not accepted")
    page.goto(f"{site.url}/office")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")


def test_an_answer_counts_once(site, open_page, the_clock):
    office = make.make_office()
    page = open_page(**PHONE)
    add_authenticator(page)
    begin(page, site, office)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have the codes, go on").click()
    begin(page, site, office)
    sent = []
    page.on("request", lambda r: sent.append(r.post_data) if r.url.endswith("/second-factor/passkey") else None)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page).to_have_url(f"{site.url}/office")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert page.request.post(f"{site.url}/second-factor/passkey", data=sent[0], headers=headers).status in {400, 422}


def test_a_device_that_says_no_leaves_words_and_the_code(site, open_page, the_clock):
    office = make.make_office()
    page = open_page(**PHONE)
    begin(page, site, office)
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error('no')) }")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("That did not work. Try again, or use a code.")).to_be_visible()
    assert db.session.scalars(sa.select(Passkey)).all() == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)])
def test_the_pages_of_signing_in_are_accessible(site, open_page, the_clock, scheme, width):
    office = make.make_office()
    page = open_page(width=width, color_scheme=scheme)
    add_authenticator(page)
    found = {}
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("Email address").fill("nobody@people.example")
    press(page, page.get_by_role("button", name="Send me a link"))
    found["link sent"] = faults(page)
    page.get_by_label("Code from the email").fill("000001")
    press(page, page.get_by_role("main").get_by_role("button", name="Sign in", exact=True))
    found["wrong code"] = faults(page)
    begin(page, site, office)
    found["factors, none"] = faults(page)
    press(page, page.get_by_role("button", name="Set up an app"))
    found["app"] = faults(page)
    app = pyotp.TOTP(page.locator("b.num").inner_text().replace(" ", ""))
    page.get_by_label("Code from the app").fill(app.at(the_clock.now))
    press(page, page.get_by_role("button", name="Confirm"))
    found["recovery codes"] = faults(page)
    page.goto(f"{site.url}/me/second-factor")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is added.").wait_for()
    found["factors"] = faults(page)
    begin(page, site, office)
    found["confirm"] = faults(page)
    page.goto(f"{site.url}/me/devices")
    found["devices"] = faults(page)
    assert {where: what for where, what in found.items() if what} == {}
