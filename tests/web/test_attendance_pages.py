import gzip
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import queries
from ecwi_events.attendance.models import Evidence
from ecwi_events.kernel.db import db
from ecwi_events.programme.models import ActivitySession, ActivityStatus
from tests import make
from tests.web.conftest import words


@pytest.fixture
def organisation(app):
    return make.make_organisation("Hosting House")


@pytest.fixture
def host(client, organisation):
    """A signed-in host."""
    person = make.make_host(organisation, "Halyna Host")
    make.signed_in(client, person)
    return person


@pytest.fixture
def session_id(organisation):
    activity = make.make_activity(host_id=organisation)
    for name in ("Олена Коваль", "Ana Novák", "Zoe Žagar"):
        make.sign_up(activity, name)
    return db.session.scalar(sa.select(ActivitySession.id))


def path(session_id) -> str:
    return f"/host/sessions/{session_id}/attendance"


def standing(session_id) -> dict[str, str]:
    return {row.name: row.verdict.value for row in queries.find_roster(session_id).rows}


def fields(session_id) -> dict[str, str]:
    return {row.name: f"p-{row.person_id}" for row in queries.find_roster(session_id).rows}


def shown(answer) -> list[str]:
    """Names in the rows that are not hidden."""
    return re.findall(r'<li><span class="who"><b>([^<]+)</b>', answer.text)


def test_the_start_page_sorts_sessions_by_what_they_need(client, host, organisation, the_clock):
    day = [make.make_session(title, starts_local=at, zone="UTC") for title, at in
           (("Earlier", "2026-11-02 10:00"), ("Now", "2026-11-21 08:30"), ("Later", "2026-12-24 10:00"))]  # fmt: skip
    make.make_activity(host_id=organisation, sessions=day)
    page = words(client.get("/host"))
    order = [
        page.index(word) for word in ("Today", ">Now<", "Coming", ">Later<", "Over: is everyone marked?", ">Earlier<")
    ]
    assert order == sorted(order)


def test_a_host_without_sessions_is_told_so(client, host):
    page = words(client.get("/host"))
    assert "No session today." in page
    assert "No sessions are planned. The office adds them." in page


def test_every_activity_of_the_host_leads_to_its_pages_whatever_its_status(client, host, organisation, count_queries):
    make.make_activity("Foreign draft", host_id=make.make_organisation("Other"), status=ActivityStatus.DRAFT)
    assert "Your organisation hosts no activity yet." in words(client.get("/host"))
    old = [make.make_session(starts_local="2025-02-02 10:00", zone="UTC")]
    ids = [make.make_activity("Long over", host_id=organisation, sessions=old, home_year=2025)]
    with count_queries() as first:
        client.get("/host")
    ids.append(make.make_activity("No date yet", host_id=organisation, sessions=[], status=ActivityStatus.DRAFT))
    ids.append(make.make_activity("Called off", host_id=organisation, sessions=old, status=ActivityStatus.CANCELLED))
    with count_queries() as second:
        page = words(client.get("/host"))
    assert len(second) == len(first)
    for activity in ids:
        assert f'href="/host/activities/{activity}/sessions"' in page
        assert client.get(f"/host/activities/{activity}/sessions").status_code == 200
    assert (
        page.index("<h3>2026</h3>") < page.index("No date yet") < page.index("<h3>2025</h3>") < page.index("Long over")
    )
    assert ">Draft</span>" in page and ">Cancelled</span>" in page and "Foreign draft" not in page


def test_the_office_is_led_to_its_own_list(client, session_id):
    make.signed_in(client, make.make_office())
    page = client.get("/host").text
    assert '<a href="/office">The list of the office</a>' in page and "Your organisation hosts" not in page


def test_attendance_has_the_row_of_pages_of_its_activity(client, host, session_id):
    page = client.get(path(session_id)).text
    assert 'aria-label="Pages of this activity"' in page and "/people" in page


def test_a_host_does_not_see_what_others_host(client, host, session_id):
    make.make_activity("Foreign activity", host_id=make.make_organisation("Other House"))
    page = client.get("/host").text
    assert "Learning communities that last" in page
    assert "Foreign activity" not in page


def test_the_start_page_asks_as_often_for_three_sessions_as_for_one(client, host, organisation, count_queries):
    make.make_activity(host_id=organisation)
    with count_queries() as first:
        client.get("/host")
    for title in ("Two", "Three"):
        make.make_activity(title, host_id=organisation)
    with count_queries() as second:
        client.get("/host")
    assert len(second) == len(first)


def test_attendance_opens_on_who_is_not_marked(client, host, session_id):
    client.post(path(session_id), data={fields(session_id)["Ana Novák"]: "present"})
    answer = client.get(path(session_id))
    assert shown(answer) == ["Олена Коваль", "Zoe Žagar"]
    page = words(answer)
    assert '<b class="num" data-count="present">1</b> of <span data-count="all">3</span> present' in page
    assert 'value="1" max="3"' in page


def test_attendance_asks_as_often_for_many_as_for_one(client, host, organisation, count_queries):
    one = make.make_activity("One", host_id=organisation)
    many = make.make_activity("Many", host_id=organisation)
    make.sign_up(one)
    for _ in range(4):
        make.sign_up(many)
    small, large = db.session.scalars(sa.select(ActivitySession.id).order_by(ActivitySession.id)).all()
    with count_queries() as first:
        client.get(path(small))
    with count_queries() as second:
        client.get(path(large))
    assert len(second) == len(first)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("koval", ["Олена Коваль"]),
        ("КОВАЛЬ", ["Олена Коваль"]),
        ("novak", ["Ana Novák"]),
        ("ol ko", ["Олена Коваль"]),
        ("zag", ["Zoe Žagar"]),
        ("bondar", []),
    ],
)
def test_search_folds_accents_and_scripts(client, host, session_id, query, found):
    answer = client.get(path(session_id), query_string={"q": query, "show": "all"})
    assert shown(answer) == found
    if not found:
        assert "Nobody called “bondar” signed up." in words(answer)


def test_marks_are_saved_with_who_made_them(client, host, session_id):
    names = fields(session_id)
    answer = client.post(
        path(session_id),
        data={names["Ana Novák"]: "present", names["Zoe Žagar"]: "excused", names["Олена Коваль"]: "absent"},
    )
    assert (answer.status_code, answer.location) == (303, path(session_id))
    assert standing(session_id) == {"Ana Novák": "present", "Zoe Žagar": "excused", "Олена Коваль": "absent"}
    page = words(client.get(path(session_id), query_string={"show": "all"}))
    assert "Saved: 3 changes." in page
    assert "Marked by Halyna Host, Sat 21 November, 10:00 (Amsterdam)" in page


def test_a_mark_can_be_taken_back(client, host, session_id):
    ana = fields(session_id)["Ana Novák"]
    client.post(path(session_id), data={ana: "present"})
    client.post(path(session_id), data={ana: "", "was": f"{ana}=present"})
    assert standing(session_id)["Ana Novák"] == "unknown"
    client.post(path(session_id), data={ana: "absent"})
    client.post(path(session_id), data={ana: ""}, headers={"Accept": "application/json"})
    assert standing(session_id)["Ana Novák"] == "unknown"


def test_an_old_page_does_not_undo_the_work_of_another_host(client, host, session_id):
    names = fields(session_id)
    ana, zoe = names["Ana Novák"], names["Zoe Žagar"]
    client.post(path(session_id), data={ana: "present"})
    client.post(path(session_id), data={ana: "absent", "was": f"{ana}=present"})
    client.post(path(session_id), data={ana: "present", zoe: "present", "was": f"{ana}=present"})
    assert standing(session_id)["Ana Novák"] == "absent"
    assert standing(session_id)["Zoe Žagar"] == "present"


def test_the_script_gets_the_counts_instead_of_a_page(client, host, session_id):
    answer = client.post(
        path(session_id), data={fields(session_id)["Ana Novák"]: "present"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["counts"]["present"], answer.json["counts"]["unknown"]) == (200, 1, 2)


def test_marking_twice_is_marking_once(client, host, session_id):
    for _ in range(2):
        client.post(path(session_id), data={fields(session_id)["Ana Novák"]: "present"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1


@pytest.mark.parametrize(("field", "value", "status"), [("p-999999", "present", 404), ("ana", "brief", 422)])
def test_marks_that_cannot_be_are_refused(client, host, session_id, field, value, status):
    field = fields(session_id)["Ana Novák"] if field == "ana" else field
    assert client.post(path(session_id), data={field: value}).status_code == status
    assert set(standing(session_id).values()) == {"unknown"}


def test_who_came_without_signing_up_is_added_as_present(client, host, session_id):
    visit = f"/host/sessions/{session_id}/visitors"
    assert client.post(visit, data={"name": "Vera, Visitor = x"}).status_code == 303
    client.post(visit, data={"name": "Known Guest", "email": "guest@people.example", "organisation": "Guest House"})
    assert standing(session_id)["Vera, Visitor = x"] == "present"
    assert standing(session_id)["Known Guest"] == "present"
    page = client.get(path(session_id), query_string={"show": "present"})
    assert shown(page) == ["Known Guest", "Vera, Visitor = x"]
    was = re.search(r'name="was" value="([^"]*)"', page.text)[1].replace("&amp;", "&")
    client.post(path(session_id), data={"v-Vera, Visitor = x": "present", "was": was})
    client.post(path(session_id), data={"v-Vera, Visitor = x": "absent", "was": was})
    assert standing(session_id)["Vera, Visitor = x"] == "absent"


def test_a_visitor_needs_a_name(client, host, session_id):
    answer = client.post(
        f"/host/sessions/{session_id}/visitors", data={"name": "", "email": "a@", "organisation": "Kept"}
    )
    page = words(answer)
    assert answer.status_code == 422
    assert page.count("Enter your full name") == 2
    assert 'value="Kept"' in page


def test_markup_in_names_is_text(client, host, organisation):
    evil = "Eve <script>alert(1)</script>\"'>"
    activity = make.make_activity(evil, host_id=organisation, sessions=[make.make_session(evil)])
    make.sign_up(activity, evil, organisation=evil)
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    client.post(f"/host/sessions/{session_id}/visitors", data={"name": f"V {evil}"})
    for address in ("/host", path(session_id), f"{path(session_id)}?q=%3Cscript%3Ealert&show=all"):
        assert "<script>alert" not in client.get(address).text


def test_another_host_s_session_does_not_exist(client, host):
    make.make_activity("Foreign", host_id=make.make_organisation("Other House"))
    foreign = db.session.scalar(sa.select(ActivitySession.id))
    missing = client.get(path(987654))
    assert missing.status_code == 404
    for answer in (
        client.get(path(foreign)),
        client.post(path(foreign), data={}),
        client.post(f"/host/sessions/{foreign}/visitors", data={"name": "X Y"}),
        client.get(path("99999999999999999999")),
    ):
        assert (answer.status_code, answer.text) == (404, missing.text)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 0


def test_co_hosts_and_the_office_may_mark_too(client, session_id):
    make.signed_in(client, make.make_office())
    assert client.get(path(session_id)).status_code == 200
    assert client.post(path(session_id), data={fields(session_id)["Ana Novák"]: "present"}).status_code == 303


def test_who_is_not_signed_in_or_no_host_comes_not_in(client, session_id):
    for answer in (client.get("/host"), client.get(path(session_id)), client.post(path(session_id), data={})):
        assert answer.status_code == 403
    assert f"/sign-in?next={path(session_id)}" in client.get(path(session_id)).text
    make.signed_in(client, make.make_person())
    for answer in (client.get("/host"), client.get(path(session_id)), client.post(path(session_id), data={})):
        assert answer.status_code == 403
        assert "Sign in with another address" in answer.text


def test_two_hundred_people_weigh_less_than_thirty_kilobytes(client, host, organisation):
    activity = make.make_activity(host_id=organisation)
    for number in range(200):
        make.sign_up(
            activity, f"Person {number * 7919 % 1000} Surname {number}", organisation=f"Organisation {number % 31}"
        )
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    client.post(path(session_id), data=dict.fromkeys(list(fields(session_id).values())[:138], "present"))
    page = client.get(path(session_id)).data
    assert len(gzip.compress(page, 6)) < 30_000 - 5_500 - 4_000, "with the stylesheet and the script"


def test_before_a_session_begins_the_page_says_from_when_marks_count(client, host, session_id, the_clock):
    notice = "This session begins Tue 19 January 2027, 14:00 (Amsterdam). Marks count from then on."
    assert notice in words(client.get(path(session_id)))
    assert client.post(path(session_id), data={fields(session_id)["Ana Novák"]: "present"}).status_code == 303
    the_clock.now = db.session.scalar(sa.select(ActivitySession.starts_at))
    make.signed_in(client, host)
    assert "This session begins" not in client.get(path(session_id)).text


def test_live_now_is_said_in_session_time(client, host, session_id, the_clock):
    assert "Live now" not in client.get(path(session_id)).text
    the_clock.now = db.session.scalar(sa.select(ActivitySession.starts_at)) + timedelta(minutes=1)
    make.signed_in(client, host)
    assert "Live now" in client.get(path(session_id)).text
