"""The pages of proposals: a host proposes, the office decides."""

import re
from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.jobs.letters import letter_of
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import queries as mails
from ecwi_events.mail import rendering
from ecwi_events.mail.letters import NotWanted, Sender
from ecwi_events.mail.models import Mail
from ecwi_events.programme import proposals
from ecwi_events.programme.models_proposals import Proposal
from tests import make
from tests.make import NOW
from tests.web.conftest import words

NEW = "/host/proposals/new"


@pytest.fixture
def house(client):
    organisation = make.make_organisation("House")
    make.signed_in(client, make.make_host(organisation))
    return organisation


def open_call():
    with transaction():
        proposals.set_call(2027, date(2026, 11, 1), date(2026, 11, 30), note="Please be brief", now=NOW)


def form(organisation_id, **typed):
    return {
        "year": "2027", "organisation": str(organisation_id), "title": "Outdoors", "why": "Many ask", "plan": "Sessions",
        "sessions_idea": "Five", "months": ["3", "4"], "budget": "1,500.00", "once": "a-word-of-this-form",
    } | typed  # fmt: skip


def only():
    return db.session.scalars(sa.select(Proposal)).one()


def test_without_a_call_hosts_are_told_so(client, house):
    assert "No call for proposals is open now." in words(client.get("/host/proposals"))
    assert "No call for proposals is open now." in words(client.get(NEW))
    answer = client.post(NEW, data=form(house))
    assert answer.status_code == 409
    assert "Proposals for 2027 are not taken today. Write to the office." in words(answer)


def test_a_host_proposes_and_sees_what_became_of_it(client, house):
    open_call()
    assert "Proposals for 2027 are open until Mon 30 November 2026." in words(client.get("/host/proposals"))
    once = re.search(r'name="once" value="([^"]+)"', client.get(NEW).text)[1]
    answers = [client.post(NEW, data=form(house, once=once)) for _ in range(2)]
    found = only()
    assert {answer.location for answer in answers} == {f"/host/proposals/{found.id}"}
    assert (found.budget_minor, found.months, found.title) == (150_000, ("3", "4"), "Outdoors")
    page = words(client.get(answers[0].location))
    for text in ("Outdoors", "Many ask", "March, April", "1,500.00 Eur", "Waits for the office"):
        assert text in page
    assert "Waits for the office" in words(client.get("/host/proposals"))
    client.post(f"/host/proposals/{found.id}/withdraw")
    assert "Taken back" in words(client.get("/host/proposals"))


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": ""}, "title", "Enter a title"),
        ({"why": ""}, "why", "Write why this activity is needed"),
        ({"plan": ""}, "plan", "Write what you plan to do"),
        ({"months": ["13"]}, "months", "Choose months from the list"),
        ({"organisation": "987654"}, "organisation", "Choose an organisation from the list"),
        ({"organisation": "x"}, "organisation", "Choose an organisation from the list"),
        ({"year": "soon"}, "year", "Choose a year from the list"),
    ],
)
def test_what_is_wrong_stands_at_its_field(client, house, typed, field, sentence):
    open_call()
    answer = client.post(NEW, data=form(house, **typed))
    page = words(answer)
    assert answer.status_code == 422
    assert f'<a href="#{field}">{sentence}</a>' in page
    assert f'id="{field}-fault">{sentence}</p>' in page
    assert "Five" in page and (field == "months" or 'value="3" checked' in page)


@pytest.mark.parametrize("budget", ["many", "1.234", "12,3456", "-5", "1e9", "٣"])
def test_a_budget_that_cannot_be_read_is_asked_again(client, house, budget):
    open_call()
    answer = client.post(NEW, data=form(house, budget=budget))
    assert answer.status_code == 422
    assert 'id="budget-fault"' in words(answer)


def test_a_host_proposes_for_own_organisations_only_and_sees_no_others(client, house):
    open_call()
    other = make.make_organisation("Other")
    assert client.post(NEW, data=form(other)).status_code == 422
    client.post(NEW, data=form(house))
    proposal = only().id
    make.signed_in(client, make.make_host(other))
    assert client.get(f"/host/proposals/{proposal}").status_code == 404
    assert client.post(f"/host/proposals/{proposal}/withdraw").status_code == 404
    assert "Outdoors" not in client.get("/host/proposals").text
    for path in ("/office/proposals", f"/office/proposals/{proposal}"):
        assert client.get(path).status_code == 403
    make.signed_in(client, make.make_person())
    assert client.get("/host/proposals").status_code == 403


@pytest.fixture
def proposal(client, house):
    open_call()
    client.post(NEW, data=form(house))
    make.signed_in(client, make.make_office())
    return only().id


def letter(kind):
    row = db.session.scalars(sa.select(Mail).where(Mail.kind == kind)).one()
    found = letter_of(mails.find_mail(row.id), Sender("office@events.test"), now=NOW)
    return found if isinstance(found, NotWanted) else rendering.render(kind, found.facts)


def test_the_office_opens_a_call(client):
    make.signed_in(client, make.make_office())
    typed = {"year": "2028", "opens_on": "2026-11-01", "closes_on": "2026-12-31", "note": "<b>"}
    assert client.post("/office/proposals/call", data=typed).status_code == 303
    page = words(client.get("/office/proposals"))
    assert "Sun 1 November 2026 to Thu 31 December 2026" in page and "Nothing waits." in page
    for wrong, field in (({"year": "x"}, "year"), ({"opens_on": "soon"}, "opens_on"), ({"closes_on": ""}, "closes_on")):
        answer = client.post("/office/proposals/call", data=typed | wrong)
        assert answer.status_code == 422
        assert f'id="{field}-fault"' in words(answer)


def test_the_office_approves_with_a_budget(client, proposal):
    assert "Outdoors" in words(client.get("/office/proposals"))
    page = words(client.get(f"/office/proposals/{proposal}"))
    assert 'value="1500.00"' in page
    wrong = client.post(f"/office/proposals/{proposal}/approve", data={"granted": ""})
    assert wrong.status_code == 422 and "Enter the budget; enter 0 if there is none" in words(wrong)
    answer = client.post(f"/office/proposals/{proposal}/approve", data={"granted": "1200"})
    activity = only().activity_id
    assert (answer.status_code, answer.location) == (303, f"/office/activities/{activity}")
    assert "Outdoors" in words(client.get(answer.location))
    assert client.post(f"/office/proposals/{proposal}/decline", data={"reason": "Oh"}).status_code == 409
    assert "Approved on" in words(client.get(f"/office/proposals/{proposal}"))
    mail = letter("proposals.approved")
    for text in (mail.text, mail.html):
        assert "1,200.00 Eur" in text and "Outdoors" in text and f"http://events.test/host/proposals/{proposal}" in text
        assert f"http://events.test/host/activities/{activity}/sessions" in text
    make.signed_in(client, make.make_host(only().organisation_id))
    assert f'href="/host/activities/{activity}/sessions"' in client.get(f"/host/proposals/{proposal}").text
    assert client.get(f"/host/activities/{activity}/sessions").status_code == 200


def test_the_office_declines_with_a_reason(client, proposal):
    wrong = client.post(f"/office/proposals/{proposal}/decline", data={"reason": " "})
    assert wrong.status_code == 422 and "Write the reason: the host reads it" in words(wrong)
    assert client.post(f"/office/proposals/{proposal}/decline", data={"reason": "No money <b>"}).status_code == 303
    assert "Declined" in words(client.get("/office/proposals"))
    mail = letter("proposals.declined")
    assert "No money <b>" in mail.text and "No money &lt;b&gt;" in mail.html


def test_a_mail_that_lost_its_point_is_not_sent(client, proposal):
    client.post(f"/office/proposals/{proposal}/decline", data={"reason": "No"})
    with transaction():
        db.session.execute(sa.update(Proposal).values(state="proposed"))
    assert letter("proposals.declined") == NotWanted("superseded")


def test_lists_cost_the_same_with_more_rows(client, house, count_queries):
    open_call()
    client.post(NEW, data=form(house))
    for path, who in (("/host/proposals", None), ("/office/proposals", make.make_office())):
        if who:
            make.signed_in(client, who)
        with count_queries() as first:
            client.get(path)
        for number in range(2):
            with transaction():
                new = proposals.NewProposal(2027, house, "More", "Why", "Plan", f"more-{path}-{number}")
                proposals.propose(new, by_person_id=None, today=date(2026, 11, 21), now=NOW)
        with count_queries() as second:
            client.get(path)
        assert len(second) == len(first)


def test_a_form_that_is_changed_and_sent_again_says_that_it_was_sent_before(client, house):
    open_call()
    same = [client.post(NEW, data=form(house), follow_redirects=True) for _ in range(2)]
    assert all("Thank you." in answer.text and "was sent before" not in answer.text for answer in same)
    for change in ({"title": "Indoors"}, {"plan": "Other"}, {"budget": ""}, {"months": ["3"]}):
        page = words(client.post(NEW, data=form(house, **change), follow_redirects=True))
        assert "This form was sent before, so your changes are not saved." in page and "Thank you." not in page
        assert "Outdoors" in page and "Sessions" in page
    assert only().title == "Outdoors"


def test_an_older_proposal_fills_the_form_of_a_new_one(client, house):
    open_call()
    client.post(NEW, data=form(house))
    old = only().id
    assert f'href="{NEW}?from={old}">Use it for a new proposal</a>' in words(client.get(f"/host/proposals/{old}"))
    page = words(client.get(f"{NEW}?from={old}"))
    for text in ('value="Outdoors"', ">Many ask</textarea>", 'value="3" checked', 'value="1500.00"'):
        assert text in page
    assert "a-word-of-this-form" not in page, "it is a new one"
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    assert client.post(NEW, data=form(house, once=once)).status_code == 303
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Proposal)) == 2
    assert 'value="Outdoors"' not in client.get(f"{NEW}?from=x").text


def test_nobody_takes_words_from_a_proposal_of_others(client, house):
    open_call()
    client.post(NEW, data=form(house))
    make.signed_in(client, make.make_host(make.make_organisation("Other")))
    assert client.get(f"{NEW}?from={only().id}").status_code == 404
    assert client.get(f"{NEW}?from=987654").status_code == 404


def test_what_is_not_there(client):
    make.signed_in(client, make.make_office())
    assert client.get("/office/proposals/987654").status_code == 404
    assert client.post("/office/proposals/987654/approve", data={"granted": "1"}).status_code == 404
    assert client.post("/office/proposals/987654/decline", data={}).status_code == 404
    assert client.get("/host/proposals/987654").status_code == 404
