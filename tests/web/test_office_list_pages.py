"""The office's list: filters, empty states, pages of it, and what it costs."""

import itertools
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import queries_list, whole
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivityOrganisation,
    ActivityStatus,
    Component,
    ComponentKind,
    Theme,
    Visibility,
)
from ecwi_events.programme.queries_list import Wanted
from ecwi_events.programme.record_rules import (
    BEFORE_PUBLISHING,
    RecordFacts,
    missing_before_publishing,
    missing_in_record,
)
from ecwi_events.registration import capacity, changes
from ecwi_events.web.office import activity_list as office_list
from tests import make
from tests.registration.ground import act, choose, make_series
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


def change(activity, **values):
    with transaction():
        db.session.execute(sa.update(Activity).where(Activity.id == activity).values(**values))


def complete(title, **more):
    activity = make.make_activity(title, **more)
    change(activity, theme=Theme.TRAINING, summary="Something")
    return activity


def listed(client, **asked):
    page = words(client.get("/office", query_string=asked))
    return {title for title in ("Alpha", "Beta", "Gamma", "Delta") if f">{title}</a>" in page}


@pytest.fixture
def four(office):
    house = make.make_organisation("House")
    complete("Alpha", host_id=house)
    complete("Beta", kind=ActivityKind.WEBINAR, home_year=2025)
    gamma = complete("Gamma", status=ActivityStatus.DRAFT)
    change(gamma, theme=None)
    delta = complete("Delta", status=ActivityStatus.COMPLETED)
    change(delta, theme=Theme.MENTORING, visibility=Visibility.MEMBERS)
    return house


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"Alpha", "Gamma", "Delta"}),
        ({"year": "all"}, {"Alpha", "Beta", "Gamma", "Delta"}),
        ({"year": "2025"}, {"Beta"}),
        ({"year": "all", "kind": "webinar"}, {"Beta"}),
        ({"status": "completed"}, {"Delta"}),
        ({"status": "draft"}, {"Gamma"}),
        ({"theme": "mentoring"}, {"Delta"}),
        ({"incomplete": "1"}, {"Gamma"}),
        ({"theme": "mentoring", "incomplete": "1"}, set()),
        ({"year": "2019"}, set()),
        ({"kind": "party", "status": "x", "theme": "\x00", "host": "<b>"}, {"Alpha", "Gamma", "Delta"}),
        ({"host": "987654"}, set()),
        ({"page": "2"}, set()),
        ({"page": "0"}, {"Alpha", "Gamma", "Delta"}),
    ],
)
def test_filters_narrow_the_list_down_together(client, four, asked, found):
    assert listed(client, **asked) == found


def test_the_host_is_a_filter_and_only_hosts_are_offered(client, four):
    make.make_organisation("Hosts nothing")
    assert listed(client, host=str(four)) == {"Alpha"}
    page = words(client.get("/office"))
    assert f'<option value="{four}">House' in page and "Hosts nothing" not in page


def test_the_form_keeps_what_was_asked(client, four):
    page = words(client.get("/office", query_string={"year": "all", "status": "draft", "incomplete": "1"}))
    for kept in ('<option value="all" selected>', '<option value="draft" selected>', 'value="1" checked'):
        assert kept in page
    assert "1 activity fits." in page and "Still missing: theme" in page


def test_an_empty_list_says_what_to_do(client, office):
    assert "Nothing is published for 2026 yet." in words(client.get("/office"))
    page = words(client.get("/office", query_string={"kind": "pla"}))
    assert "No activity fits all of this." in page and 'href="/office?year=2026">show all again</a>' in page


def test_who_may_see_an_activity_is_said(client, four):
    assert "Members only" in words(client.get("/office", query_string={"status": "completed"}))


def test_waiting_proposals_are_said(client, office):
    assert "Proposals of hosts</a>" in words(client.get("/office"))


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ({}, []),
        ({"has_host": False}, ["host"]),
        ({"has_title": False}, ["title"]),
        ({"sessions": 0}, ["sessions"]),
        ({"sessions": 0, "components": 1}, []),
        ({"sessions": 0, "is_recorded": False}, []),
        ({"has_theme": False, "has_text": False}, ["theme", "summary"]),
    ],
)
def test_what_a_record_lacks(asked, missing):
    whole = RecordFacts(
        has_title=True, has_host=True, sessions=1, components=0, is_recorded=True, has_theme=True, has_text=True
    )
    assert missing_in_record(replace(whole, **asked)) == missing
    assert missing_before_publishing(replace(whole, **asked)) == [name for name in missing if name in BEFORE_PUBLISHING]


def test_the_filter_and_the_words_agree_on_what_is_incomplete(app):
    host = make.make_organisation()
    for has_host, has_session, is_whole, theme, text, component in itertools.product((True, False), repeat=6):
        activity = make.make_activity(
            host_id=host, sessions=[make.make_session()] if has_session else [], status=ActivityStatus.DRAFT
        )
        values = {"summary": "", "description": "Something" if text else None}
        change(activity, records_complete=is_whole, theme=Theme.TRAINING if theme else None, **values)
        if component:
            with transaction():
                db.session.add(Component(activity_id=activity, format=ComponentKind.STUDY_VISIT, count=1))
        if not has_host:
            with transaction():
                db.session.execute(sa.delete(ActivityOrganisation).where(ActivityOrganisation.activity_id == activity))
    rows = queries_list.activities(Wanted(), limit=99)
    incomplete = queries_list.activities(Wanted(is_incomplete=True), limit=99)
    assert len(rows) == 64
    assert [row for row in rows if row.missing] == incomplete
    of_one = {row.id: tuple(missing_in_record(whole.record_facts(row.id))) for row in rows}
    assert {row.id: row.missing for row in rows} == of_one, "the page of one activity says what the list says"
    assert queries_list.number_of(Wanted(is_incomplete=True)) == len(incomplete) == 57


def test_long_lists_come_in_pages(client, office, monkeypatch):
    monkeypatch.setattr(office_list, "ON_A_PAGE", 2)
    for title in ("Alpha", "Beta", "Gamma"):
        complete(title)
    assert listed(client) == {"Alpha", "Beta"}
    page = words(client.get("/office"))
    assert 'href="/office?year=2026&page=2">The next page' in page
    assert listed(client, page="2") == {"Gamma"}
    assert "The page before" in words(client.get("/office", query_string={"page": "2"}))


def test_the_list_costs_the_same_with_many_rows(client, office, count_queries):
    def cost():
        with count_queries() as seen:
            client.get("/office", query_string={"year": "all"})
        return len(seen)

    complete("Alpha")
    first = cost()
    complete("Beta")
    complete("Gamma")
    assert cost() == first
    with transaction():
        copies = sa.text(
            "INSERT INTO activity (key, slug, kind, status, title, language, home_year, display_order, open_end,"
            " records_complete, revision, created_at, updated_at)"
            " SELECT 'k' || n, 's' || n, 'pla', 'planned', 'Copy', 'en', 2026, 0, open_end, records_complete, 1,"
            " created_at, updated_at FROM activity CROSS JOIN"
            " (WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 500)"
            " SELECT n FROM counting) AS many WHERE title = 'Alpha'"
        )
        db.session.execute(copies)
    assert cost() == first
    assert queries_list.number_of(Wanted()) == 503


def test_places_are_counted_per_session_where_people_sign_up_per_session(client, office):
    activity, (first, second, third) = make_series(capacity=2)
    for who, chosen in (("olena", [first, second]), ("ana", [first]), ("zoe", [first])):
        choose(activity, chosen, who)
    assert "3 sessions · 3 places taken in 3 sessions of 2 each, 1 waiting" in words(client.get("/office?year=all"))
    page = words(client.get(f"/office/activities/{activity}"))
    for line in ("Session 1: 2 of 2 places taken, 1 waiting", "Session 2: 1 of 2 places taken", "Session 3: 0 of 2"):
        assert f"<li>{line}" in page
    assert "0 of 2 places taken." not in page
    act(capacity.change_capacity, activity, 5, session_id=second)
    assert "3 places taken in 3 sessions, 1 waiting" in words(client.get("/office?year=all"))
    act(changes.cancel_session, third, "ill", by_person_id=None)
    act(capacity.change_capacity, activity, 2, session_id=second)
    assert "3 places taken in 2 sessions of 2 each, 1 waiting" in words(client.get("/office?year=all"))


def test_places_of_the_whole_activity_are_counted_as_such(client, office):
    activity = make.make_activity(capacity=2, home_year=2026)
    make.make_activity("Without a limit", home_year=2026)
    make.sign_up(activity)
    page = words(client.get("/office"))
    assert "· 1 of 2 places taken<" in page and "· 0 places taken<" in page
    assert "1 of 2 places taken." in words(client.get(f"/office/activities/{activity}"))
