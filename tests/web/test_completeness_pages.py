"""The completeness board, the mail that asks, and the page behind its link."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, insert_row, transaction
from ecwi_events.overview import asking
from ecwi_events.overview.models_asking import Answer, Question
from ecwi_events.people.models import Role
from ecwi_events.programme import outcomes, resources
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    Format,
    Outcome,
    OutcomeKind,
    Resource,
    SessionStatus,
)
from ecwi_events.programme.models_files import ResourceKind
from ecwi_events.programme.resources import TypedResource
from tests import make
from tests.make import NOW
from tests.web.conftest import words

BOARD = "/office/completeness?year=2026"


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office())


def over(host, title="Mentors who listen") -> int:
    then = NOW - timedelta(days=90)
    return make.make_activity(
        title, host_id=host, sessions=[make.make_session("One", starts_local="2026-10-05 14:00")], now=then
    )


def test_the_board_says_what_is_missing_who_owes_it_and_since_when(client, office):
    over(make.make_organisation("Example Network"))
    page = words(client.get(BOARD))
    assert "0 of 1 activity is complete." in page
    for part in ("Outcomes that were achieved", "What was paid, and by whom", "5 October 2026, 47 days"):
        assert part in page
    assert "Nobody to ask: add a host person" in page
    assert "What was paid" not in words(client.get(f"{BOARD}&owes=host"))


def test_a_year_of_which_nothing_is_known(client, office):
    assert "There is nothing in the overview of 2031 yet." in words(client.get("/office/completeness?year=2031"))
    assert client.get("/office/completeness?year=x").status_code == 200


def test_an_activity_of_another_year_says_why_it_stands_here(client, office):
    activity_id = over(make.make_organisation("Example Network"))
    with transaction():
        db.session.execute(sa.update(Activity).values(home_year=2025))
    page = words(client.get(BOARD))
    assert f'<a href="/office/activities/{activity_id}">Mentors who listen</a>' in page
    assert 'Its year is <a href="?year=2025">2025</a>. Here only its sessions of 2026 count.' in page
    assert "The number of participants of these sessions" in page and "What was paid" not in page
    assert "All activities whose year is 2026, and those of other years with sessions in 2026." in page
    home = words(client.get("/office/completeness?year=2025"))
    assert "What was paid" in home and "Its year is" not in home


def test_asking_and_asking_again_too_soon(client, office):
    host = make.make_organisation("Example Network")
    over(host)
    make.make_host(host)
    where = f"/office/completeness/{host}"
    answer = client.post(where, data={"year": "2026"})
    assert (answer.status_code, answer.location) == (303, BOARD)
    page = words(client.get(answer.location))
    assert "1 person is asked by mail." in page and "Asked on" in page
    again = client.post(where, data={"year": "2026"})
    assert again.status_code == 409
    assert "This host was asked less than a week ago." in words(again) and "Yes, ask again" in words(again)
    assert client.post(where, data={"year": "2026", "again": "yes"}).status_code == 303


def test_an_auditor_reads_and_asks_nobody(client):
    host = make.make_organisation()
    over(host)
    make.make_host(host)
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert "Ask for what is missing" not in words(client.get(BOARD))
    assert client.post(f"/office/completeness/{host}", data={"year": "2026"}).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_rows(client, office, count_queries):
    def fill(hosts, activities, sessions):
        for _ in range(hosts):
            host = make.make_organisation()
            for number in range(activities):
                activity_id = over(host, f"Activity {number}")
                make.sign_up(activity_id, now=NOW - timedelta(days=80))
                with transaction():
                    for day in range(sessions):
                        add_session(activity_id, day)

    fill(1, 1, 0)
    client.get(BOARD)
    with count_queries() as few:
        client.get(BOARD)
    fill(3, 2, 40)
    with count_queries() as many:
        assert client.get(BOARD).status_code == 200
    assert len(few) == len(many) <= 14, "\n".join(many)


def add_session(activity_id, day):
    start = NOW - timedelta(days=60 - day % 30)
    insert_row(
        ActivitySession, uid=f"{activity_id}-{day}", activity_id=activity_id, title=f"Session {day}",
        format=Format.ONLINE_SESSION, starts_local=start.replace(tzinfo=None), fold=0, zone="UTC", duration_minutes=60,
        starts_at=start, ends_at=start + timedelta(hours=1), tzdata_version="x", language="en",
        status=SessionStatus.PLANNED, ical_sequence=0, schedule_revision=1, revision=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


class TestThePageBehindTheLink:
    @pytest.fixture
    def link(self, app):
        host = make.make_organisation("Example Network")
        self.activity_id = over(host)
        make.make_host(host)
        with transaction():
            asking.ask_host(host, 2026, by_person_id=None, now=NOW)
        return "/ask/" + asking.token_of(db.session.scalar(sa.select(Question.uid)))

    def test_needs_no_account_and_says_what_is_missing(self, client, link):
        page = words(client.get(link))
        assert "Mentors who listen" in page and "Outcomes that were achieved" in page
        assert "What was paid" not in page, "the office owes that"
        assert client.get(link).headers.get("Referrer-Policy") in {"no-referrer", "same-origin"}

    def test_takes_in_what_is_sent(self, client, link):
        data = {"activity": str(self.activity_id), "outcomes": "We listen\r\nWe plan", "note": "19 people"}
        answer = client.post(link, data=data)
        assert (answer.status_code, answer.location) == (303, link)
        page = words(client.get(link))
        assert "Thank you. We have it." in page and "You sent: 2 outcomes, 0 links, and a note." in page
        assert "The office looks at what you sent: “We listen”, “We plan”." in page
        assert db.session.scalars(sa.select(Outcome.text)).all() == []

    def test_one_click_accepts_what_was_sent_in_and_another_declines_it(self, client, link):
        data = {
            "activity": str(self.activity_id), "outcomes": "We listen\nBuy cheap pills", "title-0": "Guide",
            "url-0": "https://x.example/g",
        }  # fmt: skip
        client.post(link, data=data)
        public = client.get("/a/mentors-who-listen").text + client.get("/library").text
        assert "We listen" not in public and "Guide" not in public
        make.signed_in(client, make.make_office())
        page = client.get(BOARD)
        assert "3 things were sent in and not looked at: they do not count yet." in words(page)
        year = words(client.get("/office/overview/2026"))
        assert "3 things were sent in and not looked at</a>: not counted yet." in year
        items = re.findall(r'name="item" value="(\d+)"', page.text)
        where = f"/host/activities/{self.activity_id}/sent-in"
        for item, act in zip(items, ("accept", "decline", "accept"), strict=True):
            answer = client.post(where, data={"item": item, "act": act, "next": BOARD})
            assert (answer.status_code, answer.location) == (303, BOARD)
        for item, act, said in (
            (items[1], "accept", "This was declined before. It does not count."),
            (items[0], "decline", "This was accepted before. It counts."),
            (items[0], "accept", "Accepted. It counts from now on."),
        ):
            assert client.post(where, data={"item": item, "act": act, "next": BOARD}).status_code == 303
            assert said in words(client.get(BOARD)), "what was decided first holds"
        assert db.session.scalars(sa.select(Outcome.text)).all() == ["We listen"]
        assert db.session.scalars(sa.select(Resource.title)).all() == ["Guide"]
        assert "not looked at" not in words(client.get(BOARD))
        assert "Accepted from what was sent in for Mentors who listen (2)" in words(client.get(BOARD))
        for page in ("outcomes", "resources"):
            assert "Accepted from what was sent in (1)" in words(
                client.get(f"/host/activities/{self.activity_id}/{page}")
            )
        for said in ("Taken out. It does not count any more.", "Nothing was changed: this was taken out before"):
            answer = client.post(where, data={"item": items[2], "act": "take_out", "next": BOARD})
            assert (answer.status_code, answer.location) == (303, BOARD)
            assert said in words(client.get(BOARD))
        assert db.session.scalars(sa.select(Resource)).all() == []
        assert db.session.scalars(sa.select(Outcome.text)).all() == ["We listen"]
        assert client.post(where, data={"item": items[1], "act": "take_out"}).status_code == 303, "was never accepted"

    def test_hosts_accept_what_is_of_their_own_activities(self, client, link):
        client.post(link, data={"activity": str(self.activity_id), "outcomes": "We listen", "no_resources": "1"})
        where = f"/host/activities/{self.activity_id}"
        make.signed_in(client, make.make_host(make.make_organisation("Other")))
        for act in ("accept", "take_out"):
            assert client.post(f"{where}/sent-in", data={"item": "1", "act": act}).status_code == 404
        auditor = make.make_staff(Role.AUDITOR)
        make.signed_in(client, auditor)
        assert client.post(f"{where}/sent-in", data={"item": "1", "act": "accept"}).status_code == 403
        host = db.session.scalar(sa.select(ActivityOrganisation.organisation_id))
        make.signed_in(client, make.make_host(host, "Hugo Host"))
        for page, said in (("outcomes", "We listen"), ("resources", "There are no resources")):
            shown = client.get(f"{where}/{page}")
            assert "Sent in, and not looked at yet" in words(shown) and said in words(shown)
            (item,) = re.findall(r'name="item" value="(\d+)"', shown.text)
            answer = client.post(f"{where}/sent-in", data={"item": item, "act": "accept", "next": f"{where}/{page}?"})
            assert answer.location == f"{where}/{page}"
        assert "There are no resources. Nobody is asked for them." in words(client.get(f"{where}/resources"))

    def test_that_there_are_none_is_not_accepted_where_there_are_some_and_the_page_says_why(self, client, link):
        client.post(link, data={"activity": str(self.activity_id), "no_resources": "1"})
        with transaction():
            guide = TypedResource(ResourceKind.LINK, "Guide", "https://x.example/g")
            resources.add_resource(self.activity_id, guide, now=NOW)
        make.signed_in(client, make.make_office())
        where = f"/host/activities/{self.activity_id}"
        (item,) = re.findall(r'name="item" value="(\d+)"', client.get(f"{where}/resources").text)
        data = {"item": item, "act": "accept", "next": f"{where}/resources"}
        answer = client.post(f"{where}/sent-in", data=data)
        assert (answer.status_code, answer.location) == (303, f"{where}/resources")
        page = words(client.get(f"{where}/resources"))
        assert "This activity has resources. Remove them first, or leave it as it is." in page
        assert "Accepted." not in page and "Sent in, and not looked at yet" in page
        client.post(f"{where}/sent-in", data=data | {"act": "decline"})
        page = words(client.get(f"{where}/resources"))
        assert "Declined. It does not count." in page and "not looked at yet" not in page

    def test_an_outcome_too_many_is_not_accepted_and_the_page_says_why(self, client, link):
        client.post(link, data={"activity": str(self.activity_id), "outcomes": "We listen"})
        with transaction():
            for number in range(outcomes.MOST):
                outcomes.add_outcome(self.activity_id, OutcomeKind.ACHIEVED, f"Number {number}", now=NOW)
        make.signed_in(client, make.make_office())
        where = f"/host/activities/{self.activity_id}"
        (item,) = re.findall(r'name="item" value="(\d+)"', client.get(f"{where}/outcomes").text)
        assert client.post(f"{where}/sent-in", data={"item": item, "act": "accept"}).status_code == 303
        assert "An activity can have 100 outcomes. Remove one first." in words(client.get(f"{where}/outcomes"))

    @pytest.mark.parametrize("data", [{}, {"item": "x", "act": "accept"}, {"item": "1", "act": "burn"}, {"item": "²"}])
    def test_a_button_that_is_none_does_nothing(self, client, link, data):
        make.signed_in(client, make.make_office())
        assert client.post(f"/host/activities/{self.activity_id}/sent-in", data=data).status_code == 422
        gone = {"item": "4711", "act": "accept"}
        assert client.post(f"/host/activities/{self.activity_id}/sent-in", data=gone).status_code == 404

    def test_asks_no_longer_for_what_it_has_and_the_office_finds_the_way_to_it(self, client, link):
        data = {"activity": str(self.activity_id), "outcomes": "We listen"}
        assert [client.post(link, data=data).status_code for _ in range(2)] == [303, 303]
        page = client.get(link).text
        assert 'name="outcomes"' not in page and 'name="url-0"' in page and 'name="note"' in page
        late = client.post(link, data=data | {"outcomes": "We shout"})
        assert late.status_code == 422 and "We shout" in late.text
        assert "We do not ask for outcomes of this activity now." in words(late)
        make.signed_in(client, make.make_office())
        assert words(client.get(BOARD)).count("sent in on") == 1 and "We listen" in client.get(BOARD).text

    def test_the_office_takes_out_again_what_became_a_record_at_once_in_former_releases(self, client, link):
        with transaction():
            for text in ("We listen", "We plan"):
                outcomes.add_outcome(self.activity_id, OutcomeKind.ACHIEVED, text, now=NOW)
            guide = TypedResource(ResourceKind.LINK, "Guide", "https://x.example/g")
            resources.add_resource(self.activity_id, guide, now=NOW)
            question = db.session.scalar(sa.select(Question.id))
            db.session.add(
                Answer(question_id=question, activity_id=self.activity_id, outcomes=2, resources=1, answered_at=NOW)
            )
        with transaction():
            outcomes.add_outcome(self.activity_id, OutcomeKind.ACHIEVED, "Typed by us", now=NOW - timedelta(days=1))
        make.signed_in(client, make.make_office())
        page = client.get(BOARD).text
        removals = re.findall(r'action="(/host/activities/[0-9]+/(?:outcomes|resources)/[0-9]+/remove)"', page)
        assert (len(removals), "Typed by us" in page) == (3, False)
        for where in removals:
            assert client.post(where).status_code == 303
        assert db.session.scalars(sa.select(Outcome.text)).all() == ["Typed by us"]
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Resource)) == 0
        with transaction():
            (ours,) = outcomes.outcomes_of(self.activity_id)
            outcomes.remove_outcome(self.activity_id, ours.id, now=NOW + timedelta(minutes=1))
        with transaction():  # SQLite gives it the number of a removed one
            later = NOW + timedelta(minutes=2)
            outcomes.add_outcome(self.activity_id, OutcomeKind.ACHIEVED, "Typed later", now=later)
        page = client.get(BOARD).text
        assert "Take out" not in page and "sent in on" in page

    def test_keeps_what_was_typed_when_something_is_wrong(self, client, link):
        data = {
            "activity": str(self.activity_id), "outcomes": "We listen", "title-0": "Guide", "url-0": "ftp://x.example",
        }  # fmt: skip
        answer = client.post(link, data=data)
        assert answer.status_code == 422
        assert "We listen" in answer.text and 'value="ftp://x.example"' in answer.text
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Outcome)) == 0

    @pytest.mark.parametrize("activity", ["", "0", "99999999999", "x", "²"])
    def test_another_activity_is_not_found(self, client, link, activity):
        assert client.post(link, data={"activity": activity, "note": "Hello"}).status_code == 404

    def test_is_closed_after_its_time_and_without_its_token(self, client, link, the_clock):
        assert client.get("/ask/nothing-of-ours").status_code == 404
        the_clock.now = NOW + timedelta(days=31)
        answer = client.get(link)
        assert answer.status_code == 404
        assert "This link is no longer open. Ask the office for a new one." in words(answer)
