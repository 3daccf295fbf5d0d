"""The filters of the programme, and the list of what was."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import sessions
from ecwi_events.programme.models import Activity, ActivityKind, ActivitySession, ActivityStatus, Resource, Theme
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.sessions import Promise
from tests import make
from tests.web.conftest import words


def set_fields(activity_id, **values):
    with transaction():
        db.session.execute(sa.update(Activity).where(Activity.id == activity_id).values(**values))


@pytest.fixture
def two(app):
    """A PLA of January from Slovenia in English on training, a webinar of May from Ukraine in Ukrainian on mentoring."""
    pla = make.make_activity("Slovene PLA", host_id=make.make_organisation("One", country="SI"))
    webinar = make.make_activity(
        "Ukrainian webinar",
        kind=ActivityKind.WEBINAR,
        host_id=make.make_organisation("Two", country="UA"),
        sessions=[make.make_session(starts_local="2027-05-04 14:00")],
    )
    set_fields(pla, theme=Theme.TRAINING)
    set_fields(webinar, theme=Theme.MENTORING, language="uk")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=pla", "Slovene PLA"), ("kind=webinar", "Ukrainian webinar"), ("theme=mentoring", "Ukrainian webinar"),
        ("language=uk", "Ukrainian webinar"), ("language=en", "Slovene PLA"), ("month=2027-05", "Ukrainian webinar"),
        ("month=2027-01", "Slovene PLA"), ("country=SI", "Slovene PLA"), ("country=UA&kind=webinar", "Ukrainian webinar"),
    ],
)  # fmt: skip
def test_each_filter_finds_its_own(client, two, query, shown):
    page = words(client.get(f"/?{query}"))
    hidden = ({"Slovene PLA", "Ukrainian webinar"} - {shown}).pop()
    assert f">{shown}</a>" in page
    assert f">{hidden}</a>" not in page
    assert "Show all" in page


@pytest.mark.parametrize("query", ["kind=pla&country=UA", "month=2027-02", "month=2027-12"])
def test_nothing_found_says_what_to_do(client, two, query):
    assert "Nothing that comes is like this." in words(client.get(f"/?{query}"))


@pytest.mark.parametrize(
    "query",
    ["kind=opera", "theme=%00", "language=xx", "month=2027-13", "month=0000-01", "country=si", "page=-1", "page=0",
     "page=²", "page=999999999999999999999", "kind=<script>"],
)  # fmt: skip
def test_what_is_no_filter_filters_nothing(client, two, query):
    page = words(client.get(f"/?{query}"))
    assert ">Slovene PLA</a>" in page
    assert ">Ukrainian webinar</a>" in page
    assert "<script>" not in page


def test_a_month_is_that_of_the_reader(client, app):
    make.make_activity("New year", sessions=[make.make_session(starts_local="2027-01-31 23:00", zone="UTC")])
    assert ">New year</a>" in words(client.get("/?month=2027-01"))
    client.set_cookie("zone", "Asia/Bishkek")
    assert ">New year</a>" in words(client.get("/?month=2027-02"))
    assert ">New year</a>" not in words(client.get("/?month=2027-01"))


def test_filters_offer_only_what_there_is(client, two):
    make.make_activity("Secret", host_id=make.make_organisation(country="AM"), status=ActivityStatus.DRAFT)
    page = words(client.get("/"))
    assert '<option value="UA">Ukraine' in page
    assert '<option value="AM">' not in page
    assert '<option value="uk">Ukrainian' in page
    assert '<option value="ky">' not in page
    assert '<option value="2027-05">May 2027' in page
    assert '<option value="2027-06">' not in page


def test_long_lists_turn_pages_and_keep_the_filter(client, app):
    host = make.make_organisation()
    for number in range(26):
        make.make_activity(f"Number {number}", host_id=host)
    page = words(client.get("/?kind=pla"))
    assert page.count('class="card teaser"') == 24
    assert 'href="/?kind=pla&page=2"' in page
    rest = words(client.get("/?kind=pla&page=2"))
    assert rest.count('class="card teaser"') == 2
    assert 'href="/?kind=pla"' in rest
    assert "There is no more." in words(client.get("/?page=9"))


def test_what_was_shows_month_recordings_and_only_open_resources(client, app):
    was = make.make_activity("Was", sessions=[make.make_session(starts_local="2026-03-03 10:00")])
    kinds = [
        (ResourceKind.RECORDING, Audience.EVERYONE, None),
        (ResourceKind.SLIDES, Audience.EVERYONE, datetime(2026, 4, 1, tzinfo=UTC)),
        (ResourceKind.HANDOUT, Audience.EVERYONE, datetime(2100, 4, 1, tzinfo=UTC)),
        (ResourceKind.GUIDE, Audience.SIGNED_UP, None),
    ]
    with transaction():
        for kind, audience, at in kinds:
            row = Resource(activity_id=was, title="R", kind=kind, audience=audience, available_at=at)
            db.session.add(row)
    page = words(client.get("/past"))
    assert ">Was</a>" in page
    assert "With a recording" in page
    assert 'March 2026<br><span class="mute">2 resources</span>' in page
    assert "No past activity is like this." in words(client.get("/past?kind=webinar"))
    make.make_activity("To come")
    assert ">To come</a>" not in words(client.get("/past"))


@pytest.mark.parametrize("path", ["/", "/past", "/?kind=pla&month=2027-01", "/a/activity-0"])
def test_a_page_costs_the_same_for_few_rows_and_for_many(client, asked, path):
    def fill(count, sessions):
        for number in range(count):
            many = [make.make_session(f"S{n}", starts_local="2027-01-19 14:00") for n in range(sessions)]
            make.make_activity(f"Activity {number}", sessions=many)
            make.make_activity(f"Over {number}", sessions=[make.make_session(starts_local="2026-03-03 10:00")])

    fill(1, 1)
    asked.clear()
    assert client.get(path).status_code == 200
    few = len(asked)
    fill(3, 20)
    asked.clear()
    client.get(path)
    assert len(asked) == few <= 12


def test_the_page_of_an_activity_says_place_format_language_and_what_became_of_a_session(client, app):
    activity_id = make.make_activity(
        sessions=[make.make_session("Visit"), make.make_session("Talk", starts_local="2027-03-30 14:00")]
    )
    visit, talk = db.session.scalars(sa.select(ActivitySession.id).order_by(ActivitySession.starts_at)).all()
    with transaction():
        values = {"format": "study_visit", "place": "Kindergarten 7, Lviv", "language": "uk"}
        db.session.execute(sa.update(ActivitySession).where(ActivitySession.id == visit).values(**values))
    with transaction():
        promise = Promise(datetime(2027, 1, 20, 14), "Europe/Amsterdam", 90)  # noqa: DTZ001 - a wall time
        sessions.reschedule(visit, promise, reason="The bus is late", by_person_id=None, now=make.NOW)
        sessions.cancel_session(talk, reason="The speaker is <ill>", by_person_id=None, now=make.NOW)
    page = words(client.get("/a/learning-communities-that-last"))
    assert "Study visit, Kindergarten 7, Lviv, in Ukrainian" in page
    assert "Moved from Tue 19 January 2027, 14:00 (Amsterdam). The bus is late" in page
    assert "This session is cancelled. The speaker is <ill>" in page
    assert "<ill>" not in client.get("/a/learning-communities-that-last").text
    assert activity_id


def test_what_has_no_period_comes_last_on_both_engines(client, app):
    dated = make.make_activity("Dated", sessions=[make.make_session(starts_local="2026-03-03 10:00")])
    undated = make.make_activity("Undated", status=ActivityStatus.DRAFT, sessions=[])
    set_fields(undated, status=ActivityStatus.COMPLETED)
    assert dated
    page = words(client.get("/past"))
    assert page.index(">Dated</a>") < page.index(">Undated</a>")
