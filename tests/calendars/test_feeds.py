"""The programme's feed and the files, from rows to HTTP, on both engines."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.calendars import service
from ecwi_events.calendars.models import StoredFeed
from ecwi_events.jobs.drain import drain
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import sessions
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, SessionStatus
from ecwi_events.registration import queries as registrations
from ecwi_events.work.models import Work
from tests import make
from tests.calendars import reader

FEED = "/feeds/programme.ics"


def export(*, now=make.NOW):
    with transaction():
        return service.export_programme_feed(now=now)


def stored() -> bytes:
    return service.programme_feed(now=make.NOW).body


def events_of(body: bytes):
    return reader.check(body).kids("VEVENT")


def change(table, row_id, **values):
    with transaction():
        db.session.execute(sa.update(table).where(table.id == row_id).values(**values))


def session_of(activity_id: int) -> int:
    return db.session.scalar(sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id))


def test_the_feed_holds_what_is_public_and_nothing_else(app):
    make.make_activity("Seen")
    make.make_activity("Draft", status=ActivityStatus.DRAFT)
    export()
    (event,) = events_of(stored())
    assert event.one("SUMMARY").text == "Seen: First session"
    assert event.one("URL").value == "http://events.test/a/seen"
    lines = event.one("DESCRIPTION").text.split("\n")
    assert lines[0] == "Tue 19 January 2027, 14:00 – 15:30 · Amsterdam time (UTC+1) · 13:00 – 14:30 UTC"
    assert event.one("LOCATION").text == "Online"
    assert event.one("CLASS").value == "PUBLIC"


def test_a_real_place_stands_in_the_entry_also_beside_a_joining_link(app):
    activity_id = make.make_activity()
    change(ActivitySession, session_of(activity_id), place="Kindergarten 7, Lviv", format="hybrid_session")
    export()
    assert events_of(stored())[0].one("LOCATION").text == "Kindergarten 7, Lviv"
    mine = registrations.find_sign_up(make.sign_up(activity_id).registration_id)
    personal = reader.check(service.personal_file(mine))
    assert personal.kids("VEVENT")[0].one("LOCATION").text == "Kindergarten 7, Lviv"


def test_the_feed_knows_no_people_and_no_meeting_address(app):
    activity_id = make.make_activity()
    make.sign_up(activity_id, "Olena Koval", "olena@kyiv.example")
    change(ActivitySession, session_of(activity_id), meeting_url="https://meet.example/secret")
    export()
    body = stored()
    assert b"olena" not in body.lower() and b"meet.example" not in body and b"/m/" not in body


def test_a_session_called_like_its_activity_is_named_once(app):
    make.make_activity("Play", sessions=[make.make_session("Play")])
    export()
    assert events_of(stored())[0].one("SUMMARY").text == "Play"


def test_unchanged_facts_are_identical_bytes_at_any_hour(app):
    make.make_activity()
    assert export() is True
    before = stored()
    assert export(now=make.NOW + timedelta(hours=5)) is False
    assert stored() == before == service.build_programme_feed(now=make.NOW + timedelta(days=3)).body


def test_a_session_leaves_ninety_days_after_it_is_over_and_a_cancelled_one_after_thirty(app):
    kept, off = make.make_activity("Kept"), make.make_activity("Off")
    change(ActivitySession, session_of(off), status=SessionStatus.CANCELLED)
    over = make.NOW.replace(year=2027, month=1, day=19, hour=14, minute=30)

    def titles(days):
        feed = service.build_programme_feed(now=over + timedelta(days=days))
        return [event.one("SUMMARY").text for event in events_of(feed.body)]

    assert sorted(titles(29)) == ["Cancelled: Off: First session", "Kept: First session"]
    assert titles(31) == ["Kept: First session"]
    assert titles(91) == []
    assert kept != off


def test_a_session_to_come_stays_in_the_feed_when_its_activity_is_cancelled(app):
    activity_id = make.make_activity("Gone")
    change(Activity, activity_id, status=ActivityStatus.CANCELLED)
    (event,) = events_of(service.build_programme_feed(now=make.NOW).body)
    assert event.one("STATUS").value == "CANCELLED"


def test_the_sequence_is_the_sessions_own_and_survives_a_change_of_title(app):
    activity_id = make.make_activity()
    session_id = session_of(activity_id)
    export()
    (before,) = events_of(stored())
    later = make.NOW + timedelta(hours=1)
    change(ActivitySession, session_id, title="Another title", updated_at=later)
    export()
    (retitled,) = events_of(stored())
    change(ActivitySession, session_id, ical_sequence=1, starts_at=ActivitySession.starts_at, updated_at=later)
    export()
    (moved,) = events_of(stored())
    assert before.one("UID") == retitled.one("UID") == moved.one("UID")
    assert [e.one("SEQUENCE").value for e in (before, retitled, moved)] == ["0", "0", "1"]
    assert retitled.one("LAST-MODIFIED").value == retitled.one("DTSTAMP").value == "20261121T100000Z"


def test_a_change_of_the_programme_exports_the_feed_by_itself(app):
    activity_id = make.make_activity("New")
    settings = app.extensions["ecwi_settings"]
    drain(app, settings)
    first = db.session.scalar(sa.select(StoredFeed.etag))
    with transaction():
        sessions.add_sessions(activity_id, [make.make_session("Second", starts_local="2027-02-01 10:00")], now=make.NOW)
    drain(app, settings)
    assert db.session.scalar(sa.select(StoredFeed.etag)) != first
    assert len(events_of(stored())) == 2


def test_the_daily_export_is_asked_once_a_day(app):
    with transaction():
        assert service.export_daily(now=make.NOW) is True
        assert service.export_daily(now=make.NOW + timedelta(hours=10)) is False
        assert service.export_daily(now=make.NOW + timedelta(days=1)) is True
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Work).where(Work.kind == "feed.export")) == 2


class TestOverHttp:
    def test_a_poll_gets_bytes_an_etag_and_no_cookie(self, client):
        make.make_activity()
        export()
        answer = client.get(FEED)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'inline; filename="programme.ics"'
        assert answer.headers["Cache-Control"] == "public, max-age=900"
        assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
        assert "Content-Encoding" not in answer.headers
        assert answer.headers["ETag"].startswith('"') and answer.headers["Last-Modified"].endswith("GMT")
        reader.check(answer.data)

    def test_even_a_browser_with_a_cookie_gets_no_private_answer(self, client):
        client.set_cookie("session", "whatever")
        answer = client.get(FEED, headers={"Accept-Encoding": "br, gzip"})
        assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
        assert "Content-Encoding" not in answer.headers

    @pytest.mark.parametrize("tags", ["{}", "W/{}", '"other", {}', '"a", W/{}, "b"', "*"])
    def test_a_poll_that_knows_the_etag_gets_304(self, client, tags):
        export()
        etag = client.get(FEED).headers["ETag"]
        answer = client.get(FEED, headers={"If-None-Match": tags.format(etag)})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == "public, max-age=900"

    def test_a_wrong_etag_wins_over_a_matching_date(self, client):
        export()
        date = client.get(FEED).headers["Last-Modified"]
        answer = client.get(FEED, headers={"If-None-Match": '"other"', "If-Modified-Since": date})
        assert answer.status_code == 200

    def test_a_date_alone_is_enough(self, client):
        export()
        date = client.get(FEED).headers["Last-Modified"]
        assert client.get(FEED, headers={"If-Modified-Since": date}).status_code == 304

    def test_head_is_get_without_the_body(self, client):
        export()
        head, get = client.head(FEED), client.get(FEED)
        assert head.data == b"" and head.headers["ETag"] == get.headers["ETag"]
        assert head.headers["Content-Length"] == get.headers["Content-Length"]

    def test_before_the_first_export_it_is_built_and_nothing_is_written(self, client):
        make.make_activity()
        answer = client.get(FEED)
        assert len(events_of(answer.data)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFeed)) == 0

    def test_an_activitys_file_is_a_download_and_drafts_have_none(self, client):
        make.make_activity(
            "Learning communities",
            sessions=[make.make_session("One"), make.make_session("Two", starts_local="2027-02-01 10:00")],
        )
        make.make_activity("Draft", status=ActivityStatus.DRAFT)
        answer = client.get("/a/learning-communities.ics")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="learning-communities.ics"'
        root = reader.check(answer.data)
        assert len(root.kids("VEVENT")) == 2 and not root.all("NAME")
        assert client.get("/a/draft.ics").status_code == 404
        assert client.get("/a/nothing.ics").status_code == 404

    def test_a_personal_file_is_private_and_carries_the_personal_link(self, client):
        olena = make.sign_up(make.make_activity())
        token = registrations.find_sign_up(olena.registration_id).token
        answer = client.get(f"/m/{token}.ics")
        (event,) = events_of(answer.data)
        assert f"http://events.test/m/{token}" in event.one("DESCRIPTION").text
        assert "15:00 – 16:30 · Kyiv time (UTC+2)" in event.one("DESCRIPTION").text
        assert event.one("CLASS").value == "PRIVATE"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

    def test_who_waits_has_no_entries_and_who_withdrew_has_cancelled_ones_with_a_higher_sequence(self, client):
        activity_id = make.make_activity(capacity=1)
        olena, aida = make.sign_up(activity_id), make.sign_up(activity_id, "Aida Bekova")
        tokens = [registrations.find_sign_up(s.registration_id).token for s in (olena, aida)]
        assert client.get(f"/m/{tokens[1]}.ics").status_code == 404
        (before,) = events_of(client.get(f"/m/{tokens[0]}.ics").data)
        make.withdraw(olena.registration_id)
        (after,) = events_of(client.get(f"/m/{tokens[0]}.ics").data)
        assert after.one("UID") == before.one("UID")
        assert after.one("STATUS").value == "CANCELLED"
        assert int(after.one("SEQUENCE").value) > int(before.one("SEQUENCE").value)
        assert tokens[0] not in after.one("DESCRIPTION").text
        (promoted,) = events_of(client.get(f"/m/{tokens[1]}.ics").data)
        assert promoted.one("STATUS").value == "CONFIRMED"

    def test_an_unknown_link_is_not_found(self, client):
        assert client.get("/m/nobody.ics").status_code == 404
