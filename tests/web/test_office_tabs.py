import flask
import pytest

from ecwi_events.web import tabs as office_tabs
from ecwi_events.web.access import ACCESS, host
from tests import make


@pytest.fixture
def one_page_more(app, monkeypatch):
    """A page that hosts may open, and a line for a page that nobody has built."""
    lines = [
        ("/office/activities/{id}", "Summary"),
        ("/host", "Host"),
        ("/office/activities/{id}/not/there", "Nowhere"),
    ]
    monkeypatch.setattr(office_tabs, "TABS", lines)
    return lines


def seen(client) -> list[tuple[str, bool]]:
    with client.application.test_request_context("/host", headers={"Cookie": f"session={cookie(client)}"}):
        flask.g.pop("_login_user", None)
        return [(tab.words, tab.is_current) for tab in office_tabs.activity_tabs(7)]


def cookie(client) -> str:
    kept = client.get_cookie("session")
    return kept.value if kept else ""


def test_a_line_shows_when_the_page_exists_and_the_reader_may_open_it(client, one_page_more):
    assert seen(client) == []
    make.signed_in(client, make.make_host(make.make_organisation()))
    assert seen(client) == [("Host", True)]
    make.signed_in(client, make.make_office())
    assert seen(client) == [("Summary", False), ("Host", True)]


def test_a_page_that_is_not_in_the_table_of_permissions_has_no_line(client, one_page_more, monkeypatch):
    make.signed_in(client, make.make_office())
    monkeypatch.delitem(ACCESS, "host.index")
    assert seen(client) == [("Summary", False)]
    monkeypatch.setitem(ACCESS, "host.index", host("POST"))
    assert seen(client) == [("Summary", False)]


def test_the_row_marks_where_one_is(client, monkeypatch, one_page_more):
    activity = make.make_activity()
    make.signed_in(client, make.make_office())
    page = client.get(f"/office/activities/{activity}").text
    assert f'<a href="/office/activities/{activity}" aria-current="page">Summary</a>' in page
    assert '<a href="/host">Host</a>' in page
    assert "Nowhere" not in page
