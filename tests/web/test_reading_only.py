"""Auditors read the pages of the office and of hosts without what they may not do."""

import re
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

import config
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import service as people
from ecwi_events.people.models import Role
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import queries as registrations
from tests import make
from tests.web.conftest import words

FRAME = '<body class="only-reads">'


def test_pages_that_an_auditor_only_reads_are_marked_and_others_are_not(app, client):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert FRAME in client.get("/office").text
    assert FRAME in client.get(f"/host/activities/{activity_id}/reminders").text
    assert FRAME not in client.get("/me/settings").text
    make.signed_in(client, make.make_office())
    assert FRAME not in client.get("/office").text


def test_the_stylesheet_hides_what_changes_something(app, client):
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    page = client.get("/office").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert ".only-reads main form[method=post] button { display: none }" in client.get(address).text


def test_no_button_of_these_pages_stands_outside_of_its_form():
    for folder in ("office", "host"):
        for path in sorted(Path(config.PROJECT / "templates" / folder).rglob("*.html")):
            assert not re.search(r"<(?:button|input)[^>]*\s(?:formaction|formmethod|form)=", path.read_text("utf-8")), (
                path
            )


def test_an_auditor_who_sends_a_form_all_the_same_is_not_asked_to_sign_in(app, client):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    answer = client.post(f"/host/activities/{activity_id}/status/cancelled", data={"reason": "x"})
    assert answer.status_code == 403
    page = words(answer)
    assert "You read as an auditor, so you cannot change this. Nothing was changed." in page
    assert "Sign in with another address" not in page


def test_an_auditor_sees_marks_and_cannot_press_them(app, client):
    activity_id = make.make_activity()
    make.sign_up(activity_id)
    path = f"/host/sessions/{db.session.scalar(sa.select(ActivitySession.id))}/attendance"
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    page = client.get(path).text
    assert page.count(" disabled>") == page.count('type="radio"') == 4
    make.signed_in(client, make.make_office())
    assert " disabled>" not in client.get(path).text


def test_an_auditor_reads_that_there_is_an_address_of_the_meeting_and_not_which(app, client):
    house = make.make_organisation()
    session = replace(make.make_session(), meeting_url="https://meet.example/secret-room")
    activity_id = make.make_activity(host_id=house, sessions=[session])
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    db.session.rollback()
    pages = (f"/office/activities/{activity_id}", f"/host/sessions/{session_id}/edit")
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    for page in pages:
        shown = client.get(page)
        assert (shown.status_code, "secret-room" in shown.text, "hidden" in shown.text) == (200, False, True)
    make.signed_in(client, make.make_office())
    assert all("secret-room" in client.get(page).text for page in pages)
    both = make.make_host(house, "Hana Host")
    with transaction():
        people.grant_role(both, Role.AUDITOR, now=make.NOW)
    make.signed_in(client, both)
    assert all("secret-room" in client.get(page).text for page in pages), "who acts for it needs it"


def test_an_address_in_an_older_place_is_read_by_who_acts_for_it_alone(app, client):
    house = make.make_organisation()
    activity_id = make.make_activity(host_id=house)
    with transaction():
        db.session.execute(sa.update(ActivitySession).values(place="Online: https://meet.example/secret-room"))
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    db.session.rollback()
    public = ("/", "/a/learning-communities-that-last", "/feeds/programme.ics")
    hosts = (f"/host/sessions/{session_id}/edit",)
    listed = f"/host/activities/{activity_id}/sessions"
    sign_up = make.sign_up(activity_id)
    own = f"/m/{registrations.find_sign_up(sign_up.registration_id).token}"
    db.session.rollback()
    for page in (*public, own):
        assert client.get(page).status_code == 200 and "secret-room" not in client.get(page).text
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    for page in (*public, *hosts, listed, f"/office/activities/{activity_id}"):
        assert client.get(page).status_code == 200 and "secret-room" not in client.get(page).text
    assert "the place is hidden" not in words(client.get(listed))
    make.signed_in(client, make.make_host(house, "Hana Host"))
    assert all("secret-room" in client.get(page).text for page in hosts)
    assert "the place is hidden: there is a link in it" in words(client.get(listed))
