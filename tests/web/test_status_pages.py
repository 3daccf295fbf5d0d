"""The pages on which an activity is moved: what they say before, what they do, and to whom."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import service as people
from ecwi_events.people.models import Role
from ecwi_events.programme.models import Activity, ActivityOrganisation, ActivityStatus
from ecwi_events.registration import changes, consequences, telling, told
from ecwi_events.registration.news import Audience
from tests import make
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


def status(activity_id) -> str:
    return db.session.scalar(sa.select(Activity.status).where(Activity.id == activity_id)).value


def host_of(activity_id) -> int:
    return db.session.scalar(
        sa.select(ActivityOrganisation.organisation_id).where(ActivityOrganisation.activity_id == activity_id)
    )


def page_of(activity_id, to="") -> str:
    return f"/host/activities/{activity_id}/status{'/' if to else ''}{to}"


def test_before_cancelling_the_page_says_what_it_will_do_and_to_how_many(client, office):
    activity_id = make.make_activity(capacity=2)
    for _ in range(3):
        make.sign_up(activity_id)
    page = words(client.get(page_of(activity_id, "cancelled")))
    assert "2 people with a place and 1 person who waits get a mail." in page
    assert "cancelled in their calendars" in page
    assert "You can take this back for one day." in page
    assert status(activity_id) == "planned", "reading changes nothing"


def test_without_a_reason_nothing_happens_and_the_page_says_so(client, office):
    activity_id = make.make_activity()
    answer = client.post(page_of(activity_id, "cancelled"), data={"reason": " "})
    assert answer.status_code == 422
    assert "Write the reason: people who signed up will read it" in words(answer)
    assert "<title>Error:" in answer.text
    assert status(activity_id) == "planned"


def test_cancelling_leads_to_the_log_with_who_when_and_why(client, office):
    activity_id = make.make_activity()
    make.sign_up(activity_id)
    answer = client.post(page_of(activity_id, "cancelled"), data={"reason": "The trainer is ill", "saw": "planned"})
    assert (answer.status_code, answer.location) == (303, page_of(activity_id))
    page = words(client.get(answer.location))
    assert "The trainer is ill" in page and "Otto Office" in page
    assert "It is cancelled" in page and "goes out in some minutes" in page
    assert "Plan it again" in page
    assert "cancelled" in words(client.get("/a/" + db.session.scalar(sa.select(Activity.slug))))


def test_postponing_takes_a_date_or_words_and_the_public_page_shows_them(client, office):
    activity_id = make.make_activity()
    client.post(page_of(activity_id, "postponed"), data={"reason": "No trainer", "until": "autumn 2027"})
    page = words(client.get("/a/" + db.session.scalar(sa.select(Activity.slug))))
    assert "Postponed" in page and "New date: autumn 2027" in page
    assert "No date yet" in words(client.get("/"))
    over = client.post(page_of(activity_id, "planned"), data={})
    assert over.status_code == 303


def test_a_date_that_is_over_is_shown_again_with_what_was_typed(client, office):
    activity_id = make.make_activity()
    answer = client.post(page_of(activity_id, "postponed"), data={"reason": "No trainer", "until": "2026-01-01"})
    assert answer.status_code == 422
    assert "Write a new date that is still to come" in words(answer)
    assert 'value="No trainer"' in answer.text and 'value="2026-01-01"' in answer.text


def test_who_was_not_the_first_reads_again(client, office):
    activity_id = make.make_activity()
    with transaction():
        make.postpone_activity(activity_id, "ill", by_person_id=None, now=make.NOW)
    answer = client.post(page_of(activity_id, "cancelled"), data={"reason": "No money", "saw": "planned"})
    assert answer.status_code == 409
    assert "Somebody else has changed the status meanwhile" in words(answer)
    assert status(activity_id) == "postponed"


@pytest.mark.parametrize("to", ["cancelled", "postponed", "draft", "ongoing"])
def test_a_host_may_not_do_what_is_the_offices(client, to):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_host(host_of(activity_id)))
    assert f"/status/{to}" not in client.get(page_of(activity_id)).text
    assert "Please write to the office." in words(client.get(page_of(activity_id, to)))
    answer = client.post(page_of(activity_id, to), data={"reason": "We want to"})
    assert answer.status_code == 409
    assert status(activity_id) == "planned"


def test_a_host_says_that_it_is_over(client):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_host(host_of(activity_id)))
    assert client.post(page_of(activity_id, "completed"), data={}).status_code == 303
    assert status(activity_id) == "completed"


def test_the_host_of_another_activity_finds_nothing(client):
    activity_id, other = make.make_activity(), make.make_activity()
    make.signed_in(client, make.make_host(host_of(other)))
    for path in (page_of(activity_id), page_of(activity_id, "completed")):
        assert client.get(path).status_code == 404
    assert client.post(page_of(activity_id, "completed")).status_code == 404
    assert status(activity_id) == "planned"


def test_an_auditor_reads_and_changes_nothing(client):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert client.get(page_of(activity_id)).status_code == 200
    assert client.post(page_of(activity_id, "completed")).status_code == 403
    assert status(activity_id) == "planned"


def test_an_auditor_who_is_also_host_acts_as_host(client):
    activity_id = make.make_activity()
    person = make.make_host(host_of(activity_id))
    with transaction():
        people.grant_role(person, Role.AUDITOR, now=make.NOW)
    make.signed_in(client, person)
    assert client.post(page_of(activity_id, "cancelled"), data={"reason": "x"}).status_code == 409
    assert status(activity_id) == "planned"


def test_the_page_refuses_to_hide_what_people_signed_up_for_as_the_button_does(client, office):
    activity_id = make.make_activity()
    assert "/status/draft" in client.get(page_of(activity_id)).text
    make.sign_up(activity_id)
    page = client.get(page_of(activity_id))
    assert "/status/draft" not in page.text
    assert "Take it back to draft: not now. People have signed up. Postpone it instead." in words(page)
    asked = words(client.get(page_of(activity_id, "draft")))
    assert "People have signed up. Postpone it instead." in asked and "What this will do" not in asked
    assert client.post(page_of(activity_id, "draft")).status_code == 409
    assert status(activity_id) == "planned"


def test_the_page_refuses_to_plan_again_what_is_over_as_the_button_does(client, office, the_clock):
    activity_id = make.make_activity()
    client.post(page_of(activity_id, "postponed"), data={"reason": "No trainer"})
    assert "/status/planned" in client.get(page_of(activity_id)).text
    the_clock.now += timedelta(days=90)
    make.signed_in(client, office, now=the_clock.now)
    page = client.get(page_of(activity_id))
    assert "/status/planned" not in page.text and "First give a session a new time." in words(page)
    asked = words(client.get(page_of(activity_id, "planned")))
    assert "First give a session a new time." in asked and "What this will do" not in asked
    assert client.post(page_of(activity_id, "planned")).status_code == 409


@pytest.mark.parametrize(
    ("to", "word"), [(None, "Draft"), ("approved", "Approved"), ("planned", "Planned"), ("completed", "Over")]
)
def test_one_word_per_status_on_every_page(client, office, to, word):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT)
    if to:
        with transaction():
            if to == "completed":
                changes.move_activity(activity_id, changes.Move(ActivityStatus.PLANNED, None), now=make.NOW)
            changes.move_activity(activity_id, changes.Move(ActivityStatus(to), None), now=make.NOW)
    for path in ("/office", f"/office/activities/{activity_id}"):
        assert f">{word}</span>" in words(client.get(path))
    assert f"<b>{word}</b>" in words(client.get(page_of(activity_id)))
    assert f'<option value="{to or "draft"}">{word}' in words(client.get("/office"))


@pytest.mark.parametrize("to", ["nothing", "PLANNED", "planned%20"])
def test_a_status_that_is_none_is_not_found(client, office, to):
    activity_id = make.make_activity()
    assert client.get(page_of(activity_id, to)).status_code == 404
    assert client.post(page_of(activity_id, to)).status_code == 404


def test_hosts_see_postponed_sessions_apart_from_those_that_come(client, office, the_clock):
    activity_id = make.make_activity("Mentors who listen")
    with transaction():
        make.postpone_activity(activity_id, "ill", by_person_id=None, now=make.NOW)
    page = words(client.get("/host"))
    assert "Postponed: give them new times" in page
    assert "No sessions are planned." in page
    the_clock.now += timedelta(days=1)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (Audience(), "Nobody has signed up, so nobody gets a mail."),
        (Audience(1, 0), "1 person with a place gets a mail."),
        (Audience(23, 4), "23 people with a place and 4 people who wait get a mail."),
        (Audience(0, 1), "1 person who waits gets a mail."),
        (Audience(0, 2), "2 people who wait get a mail."),
    ],
)
def test_the_number_of_people_in_words(told, sentence):
    assert consequences.mail_words(told) == sentence


@pytest.mark.parametrize("told", [Audience(), Audience(3, 1)])
def test_every_move_has_its_words(told):
    from ecwi_events.programme.rules import MOVES

    for one, targets in MOVES.items():
        for to in targets:
            said = consequences.consequences(one, to, told, sessions_to_come=2)
            assert said and all(sentence.endswith(".") for sentence in said)


def test_the_public_page_no_longer_gives_the_old_date_as_a_promise(client):
    activity_id = make.make_activity()
    page = "/a/" + db.session.scalar(sa.select(Activity.slug).where(Activity.id == activity_id))
    assert "this date does not hold" not in words(client.get(page))
    with transaction():
        make.postpone_activity(activity_id, "ill", by_person_id=None, now=make.NOW)
    shown = words(client.get(page))
    assert "Postponed: this date does not hold." in shown and "The new date is not known yet." in shown
    assert "1 session</b>, 1 hour 30 minutes" in shown


def test_before_publishing_the_page_says_what_is_missing_and_where_to_mend_it(client, office):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT, sessions=[])
    with transaction():
        db.session.execute(sa.update(Activity).values(summary="", description=None, theme=None))
    links = {
        f"/host/activities/{activity_id}/sessions": "Add one session or more",
        f"/office/activities/{activity_id}/edit#theme": "Choose a theme",
        f"/office/activities/{activity_id}/edit#summary": "Say in a summary what it is about",
    }
    for path in (page_of(activity_id), page_of(activity_id, "planned"), f"/office/activities/{activity_id}"):
        page = words(client.get(path))
        assert "First, before it can be published:" in page and "People will look for this on its page:" in page
        for link, to_do in links.items():
            assert f'<li><a href="{link}">{to_do}</a></li>' in page
            assert client.get(link.partition("#")[0]).status_code == 200
    assert ">Publish</button>" not in client.get(f"/office/activities/{activity_id}").text
    assert "Publish it</a>: not yet. Something is missing." in words(client.get(page_of(activity_id)))
    assert "What this will do" not in words(client.get(page_of(activity_id, "planned")))
    refused = client.post(page_of(activity_id, "planned"))
    assert refused.status_code == 409 and "Before it can be published: Add one session or more." in words(refused)
    assert status(activity_id) == "draft"


def test_what_is_only_nice_to_have_is_said_and_does_not_hinder(client, office):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT)
    with transaction():
        db.session.execute(sa.update(Activity).values(theme=None))
    page = words(client.get(page_of(activity_id, "planned")))
    assert "What this will do" in page and "Choose a theme" in page and "First, before" not in page
    assert client.post(page_of(activity_id, "planned")).status_code == 303
    assert "Choose a theme" not in words(client.get(page_of(activity_id))), "it is public now"


def test_hosts_read_what_is_missing_without_links_to_pages_that_are_not_theirs(client):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT, sessions=[])
    make.signed_in(client, make.make_host(host_of(activity_id)))
    with transaction():
        db.session.execute(sa.update(Activity).values(theme=None))
    page = words(client.get(page_of(activity_id)))
    assert "<li>Choose a theme</li>" in page and f'href="/host/activities/{activity_id}/sessions">Add one' in page


def test_what_the_office_stopped_is_told_by_a_button_of_the_office_alone(client, office):
    activity_id = make.make_activity()
    make.sign_up(activity_id)
    with transaction():
        make.postpone_activity(activity_id, "The trainer is ill", now=make.NOW)
    (line,) = told.news_of(activity_id)
    assert "Tell people now" not in words(client.get(page_of(activity_id)))
    with transaction():
        telling.stop_telling(line.id, now=make.NOW)
    page = words(client.get(page_of(activity_id)))
    assert "was stopped by the office before anybody was told" in page and "Tell people now" in page
    answer = client.post(f"/office/news/{line.id}/tell", follow_redirects=True)
    assert "It goes out now." in words(answer) and "Tell people now" not in words(answer)
    assert client.post(f"/office/news/{line.id}/tell").status_code == 409
    assert client.post("/office/news/4711/tell").status_code == 404
    with transaction():
        telling.stop_telling(line.id, now=make.NOW)
    make.signed_in(client, make.make_host(host_of(activity_id)))
    page = words(client.get(page_of(activity_id)))
    assert "was stopped by the office" in page and "Tell people now" not in page
