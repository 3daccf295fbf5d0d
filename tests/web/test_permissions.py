"""The table of permissions and the page that tells it."""

import pytest
from click.testing import CliRunner

import config
from ecwi_events.cli import permissions
from ecwi_events.people.models import Role
from ecwi_events.people.queries import Identity
from ecwi_events.web.access import ACCESS, Of, administrator, anyone, host, link, office, refused, signed_in

PAGE = config.PROJECT / "docs" / "permissions.md"


def who(*roles: Role, host_of=()) -> Identity:
    return Identity(1, "Somebody", None, frozenset(roles), frozenset(host_of))


MEMBER, OFFICE, ADMINISTRATOR, AUDITOR = who(), who(Role.OFFICE), who(Role.ADMINISTRATOR), who(Role.AUDITOR)
HOST = who(Role.HOST, host_of={1})


@pytest.mark.parametrize(
    ("row", "method", "may"),
    [
        (anyone("GET"), "GET", [None, MEMBER, HOST, OFFICE, ADMINISTRATOR, AUDITOR]),
        (link("POST", "registration"), "POST", [None, MEMBER, HOST, OFFICE, ADMINISTRATOR, AUDITOR]),
        (signed_in("POST"), "POST", [MEMBER, HOST, OFFICE, ADMINISTRATOR, AUDITOR]),
        (host("GET"), "GET", [HOST, OFFICE, ADMINISTRATOR, AUDITOR]),
        (host("POST"), "POST", [HOST, OFFICE, ADMINISTRATOR]),
        (office("GET"), "GET", [OFFICE, ADMINISTRATOR, AUDITOR]),
        (office("GET"), "HEAD", [OFFICE, ADMINISTRATOR, AUDITOR]),
        (office("POST"), "POST", [OFFICE, ADMINISTRATOR]),
        (administrator("POST"), "POST", [ADMINISTRATOR]),
        (administrator("GET"), "GET", [ADMINISTRATOR]),
        (office("GET"), "POST", []),
        (anyone("GET"), "DELETE", []),
        (None, "GET", []),
    ],
)
def test_who_may_come_in(row, method, may):
    everybody = [None, MEMBER, HOST, OFFICE, ADMINISTRATOR, AUDITOR]
    assert [one for one in everybody if refused(row, one, method) is None] == may


def test_roles_add_up():
    both = who(Role.AUDITOR, Role.HOST, host_of={1})
    assert refused(office("GET"), both, "GET") is None
    assert refused(host("POST"), both, "POST") is None
    assert refused(office("POST"), both, "POST") is not None


def test_whoever_may_change_any_record_sits_in_the_office():
    """A row that lets members change records that are not their own would be a mistake of writing."""
    wide = {name for name, row in ACCESS.items() if row.changes(min(row.methods)) and row.of is Of.ANY}
    assert {ACCESS[name].door.value for name in wide} <= {"office", "administrator"}


def test_every_page_of_the_office_is_for_the_office(engine_app):
    for rule in engine_app.url_map.iter_rules():
        if rule.rule.startswith("/office"):
            assert ACCESS[rule.endpoint].door.value in {"office", "administrator"}, rule
        if rule.rule.startswith("/me"):
            assert ACCESS[rule.endpoint].door.value in {"signed in", "link"}, rule
        if rule.rule.startswith("/host"):
            assert ACCESS[rule.endpoint].door.value == "host", rule


def test_the_page_tells_what_the_table_says(engine_app):
    assert PAGE.read_text(encoding="utf-8") == permissions.page(engine_app), "type: make docs"


def test_the_page_names_every_route_and_method_once(engine_app):
    lines = [line for line in permissions.page(engine_app).splitlines() if line.startswith("| `/")]
    expected = sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in engine_app.url_map.iter_rules())
    assert len(lines) == len(set(lines)) == expected


def test_the_command_prints_the_page_and_notices_an_old_one(engine_app, monkeypatch, tmp_path):
    monkeypatch.setattr(permissions, "create_app", lambda: engine_app)
    assert CliRunner().invoke(permissions.permissions).output == permissions.page(engine_app)
    old = tmp_path / "permissions.md"
    old.write_text("old")
    monkeypatch.setattr(permissions, "PAGE", old)
    assert CliRunner().invoke(permissions.permissions, ["--check"]).exit_code != 0
    old.write_text(permissions.page(engine_app), encoding="utf-8")
    assert CliRunner().invoke(permissions.permissions, ["--check"]).exit_code == 0
