"""Pages, forms and files of activities that not everybody may see."""

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import letter_parts
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import invitations, queries, record
from ecwi_events.programme.models import ActivityStatus, Visibility
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Registration
from tests import make
from tests.make import NOW
from tests.web.conftest import words

FORM = {"name": "Olena Koval", "email": "olena@people.example", "zone": "Europe/Kyiv"}


def hide(activity, visibility):
    found, revision = record.get_record(activity)
    with transaction():
        record.edit_activity(
            activity, record.Record(**{**vars(found), "visibility": visibility}), revision=revision, now=NOW
        )
    return invitations.find_token(activity)


@pytest.fixture
def members_only(app):
    activity = make.make_activity("For Members")
    hide(activity, Visibility.MEMBERS)
    return activity


@pytest.fixture
def invited(app):
    return hide(make.make_activity("By invitation"), Visibility.INVITED)


def looks_like_nothing(client, slug):
    nothing = client.get("/a/there-is-none")
    pages = [client.get(f"/a/{slug}"), client.get(f"/a/{slug}.ics"), client.get(f"/a/{slug}/done"),
             client.post(f"/a/{slug}/sign-up", data=FORM)]  # fmt: skip
    return {page.status_code for page in pages} == {404} and pages[0].text == nothing.text


def test_a_members_only_activity_does_not_exist_for_others(client, members_only):
    assert looks_like_nothing(client, "for-members")
    assert "For Members" not in client.get("/").text + client.get("/feeds/programme.ics").text
    make.make_organisation("Not a Member", member=False)
    make.signed_in(client, make.make_person(organisation="Not a Member"))
    assert looks_like_nothing(client, "for-members")


def test_people_of_members_find_it_see_it_and_sign_up(client, members_only):
    make.make_organisation("A Member House")
    make.signed_in(client, make.make_person(organisation="A Member House"))
    assert "For Members" in client.get("/").text
    page = words(client.get("/a/for-members"))
    assert "Members only" in page
    assert client.get("/a/for-members.ics").status_code == 200
    assert client.post("/a/for-members/sign-up", data=FORM).status_code == 303


def test_an_invitation_link_opens_its_own_activity_and_no_other(client, invited):
    other = hide(make.make_activity("Another one"), Visibility.INVITED)
    assert looks_like_nothing(client, "by-invitation")
    answer = client.get(f"/i/{invited}")
    assert (answer.status_code, answer.location) == (303, "/a/by-invitation")
    assert "By invitation" in words(client.get("/a/by-invitation"))
    assert looks_like_nothing(client, "another-one")
    assert "By invitation" not in client.get("/").text, "it stands in no list"
    client.get(f"/i/{other}")
    assert client.get("/a/by-invitation").status_code == client.get("/a/another-one").status_code == 200
    assert client.post("/a/by-invitation/sign-up", data=FORM).status_code == 303


def test_a_new_link_makes_the_old_one_void_also_where_it_was_opened(client, invited):
    activity = _id_of("By invitation")
    client.get(f"/i/{invited}")
    with transaction():
        invitations.renew_link(activity, now=NOW)
    new = invitations.find_token(activity)
    assert client.get(f"/i/{invited}").status_code == 404
    assert looks_like_nothing(client, "by-invitation")
    assert client.get(f"/i/{new}").status_code == 303
    assert client.get("/a/by-invitation").status_code == 200


def test_the_office_reads_the_link_and_makes_a_new_one(client, invited):
    activity = _id_of("By invitation")
    make.signed_in(client, make.make_office())
    path = f"/office/activities/{activity}"
    assert f"/i/{invited}" in client.get(f"{path}/edit").text
    answer = client.post(f"{path}/invitation")
    assert (answer.status_code, answer.location) == (303, f"{path}/edit#invitation")
    page = client.get(f"{path}/edit").text
    assert f"/i/{invited}" not in page and f"/i/{invitations.find_token(activity)}" in page


def _id_of(title):
    return next(card.id for card in queries.activities_of_year(2026) if card.title == title)


def test_links_of_what_is_public_or_a_draft_or_nothing_open_nothing(client):
    draft = hide(make.make_activity("Draft", status=ActivityStatus.DRAFT), Visibility.INVITED)
    public = make.make_activity("Open")
    once = hide(public, Visibility.INVITED)
    hide(public, Visibility.PUBLIC)
    for token in (draft, once, "", "x", "A" * 24, "%00"):
        assert client.get(f"/i/{token}").status_code == 404
    make.signed_in(client, make.make_office())
    assert client.post(f"/office/activities/{public}/invitation").status_code == 409
    assert client.post("/office/activities/987654/invitation").status_code == 404


def test_hosts_and_the_office_and_people_with_a_place_see_it(client, app):
    house = make.make_organisation("House")
    activity = make.make_activity("Hidden", host_id=house)
    signed_up = make.make_person(address="has.place@people.example")
    make.sign_up(activity, address="has.place@people.example")
    hide(activity, Visibility.INVITED)
    for person in (make.make_host(house), make.make_office(), signed_up):
        make.signed_in(client, person)
        assert client.get("/a/hidden").status_code == 200
    make.signed_in(client, make.make_host(make.make_organisation()))
    assert looks_like_nothing(client, "hidden")


def test_a_browser_keeps_a_few_invitations_only(client, invited):
    tokens = [hide(make.make_activity(f"Number {number}"), Visibility.INVITED) for number in range(10)]
    for token in [invited, *tokens]:
        assert client.get(f"/i/{token}").status_code == 303
    assert client.get("/a/by-invitation").status_code == 404
    assert client.get("/a/number-9").status_code == 200


def test_public_pages_ask_nobody_who_they_are(client, count_queries):
    make.make_activity("Open")
    with count_queries() as seen:
        client.get("/a/open")
    assert not [statement for statement in seen if "membership_spell" in statement or "browser_session" in statement]


def test_the_personal_page_leads_nowhere_that_its_holder_may_not_see(client, app):
    activity = make.make_activity("Hidden")
    signed_up = make.sign_up(activity, address="olena@people.example").registration_id
    token = db.session.scalar(sa.select(Registration).where(Registration.id == signed_up))
    page = f"/m/{registrations.token_of(token.uid, token.link_version)}"
    assert 'href="/a/hidden"' in client.get(page).text
    hide(activity, Visibility.MEMBERS)
    assert 'href="/a/hidden"' not in client.get(page).text
    mine = registrations.find_sign_up(signed_up)
    assert letter_parts.page_of(mine) == f"http://events.test{page}"
