"""Pages are looked at on one invented morning, so that January is always to come."""

from __future__ import annotations

from contextlib import contextmanager
from html import unescape

import pytest
import sqlalchemy as sa
from flask import g

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db
from tests.make import NOW


class Clock:
    """The clock of a test; set ``now`` to move on."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def the_clock(monkeypatch):
    standing = Clock()
    monkeypatch.setattr(clock, "utc_now", standing)
    return standing


@pytest.fixture
def client(client):
    """A browser. The tests' one application context would keep who is signed in from request to request: forget it."""
    plain_open = client.open

    def open_afresh(*args, **kwargs):
        g.pop("_login_user", None)
        g.pop("csrf_token", None)
        return plain_open(*args, **kwargs)

    client.open = open_afresh
    return client


@pytest.fixture
def count_queries(app):
    """Return a context manager that counts statements."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            if statement != "BEGIN":
                seen.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)

    return counting


@pytest.fixture
def with_csrf(app):
    """Switch the check of forms on, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def words(answer) -> str:
    """The page's source with entities read, blanks as single spaces."""
    return " ".join(unescape(answer.text).split())
