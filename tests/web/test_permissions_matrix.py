"""The table of permissions, walked: every route, method and object by everybody that it names.

The verdicts are worked out from the table by a reading of their own (`permissions_ground.expected`), not by the code that
guards the pages. One database is made for each engine; what the POSTs do is taken back instead of committed.
"""

from __future__ import annotations

import dataclasses
import re
from html import unescape

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecwi_events.kernel.db import db
from ecwi_events.web.access import ACCESS, READING, Door, anyone
from tests.conftest import empty_tables
from tests.web import permissions_ground as ground_of
from tests.web.permissions_ground import (
    DRAFT_TITLE,
    MARKUP,
    MEETING,
    PERSON,
    RAW,
    STAFF,
    cases,
    expected,
    normal,
    verdict,
    words,
)

NOBODY = "anonymous"
OWN_PLACES = {"own host", "other host", *STAFF}  # whom the roster shows who signed up
MAY_JOIN = OWN_PLACES - {"auditor"}  # who reads the address of a meeting before it begins
FROM_MAIL_PROGRAMS = "unsubscribing.change"  # they press its button without having seen a page
# For people who may act on every record: here the empty form is refused before the record is looked for.
FORM_FIRST = {"office_overview.compile_year", "office.move"}


@pytest.fixture(scope="module")
def ground(engine_app):
    with engine_app.app_context():
        made = ground_of.make_ground(engine_app)
        db.session.remove()
    yield made
    with engine_app.app_context():
        empty_tables()


@pytest.fixture(autouse=True)
def as_in_production(engine_app, monkeypatch):
    """Staff need a second factor, whatever other tests do without."""
    settings = dataclasses.replace(engine_app.extensions["ecwi_settings"], second_factor_required=True)
    monkeypatch.setitem(engine_app.extensions, "ecwi_settings", settings)


@pytest.fixture
def ask_as(engine_app, ground):
    """Return a function that asks as somebody, each time with the same old cookie."""
    client = engine_app.test_client()

    def ask(who, method, path, typed=None):
        client.delete_cookie("session")
        if who in ground.cookies:
            client.set_cookie("session", ground.cookies[who])
        return client.open(
            path,
            method=method,
            buffered=True,
            **({"query_string" if method in READING else "data": typed} if typed else {}),
        )

    return ask


@pytest.fixture
def everybody(ground):
    return [NOBODY, *ground.cookies]


@pytest.fixture
def written(engine_app):
    """The statements that changed rows."""
    statements = []

    def note(_connection, cursor, statement, *_):
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) and cursor.rowcount:
            statements.append(statement)

    with engine_app.app_context():
        engine = db.engine
    sa.event.listen(engine, "after_cursor_execute", note)
    yield statements
    sa.event.remove(engine, "after_cursor_execute", note)


@pytest.fixture
def nothing_stays(monkeypatch):
    """Acts run to their end, and are then taken back instead of committed."""

    def take_back(session):
        session.flush()
        session.rollback()

    monkeypatch.setattr(Session, "commit", take_back)


def walk(ground, everybody, ask_as, of_cases, look):
    """Ask everything as everybody; return a line for each answer that is not what the table promises."""
    wrong = []
    for who in everybody:
        for case in of_cases:
            answer = ask_as(who, case.method, case.path_of(who), ground.typed.get(case.endpoint))
            got, promised = verdict(answer), expected(case, who)
            told = f"{who}: {case.method} {case.path} ({case.endpoint}, {case.thing})"
            wrong += [f"{told}: {fault}" for fault in look(who, case, answer)]
            if promised == "missing" and case.endpoint in FORM_FIRST:
                promised = "yes"
            if got == "second factor" and case.row.door is Door.SIGNED_IN and who == "office without second factor":
                continue  # what guards the account itself asks first who one is; nothing was done
            if got != promised:
                wrong.append(f"{told}: {got} ({answer.status_code}), promised {promised}")
    return wrong


def shown_too_far(who, text):
    """What stands in an answer that few may read."""
    if DRAFT_TITLE in text and who not in STAFF:
        yield "shows the title of a draft"
    if PERSON in text and who not in OWN_PLACES:
        yield "shows another person's address"
    if MEETING in text and who not in MAY_JOIN:
        yield "shows the address of a meeting"


def test_reading_every_page_as_everybody(engine_app, ground, everybody, ask_as, written):
    reading = [case for case in cases(engine_app, ground) if case.method in {"GET", "HEAD"}]
    with engine_app.app_context():
        before = ground_of.fingerprint()
    seen = {}

    def look(who, case, answer):
        text = words(answer)
        seen[who, case.endpoint, case.method, case.thing] = normal(case, answer)
        if case.method == "HEAD" and text:
            yield "HEAD has a body"
        yield from shown_too_far(who, text)
        if ground.other_token in text:
            yield "shows another person's link"
        if answer.mimetype == "text/html" and any(raw in text for raw in RAW):
            yield "lets typed markup through"
        if written:
            yield f"a GET wrote: {written.pop()}"

    assert walk(ground, everybody, ask_as, reading, look) == []
    assert oracles(seen, everybody, reading) == []
    with engine_app.app_context():
        assert ground_of.fingerprint() == before, "a GET changed something"


def test_acting_on_every_page_as_everybody(engine_app, ground, everybody, ask_as, written, nothing_stays):
    acting = [case for case in cases(engine_app, ground) if case.method not in {"GET", "HEAD"}]
    seen = {}

    def look(who, case, answer):
        seen[who, case.endpoint, case.method, case.thing] = normal(case, answer)
        if written and expected(case, who) != "yes" and case.endpoint not in FORM_FIRST:
            yield f"was refused, and wrote: {written[-1]}"
        yield from shown_too_far(who, words(answer))
        written.clear()

    assert walk(ground, everybody, ask_as, acting, look) == []
    assert oracles(seen, everybody, acting) == []


def oracles(seen, everybody, of_cases):
    """Return where what belongs to others answers otherwise than what does not exist."""
    return [
        f"{who}: {case.method} {case.path} tells that it exists"
        for who in everybody
        for case in of_cases
        if case.thing == "foreign"
        and expected(case, who) == "missing"
        and seen[who, case.endpoint, case.method, "foreign"] != seen[who, case.endpoint, case.method, "missing"]
    ]


@pytest.mark.parametrize("who", [NOBODY, "administrator"])
def test_other_methods_are_refused_everywhere(engine_app, ground, ask_as, written, who):
    served: dict[str, set[str]] = {}
    for case in cases(engine_app, ground):
        served.setdefault(case.path, {"OPTIONS"}).add(case.method)
    wrong = [
        f"{method} {path}: {answer.status_code}"
        for path, methods in served.items()
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods
        if (answer := ask_as(who, method, path)).status_code != 405
    ]
    assert wrong == []
    assert not written


@pytest.mark.parametrize("who", [NOBODY, "member", "administrator"])
def test_no_form_is_taken_without_its_token(engine_app, ground, ask_as, written, monkeypatch, who):
    monkeypatch.setitem(engine_app.config, "WTF_CSRF_ENABLED", True)
    answers = {
        case.path: ask_as(who, case.method, case.path).status_code
        for case in cases(engine_app, ground)
        if case.row.changes(case.method) and case.thing in {"", "own"} and case.endpoint != FROM_MAIL_PROGRAMS
    }
    assert {path: status for path, status in answers.items() if status != 400} == {}
    assert not written


def test_a_page_that_nobody_wrote_down_is_closed_to_everyone(engine_app, ground, everybody, ask_as, monkeypatch):
    monkeypatch.delitem(ACCESS, "programme.index")
    answers = {who: ask_as(who, "GET", "/").status_code for who in everybody}
    assert {who for who, status in answers.items() if status == 200} == set()


def test_a_method_that_nobody_wrote_down_is_closed_to_everyone(engine_app, ground, everybody, ask_as, monkeypatch):
    monkeypatch.setitem(ACCESS, "zones.save", anyone("GET"))
    assert {ask_as(who, "POST", "/time-zone").status_code for who in everybody} <= {403, 303}


def forms_of(page: str, path: str):
    """Return method, address and field names of every form of a page."""
    for form in re.findall(r"<form\b.*?</form>", page, flags=re.DOTALL):
        head = form.partition(">")[0]
        method = (re.search(r'method="(\w+)"', head) or ["", "get"])[1].upper()
        action = unescape((re.search(r'action="([^"]*)"', head) or ["", path])[1])
        yield method, action or path, tuple(sorted(set(re.findall(r'\bname="([^"]+)"', form))))


@pytest.mark.parametrize("who", [NOBODY, "member", "own host", "office", "administrator"])
def test_no_form_gives_typed_markup_back(engine_app, ground, ask_as, nothing_stays, who):
    found = set()
    for case in cases(engine_app, ground):
        if case.method == "GET" and case.thing in {"", "own"} and expected(case, who) == "yes":
            answer = ask_as(who, "GET", case.path_of(who), ground.typed.get(case.endpoint))
            if answer.mimetype == "text/html":
                found |= set(forms_of(words(answer), case.path_of(who)))
    wrong = []
    for method, action, names in sorted(found):
        answer = ask_as(who, method, action, dict.fromkeys(names, MARKUP))
        text = words(answer)
        if answer.status_code >= 500 or (answer.mimetype == "text/html" and any(raw in text for raw in RAW)):
            wrong.append(f"{method} {action} {names}: {answer.status_code}")
    assert len(found) > 3, "the walk found hardly any form"
    assert wrong == []
