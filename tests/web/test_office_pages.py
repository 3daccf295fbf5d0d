import re

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import queries
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, StatusChange
from ecwi_events.registration import service
from ecwi_events.registration.rules import Terms
from tests import make
from tests.web.conftest import words

NEW = "/office/activities/new"


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


def form(**fields) -> dict[str, str]:
    typed = {
        "act": "draft", "rows": "2", "kind": "pla", "title": "Learning together", "year": "2027", "capacity": "",
        "sessions-0-title": "Begin", "sessions-0-date": "2027-01-19", "sessions-0-time": "14:00",
        "sessions-0-minutes": "90", "sessions-0-zone": "Europe/Amsterdam",
        "sessions-1-minutes": "90", "sessions-1-zone": "Europe/Amsterdam",
    }  # fmt: skip
    return typed | {name.replace("__", "-"): value for name, value in fields.items()}


def activities() -> list[Activity]:
    return list(db.session.scalars(sa.select(Activity)).all())


def test_a_draft_needs_a_title_only_and_blank_rows_do_not_count(client, office):
    answer = client.post(NEW, data=form())
    (activity,) = activities()
    assert (answer.status_code, answer.location) == (303, f"/office/activities/{activity.id}")
    assert activity.status is ActivityStatus.DRAFT
    session = db.session.scalars(sa.select(ActivitySession)).one()
    assert (session.title, session.starts_local.hour, session.zone) == ("Begin", 14, "Europe/Amsterdam")
    page = words(client.get(answer.location))
    assert "The draft is saved." in page
    assert ">Draft</span>" in page
    assert client.get(f"/a/{activity.slug}").status_code == 404


def test_a_form_that_is_sent_twice_makes_one_activity(client, office):
    once = re.search(r'name="once" value="([^"]+)"', client.get(NEW).text)[1]
    assert f'name="once" value="{once}"' in client.post(NEW, data=form(title="", once=once)).text
    answers = [client.post(NEW, data=form(once=once)) for _ in range(2)]
    (activity,) = activities()
    assert {(answer.status_code, answer.location) for answer in answers} == {
        (303, f"/office/activities/{activity.id}")
    }  # fmt: skip
    assert "This form was sent before. Here is what it made." in words(client.get(answers[1].location))
    other = re.search(r'name="once" value="([^"]+)"', client.get(NEW).text)[1]
    for word in (other, "", "", "short", "with blanks and <b>"):
        client.post(NEW, data=form(once=word))
    assert len(activities()) == 6


def test_a_form_that_is_sent_twice_in_the_same_moment_makes_one_activity(client, office, monkeypatch):
    once, find = "a-word-of-the-form", queries.find_by_key
    client.post(NEW, data=form(once=once))
    seen = []

    def sees_nothing_at_first(key):
        seen.append(key)
        return None if len(seen) == 1 else find(key)

    monkeypatch.setattr(queries, "find_by_key", sees_nothing_at_first)
    answer = client.post(NEW, data=form(once=once))
    (activity,) = activities()
    assert (answer.status_code, answer.location) == (303, f"/office/activities/{activity.id}")


def test_publish_does_both_at_once(client, office):
    host = make.make_organisation()
    answer = client.post(NEW, data=form(act="publish", host=str(host), capacity="25"))
    assert answer.status_code == 303
    (activity,) = activities()
    assert activity.status is ActivityStatus.PLANNED
    assert "0 of 25 places are taken" in words(client.get(f"/a/{activity.slug}"))


def test_what_is_missing_before_publishing_is_said_and_nothing_is_made(client, office):
    answer = client.post(
        NEW, data=form(act="publish", sessions__0__title="", sessions__0__date="", sessions__0__time="")
    )
    page = words(answer)
    assert answer.status_code == 409
    assert "Before it can be published: Choose the host organisation; Add one session or more." in page
    assert 'value="Learning together"' in page
    assert activities() == []


def test_a_row_is_added_without_javascript_and_nothing_typed_is_lost(client, office):
    answer = client.post(NEW, data=form(act="row", summary="Kept summary"))
    page = words(answer)
    assert answer.status_code == 200
    assert 'name="rows" value="3"' in page
    assert 'name="sessions-2-title"' in page
    for kept in ('value="Begin"', 'value="2027-01-19"', "Kept summary"):
        assert kept in page
    assert activities() == []


def test_rows_do_not_grow_for_ever(client, office):
    answer = client.post(NEW, data=form(act="row", rows="999999999"))
    assert 'name="rows" value="60"' in words(answer)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": ""}, "title", "Enter a title"),
        ({"year": "soon"}, "year", "Enter a year, like 2027"),
        ({"year": "1989"}, "year", "Enter a year from 1990 to 2100"),
        ({"year": "2101"}, "year", "Enter a year from 1990 to 2100"),
        ({"kind": "party"}, "kind", "Choose what it is from the list"),
        ({"theme": "party"}, "theme", "Choose a theme from the list"),
        ({"host": "987654"}, "host", "Choose an organisation from the list"),
        ({"host": "party"}, "host", "Choose an organisation from the list"),
        ({"sessions__0__date": "0001-01-01", "sessions__0__time": "00:00"}, "sessions-0-date",
         "Enter a date from 1990 to 2100"),
        ({"sessions__0__date": "9999-12-31", "sessions__0__time": "23:59", "sessions__0__zone": "America/Lima"},
         "sessions-0-date", "Enter a date from 1990 to 2100"),
        ({"capacity": "0"}, "capacity", "Enter the number of places, or leave it empty for no limit"),
        ({"capacity": "many"}, "capacity", "Enter the number of places, or leave it empty for no limit"),
        ({"sessions__0__date": "19.1."}, "sessions-0-date", "Enter the day and the time of the start"),
        ({"sessions__0__time": ""}, "sessions-0-date", "Enter the day and the time of the start"),
        ({"sessions__0__minutes": "long"}, "sessions-0-minutes", "Enter a length in minutes, like 90"),
        ({"sessions__0__minutes": "1"}, "sessions-0-minutes", "Enter a length from 5 to 720 minutes"),
        ({"sessions__0__title": ""}, "sessions-0-title", "Enter a title"),
        ({"sessions__0__zone": "Mars/Olympus"}, "sessions-0-zone", "Choose a time zone from the list"),
        ({"sessions__0__meeting_url": "http://x.example"}, "sessions-0-meeting_url",
         "Enter an address that starts with https://"),
        ({"sessions__0__date": "2027-03-28", "sessions__0__time": "02:30"}, "sessions-0-date",
         "Clocks in Amsterdam skip 02:30 on Sun 28 March 2027. Choose another time."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(client, office, typed, field, sentence):
    answer = client.post(NEW, data=form(**typed))
    page = words(answer)
    assert answer.status_code == 422
    assert f'<a href="#{field}">{sentence}</a>' in page
    assert f'id="{field}-fault">{sentence}</p>' in page
    assert activities() == []


def test_a_fault_is_at_its_row_although_a_blank_row_stands_before(client, office):
    typed = form(rows="3") | {f"sessions-0-{name}": "" for name in ("title", "date", "time")}
    typed |= {"sessions-2-title": "", "sessions-2-date": "2027-01-19", "sessions-2-time": "14:00",
              "sessions-2-minutes": "90", "sessions-2-zone": "Europe/Kyiv"}  # fmt: skip
    page = words(client.post(NEW, data=typed))
    assert '<a href="#sessions-0-title">Enter a title</a>' in page
    assert 'id="sessions-0-date" name="sessions-0-date" type="date" value="2027-01-19"' in page


def test_a_time_that_comes_twice_is_asked_back(client, office):
    twice = {"sessions__0__date": "2026-10-25", "sessions__0__time": "02:30"}
    answer = client.post(NEW, data=form(**twice))
    page = words(answer)
    assert answer.status_code == 422
    assert "Clocks in Amsterdam show 02:30 twice on Sun 25 October 2026. Say which one you mean." in page
    assert "The second, after the clocks change" in page
    assert client.post(NEW, data=form(**twice, sessions__0__fold="1")).status_code == 303
    session = db.session.scalars(sa.select(ActivitySession)).one()
    assert (session.fold, session.starts_at.hour, session.starts_at.minute) == (1, 1, 30)


def test_the_start_page_shows_drafts_first_and_counts_places(client, office, count_queries):
    activity = make.make_activity("Out already", capacity=2)
    make.sign_up(activity)
    make.make_activity("Still a draft", status=ActivityStatus.DRAFT)
    with count_queries() as first:
        page = words(client.get("/office"))
    assert page.index("Still a draft") < page.index("Out already")
    assert "1 of 2 places taken" in page
    make.make_activity("One more")
    with count_queries() as second:
        client.get("/office")
    assert len(second) == len(first)


def test_the_start_page_of_a_year_without_activities_says_so(client, office):
    page = words(client.get("/office", query_string={"year": "2019"}))
    assert "Nothing is published for 2019 yet." in page
    assert client.get("/office?year=x%00").status_code == 200


def test_the_page_of_an_activity_lists_people_and_their_places(client, office, count_queries):
    activity = make.make_activity(capacity=1)
    make.sign_up(activity, "Olena Koval", organisation="Own House")
    make.sign_up(activity, "Wanda Waits")
    with count_queries() as first:
        page = words(client.get(f"/office/activities/{activity}"))
    assert "Has a place" in page
    assert "Number 1 in the line" in page
    assert "Own House" in page
    for _ in range(3):
        make.sign_up(activity)
    with count_queries() as second:
        client.get(f"/office/activities/{activity}")
    assert len(second) == len(first)


def test_each_session_has_a_line_of_its_own(client, office):
    sessions = [make.make_session(name, starts_local=f"2027-0{at}-19 14:00") for at, name in enumerate(("A", "B"), 1)]
    activity = make.make_activity(sessions=sessions, capacity=1)
    with transaction():
        service.set_terms(activity, Terms(by="session"), now=make.NOW)
    for name in ("Olena", "Bo"):  # both choose both
        make.sign_up(activity, name)
    page = words(client.get(f"/office/activities/{activity}"))
    assert page.count("Number 1 in the line") == 2 and "Number 2" not in page


def test_publishing_and_moving_on(client, office):
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    address = f"/office/activities/{activity}"
    assert ">Publish</button>" in words(client.get(address))
    assert client.post(f"{address}/status", data={"status": "planned"}).status_code == 303
    assert ">Planned</span>" in words(client.get(address))
    assert client.post(f"{address}/status", data={"status": "planned"}).status_code == 303, "a second press is no error"
    log = db.session.scalars(sa.select(StatusChange.status).order_by(StatusChange.id)).all()
    assert log == ["draft", "planned"]
    client.post(f"{address}/status", data={"status": "completed"})
    refused = client.post(f"{address}/status", data={"status": "draft"})
    assert refused.status_code == 409
    assert "An activity that is completed cannot become draft." in words(refused)
    assert client.post(f"{address}/status", data={"status": "cancelled"}).status_code == 422


def test_an_activity_that_people_signed_up_for_is_not_hidden_again(client, office):
    activity = make.make_activity()
    make.sign_up(activity)
    refused = client.post(f"/office/activities/{activity}/status", data={"status": "draft"})
    assert refused.status_code == 409
    assert "People have signed up. Postpone it instead." in words(refused)
    assert activities()[0].status is ActivityStatus.PLANNED


@pytest.mark.parametrize("path", ["/office/activities/987654", "/office/activities/99999999999999999999"])
def test_an_activity_that_is_not_there(client, office, path):
    assert client.get(path).status_code == 404
    assert client.post("/office/activities/987654/status", data={"status": "planned"}).status_code == 404


def test_nobody_but_the_office_comes_in(client):
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    doors = [("get", "/office"), ("get", NEW), ("post", NEW), ("get", f"/office/activities/{activity}"),
             ("post", f"/office/activities/{activity}/status")]  # fmt: skip
    for person in (None, make.make_person(), make.make_host(make.make_organisation())):
        if person:
            make.signed_in(client, person)
        for method, path in doors:
            answer = getattr(client, method)(path, data=form() if method == "post" else None)
            assert (path, answer.status_code) == (path, 403)
    assert [one.status for one in activities()] == [ActivityStatus.DRAFT]


def test_markup_is_text(client, office):
    evil = "<script>alert(1)</script>\"'>"
    host = make.make_organisation(evil)
    typed = dict.fromkeys(("title", "strapline", "summary", "description", "sessions-0-title"), evil)
    answer = client.post(NEW, data=form(act="publish", host=str(host)) | typed)
    assert answer.status_code == 303
    make.sign_up(activities()[0].id, evil, organisation=evil)
    for page in (client.get(answer.location), client.get("/office"), client.post(NEW, data=form(year="") | typed)):
        assert "<script>alert" not in page.text
