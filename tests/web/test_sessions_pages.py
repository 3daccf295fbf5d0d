"""The pages of an activity's sessions and components, for hosts and the office."""

import re

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, Component, SessionStatus
from tests import make
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


@pytest.fixture
def draft(office):
    return make.make_activity(
        status=ActivityStatus.DRAFT,
        sessions=[make.make_session("Begin"), make.make_session("Go on", starts_local="2027-03-30 14:00")],
    )


def sessions_of(activity_id) -> list[ActivitySession]:
    db.session.expire_all()
    statement = sa.select(ActivitySession).where(ActivitySession.activity_id == activity_id)
    return list(db.session.scalars(statement.order_by(ActivitySession.starts_at)))


def typed(session, **fields) -> dict[str, str]:
    values = {
        "title": session.title, "summary": "", "date": f"{session.starts_local:%Y-%m-%d}",
        "time": f"{session.starts_local:%H:%M}", "minutes": str(session.duration_minutes), "zone": session.zone,
        "format": session.format.value, "language": "en", "place": "", "meeting_url": "",
        "revision": str(session.revision), "act": "save",
    }  # fmt: skip
    return values | fields


def rows(act="save", **fields) -> dict[str, str]:
    first = {"title": "Meeting 1", "date": "2027-03-14", "time": "02:30", "minutes": "60", "zone": "Europe/Amsterdam"}
    values = {f"sessions-0-{name}": text for name, text in first.items()}
    return {"act": act, "rows": "1", **values} | {name.replace("__", "-"): text for name, text in fields.items()}


def test_the_list_shows_times_elsewhere_lines_and_what_to_look_at(client, draft):
    page = words(client.get(f"/host/activities/{draft}/sessions?city=Asia/Bishkek"))
    assert 'Tue 19 January 2027, <span class="hours">14:00 – 15:30</span>' in page
    assert "Bishkek: Tue 19 January, 19:00 – 20:30" in page
    assert "Bishkek: Tue 30 March, 18:00 – 19:30" in page
    assert "January–March 2027" in page
    assert "2 online sessions of 1.5 hours each" in page
    assert "Clocks change in Amsterdam on 28 March, between session 1 and session 2." in page


def test_the_cities_are_kept_for_the_activity(client, draft):
    page = f"/host/activities/{draft}/sessions"
    cities = {"cities-0": "America/Lima", "cities-1": "", "cities-2": "America/Lima"}
    assert client.post(f"{page}/cities", data=cities).status_code == 303
    assert db.session.get_one(Activity, draft).shown_zones == "America/Lima"
    assert "Lima: Tue 19 January, 08:00 – 09:30" in words(client.get(page))
    assert client.post(f"{page}/cities", data={"cities-0": "Europe/Leiden"}).status_code == 422


def test_a_series_is_made_in_one_form_and_a_skipped_time_is_asked_back(client, draft):
    form = f"/host/activities/{draft}/sessions/new"
    page = words(client.post(form, data=rows(act="repeat", every="2", times="3")))
    assert re.findall(r'name="sessions-\d-date" type="date" value="([^"]+)"', page) == [
        "2027-03-14", "2027-03-28", "2027-04-11",
    ]  # fmt: skip
    assert 'value="Meeting 3"' in page
    assert "Clocks skip this time on that day. When shall it begin?" in page
    assert "03:30, after the clocks change" in page
    assert len(sessions_of(draft)) == 2
    series = {
        f"sessions-{n}-{name}": text
        for n, day in enumerate(("2027-03-14", "2027-03-28", "2027-04-11"))
        for name, text in {"title": f"Meeting {n + 1}", "date": day, "time": "02:30", "minutes": "60",
                           "zone": "Europe/Amsterdam"}.items()
    }  # fmt: skip
    refused = client.post(form, data={"act": "save", "rows": "3", **series})
    assert refused.status_code == 422
    assert "Clocks in Amsterdam skip 02:30 on Sun 28 March 2027." in words(refused)
    saved = client.post(form, data={"act": "save", "rows": "3", **series, "sessions-1-fold": "1"})
    assert (saved.status_code, saved.location) == (303, f"/host/activities/{draft}/sessions")
    assert "3 sessions are added." in words(client.get(saved.location))
    assert [f"{s.starts_local:%m-%d %H:%M}" for s in sessions_of(draft)] == [
        "01-19 14:00", "03-14 02:30", "03-28 03:30", "03-30 14:00", "04-11 02:30",
    ]  # fmt: skip


def test_a_time_that_clocks_show_twice_is_asked_back_in_a_row(client, draft):
    form = f"/host/activities/{draft}/sessions/new"
    twice = rows(sessions__0__date="2027-10-31")
    assert "Clocks show this time twice on that day. Which one do you mean?" in words(client.post(form, data=twice))
    assert client.post(form, data=twice | {"sessions-0-fold": "1"}).status_code == 303
    assert sessions_of(draft)[-1].starts_at.hour == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": "0", "times": "5"}, "Enter a number of weeks from 1 to 52"),
        ({"every": "1", "times": "99"}, "Enter a number of sessions from 2 to 60"),
        ({"every": "1", "times": "2", "sessions__0__date": ""}, "Enter the day and the time of the first session"),
    ],
)
def test_a_series_that_cannot_be_made(client, draft, fields, sentence):
    assert sentence in words(client.post(f"/host/activities/{draft}/sessions/new", data=rows(act="repeat", **fields)))


def test_an_empty_form_adds_nothing_and_says_what_to_do(client, draft):
    answer = client.post(f"/host/activities/{draft}/sessions/new", data={"act": "save", "rows": "2"})
    assert answer.status_code == 422
    assert "Enter the day and the time of a session" in words(answer)


def test_texts_and_time_are_saved_in_one_form(client, draft):
    first = sessions_of(draft)[0]
    path = f"/host/sessions/{first.id}/edit"
    assert 'value="14:00"' in words(client.get(path))
    answer = client.post(path, data=typed(first, title="Arrive", time="15:00", place="Lviv", format="hybrid_session"))
    assert answer.status_code == 303
    now = sessions_of(draft)[0]
    assert (now.title, now.starts_local.hour, now.place, now.format.value) == ("Arrive", 15, "Lviv", "hybrid_session")


def test_the_times_elsewhere_are_shown_before_anything_is_kept(client, draft):
    first = sessions_of(draft)[0]
    page = words(client.post(f"/host/sessions/{first.id}/edit", data=typed(first, time="16:00", act="look")))
    assert "Bishkek: Tue 19 January, 21:00 – 22:30" in page
    assert sessions_of(draft)[0].starts_local.hour == 14


@pytest.mark.parametrize(("keep", "clock", "utc"), [("wall", 14, 12), ("moment", 15, 13)])
def test_a_changed_zone_asks_what_stays(client, draft, keep, clock, utc):
    first = sessions_of(draft)[0]
    path = f"/host/sessions/{first.id}/edit"
    asked = client.post(path, data=typed(first, zone="Europe/Kyiv"))
    assert asked.status_code == 422
    assert "You changed the time zone. What shall stay as it is?" in words(asked)
    assert sessions_of(draft)[0].zone == "Europe/Amsterdam"
    assert client.post(path, data=typed(first, zone="Europe/Kyiv", keep=keep)).status_code == 303
    now = sessions_of(draft)[0]
    assert (now.zone, now.starts_local.hour, now.starts_at.hour) == ("Europe/Kyiv", clock, utc)


def test_another_time_in_another_zone_is_meant_as_it_is_typed(client, draft):
    first = sessions_of(draft)[0]
    answer = client.post(f"/host/sessions/{first.id}/edit", data=typed(first, zone="Europe/Kyiv", time="10:00"))
    assert answer.status_code == 303
    assert (sessions_of(draft)[0].starts_local.hour, sessions_of(draft)[0].starts_at.hour) == (10, 8)


@pytest.mark.parametrize(
    ("day", "time", "answer", "kept"), [("2027-03-28", "02:30", "0", "01:30"), ("2027-10-31", "02:30", "1", "02:30")]
)
def test_a_skipped_or_doubled_time_is_asked_back_and_asked_once(client, draft, day, time, answer, kept):
    first = sessions_of(draft)[0]
    path = f"/host/sessions/{first.id}/edit"
    assert client.post(path, data=typed(first, date=day, time=time)).status_code == 422
    assert client.post(path, data=typed(first, date=day, time=time, fold=answer)).status_code == 303
    now = next(s for s in sessions_of(draft) if s.id == first.id)
    assert f"{now.starts_local:%H:%M}" == kept
    assert client.post(path, data=typed(now, title="Only the title")).status_code == 303


def test_the_second_of_two_editors_sees_both_versions(client, draft):
    first = sessions_of(draft)[0]
    path = f"/host/sessions/{first.id}/edit"
    mine, theirs = typed(first, title="My title"), typed(first, title="Their title")
    client.post(path, data=theirs)
    answer = client.post(path, data=mine)
    page = words(answer)
    assert answer.status_code == 409
    assert "What is saved now" in page
    assert "Their title" in page
    assert 'value="My title"' in page
    again = mine | {"revision": re.search(r'name="revision" value="(\d+)"', page)[1]}
    assert client.post(path, data=again).status_code == 303
    assert sessions_of(draft)[0].title == "My title"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "Enter a title"),
        ({"date": "soon"}, "Enter the day and the time of the start"),
        ({"minutes": "1,5"}, "Enter a length in minutes, like 90"),
        ({"minutes": "-90"}, "Enter a length in minutes, like 90"),
        ({"minutes": "9999"}, "Enter a length from 5 to 720 minutes"),
        ({"format": "opera"}, "Choose one from the list"),
        ({"language": "english please"}, "Choose a language from the list"),
        ({"zone": "Europe/Leiden"}, "Choose a time zone from the list"),
        ({"meeting_url": "javascript:alert(1)"}, "Enter an address that starts with https://"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_typed_is_lost(client, draft, fields, sentence):
    first = sessions_of(draft)[0]
    answer = client.post(f"/host/sessions/{first.id}/edit", data=typed(first, summary="Kept words", **fields))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "Kept words" in words(answer)


def test_a_mistake_that_a_series_repeats_is_said_once(client, draft):
    form = f"/host/activities/{draft}/sessions/new"
    days = {f"sessions-{n}-date": f"2027-05-{n + 1:02}" for n in range(20)}
    more = {f"sessions-{n}-{name}": text for n in range(20) for name, text in
            (("title", "T" * 201), ("time", "10:00"), ("minutes", "60"), ("zone", "UTC"))}  # fmt: skip
    answer = client.post(form, data=rows() | days | more | {"rows": "20"})
    summary = words(answer).partition("There is a problem")[2].partition("</div>")[0]
    assert answer.status_code == 422
    assert summary.count("<li>") == 1 and '<a href="#sessions-0-title">' in summary and "(in 20 places)" in summary


def test_a_session_is_cancelled_with_a_reason_and_comes_back(client, office):
    activity_id = make.make_activity()
    session = sessions_of(activity_id)[0]
    path = f"/host/sessions/{session.id}/cancel"
    assert "Cancel this session?" in words(client.get(path))
    assert client.post(path, data={"reason": ""}).status_code == 422
    assert client.post(path, data={"reason": "The host is ill"}).status_code == 303
    assert sessions_of(activity_id)[0].status is SessionStatus.CANCELLED
    assert "Cancelled: The host is ill" in words(client.get(f"/host/activities/{activity_id}/sessions"))
    assert "Bring this session back?" in words(client.get(path))
    moved = typed(sessions_of(activity_id)[0], time="18:00")
    refused = client.post(f"/host/sessions/{session.id}/edit", data=moved)
    assert (refused.status_code, "Bring it back before you move it." in words(refused)) == (409, True)
    assert client.post(f"/host/sessions/{session.id}/restore").status_code == 303
    assert sessions_of(activity_id)[0].status is SessionStatus.PLANNED


def test_a_host_sees_the_own_sessions_and_those_of_others_do_not_exist(client):
    mine, other = make.make_organisation("Mine"), make.make_organisation("Other")
    make.signed_in(client, make.make_host(mine))
    own, foreign = make.make_activity(host_id=mine), make.make_activity(host_id=other)
    assert f'href="/host/activities/{own}/sessions"' in client.get("/host").text
    assert client.get(f"/host/activities/{own}/sessions").status_code == 200
    assert client.get(f"/host/activities/{foreign}/sessions").status_code == 404
    theirs = sessions_of(foreign)[0]
    for path in ("edit", "cancel", "restore"):
        assert client.post(f"/host/sessions/{theirs.id}/{path}", data=typed(theirs)).status_code == 404
    assert client.post(f"/host/activities/{foreign}/sessions/new", data=rows()).status_code == 404
    assert client.post(f"/host/activities/{foreign}/components", data={}).status_code == 404


def test_the_list_costs_the_same_for_one_session_and_for_five_hundred(client, office, asked):
    def cost(number):
        activity_id = make.make_activity(
            f"With {number}",
            sessions=[make.make_session(f"S{n}", starts_local=f"{2027 + n // 300}-01-19 14:00") for n in range(number)],
        )
        asked.clear()
        page = words(client.get(f"/host/activities/{activity_id}/sessions"))
        assert page.count("Attendance") >= number
        return len(asked)

    assert cost(1) == cost(500) <= 12


def test_the_same_rows_sent_twice_make_one_session(client, draft):
    path = f"/host/activities/{draft}/sessions/new"
    sent = rows(sessions_0_date="2027-03-15", once=re.search(r'name="once" value="([^"]+)"', client.get(path).text)[1])
    sent = {name.replace("sessions_0_date", "sessions-0-date"): text for name, text in sent.items()}
    assert [client.post(path, data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(sessions_of(draft)) == 3
    assert "This form was sent before" in client.get(f"/host/activities/{draft}/sessions").text


def test_a_text_that_is_too_long_is_refused_and_stays(client, draft):
    first = sessions_of(draft)[0]
    answer = client.post(f"/host/sessions/{first.id}/edit", data=typed(first, summary="x" * 100_000))
    assert answer.status_code == 422 and "Use 20,000 letters or fewer: this text has 100,000" in answer.text
    assert "x" * 100_000 in answer.text and not sessions_of(draft)[0].summary
    rest = client.post(f"/host/sessions/{first.id}/cancel", data={"reason": "x" * 20_001})
    assert rest.status_code == 422 and "this text has 20,001" in rest.text


def test_components_are_edited_and_the_lines_follow(client, draft):
    path = f"/host/activities/{draft}/components"
    row = client.post(path, data={"act": "row", "rows": "0"})
    assert "Component 1" in words(row)
    form = {
        "act": "save", "rows": "2", "components-0-kind": "study_visit", "components-0-count": "2",
        "components-0-destination": "NL", "components-1-kind": "translation", "components-1-count": "1",
        "structure_note": "with homework",
    }  # fmt: skip
    saved = client.post(path, data=form)
    assert saved.status_code == 303
    page = words(client.get(saved.location))
    line = "2 online sessions of 1.5 hours each, 2 study visits to the Netherlands and 1 translation (with homework)"
    assert line in page
    kinds = db.session.scalars(sa.select(Component.format).order_by(Component.position)).all()
    assert [kind.value for kind in kinds] == ["study_visit", "translation"]
    assert client.post(path, data={"act": "save", "rows": "1", "components-0-kind": ""}).status_code == 303
    assert db.session.scalars(sa.select(Component.id)).all() == []


def test_own_wordings_are_marked_and_compared_with_the_data(client, draft):
    path = f"/host/activities/{draft}/components"
    own = {
        "act": "save",
        "rows": "0",
        "structure_wording": "5 online sessions and a party",
        "period_wording": "In 2025",
    }
    assert client.post(path, data=own).status_code == 303
    page = words(client.get(path))
    assert "Own wording" in page
    assert "The own wording says 5 online sessions, and there are 2." in page
    assert "The own wording of the period says 2025, and the sessions are in 2027." in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"components-0-kind": "opera"}, "Choose one from the list"),
        ({"components-0-kind": "webinar", "components-0-count": "two"}, "Enter a number, or leave it empty"),
        ({"components-0-kind": "webinar", "components-0-count": "0"}, "Enter a number from 1 to 500"),
        ({"components-0-kind": "study_visit", "components-0-destination": "XX"}, "Choose a country from the list"),
        ({"structure_note": "x" * 201}, "Use 200 letters or fewer"),
    ],
)
def test_components_that_cannot_be_taken(client, draft, fields, sentence):
    answer = client.post(f"/host/activities/{draft}/components", data={"act": "save", "rows": "1", **fields})
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_who_edits_components_after_somebody_else_sees_both(client, draft):
    path = f"/host/activities/{draft}/components"
    seen = re.search(r'name="revision" value="(\d+)"', client.get(path).text)[1]
    client.post(path, data={"act": "save", "rows": "0", "revision": seen, "structure_note": "theirs"})
    answer = client.post(path, data={"act": "save", "rows": "0", "revision": seen, "structure_note": "mine"})
    assert answer.status_code == 409
    assert "(theirs)" in words(answer)
    assert 'value="mine"' in words(answer)


def test_a_new_activity_with_a_series_of_five_takes_one_page(client, office):
    host = make.make_organisation()
    typed_rows = rows(
        act="repeat", every="2", times="5", title="Play", kind="pla", year="2027", host=str(host),
        sessions__0__time="14:00", sessions__0__date="2027-03-02",
    )  # fmt: skip
    page = words(client.post("/office/activities/new", data=typed_rows))
    assert "5 online sessions of 1 hour each" in page
    assert "March–April 2027" in page
    assert "Clocks change in Amsterdam on 28 March, between session 2 and session 3." in page
    values = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" type="[^"]+" value="([^"]*)"', page))
    zone = {f"sessions-{n}-zone": "Europe/Amsterdam" for n in range(5)}
    made = client.post(
        "/office/activities/new", data={**values, **zone, "rows": "5", "act": "draft", "kind": "pla", "host": str(host)}
    )
    assert made.status_code == 303
    (activity,) = db.session.scalars(sa.select(Activity)).all()
    assert len(sessions_of(activity.id)) == 5


def test_an_activity_of_components_alone_has_a_typed_period_and_can_be_published(client, office):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT, sessions=[])
    path = f"/host/activities/{activity_id}/components"
    regular = {"act": "save", "rows": "1", "components-0-kind": "online_session", "components-0-minutes_each": "90"}
    assert client.post(path, data=regular | {"period_start": "2026-11", "period_end": "2027-03"}).status_code == 303
    page = words(client.get(path))
    assert "Planned for November 2026–March 2027" in page
    assert "regular online sessions of 1.5 hours each" in page
    activity = db.session.get_one(Activity, activity_id)
    assert (activity.period_start.month, activity.period_end.month) == (11, 3)
    client.post(f"/office/activities/{activity_id}/status", data={"status": "planned", "to": "planned"})
    db.session.expire_all()
    assert db.session.get_one(Activity, activity_id).status is ActivityStatus.PLANNED


@pytest.mark.parametrize(
    ("months", "sentence"),
    [
        ({"period_start": "May"}, "Enter a year and a month, like 2027-05"),
        ({"period_start": "2027-13"}, "Enter a year and a month, like 2027-05"),
        ({"period_end": "2027-05"}, "Enter the first month too"),
        ({"period_start": "2027-05", "period_end": "2027-04"}, "The last month must not be before the first month"),
    ],
)
def test_a_period_that_cannot_be_taken(client, office, months, sentence):
    activity_id = make.make_activity(status=ActivityStatus.DRAFT, sessions=[])
    answer = client.post(f"/host/activities/{activity_id}/components", data={"act": "save", "rows": "0", **months})
    assert answer.status_code == 422
    assert sentence in words(answer)


def test_sessions_say_the_period_and_no_month_is_typed_beside_them(client, draft):
    path = f"/host/activities/{draft}/components"
    assert 'name="period_start"' not in client.get(path).text
    client.post(path, data={"act": "save", "rows": "0", "period_start": "2020-01", "period_end": "2020-02"})
    assert db.session.get_one(Activity, draft).period_start.year == 2027


def test_a_link_in_the_place_comes_back_with_the_field_where_it_belongs(client, draft):
    session = sessions_of(draft)[0]
    path = f"/host/sessions/{session.id}/edit"
    answer = client.post(path, data=typed(session, place="Online: https://meet.example/room"))
    assert answer.status_code == 422 and "Put the link into the field for the meeting link" in words(answer)
    assert 'value="Online: https://meet.example/room"' in answer.text and sessions_of(draft)[0].place is None
    answer = client.post(f"/host/activities/{draft}/sessions/new", data=rows(**{"sessions-0-place": "zoom.us/j/1"}))
    assert answer.status_code == 422 and "Put the link into the field for the meeting link" in words(answer)
    assert len(sessions_of(draft)) == 2
    client.post(path, data=typed(session, place="Lviv", meeting_url="https://meet.example/room"))
    assert (sessions_of(draft)[0].place, sessions_of(draft)[0].meeting_url) == ("Lviv", "https://meet.example/room")
