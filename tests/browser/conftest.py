"""A real Chromium against the real application on a loopback port, with the same database as the test."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import pytest
from werkzeug.serving import make_server

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.people import signing_in
from tests.browser.looking import press
from tests.make import NOW
from tests.servers import chromium

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    """Start the installed Chromium; a missing one is a failure, never a skip."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.HELP, pytrace=False)
    return {"executable_path": path, "args": list(FLAGS)}


@dataclass
class Live:
    """A running server."""

    url: str

    def sign_in(self, page, person_id: int) -> None:
        """Sign a page's browser in, with the button behind the link."""
        with transaction():
            token = signing_in.issue_sign_in_token(person_id, now=clock.utc_now())
        page.goto(f"{self.url}/sign-in/{token}")
        press(page, page.get_by_role("main").get_by_role("button", name="Sign in"))


@pytest.fixture
def the_clock(monkeypatch):
    """The morning of all examples; the server's threads see it too."""

    class Clock:
        now = NOW

        def __call__(self):
            return self.now

    standing = Clock()
    monkeypatch.setattr(clock, "utc_now", standing)
    return standing


@pytest.fixture
def live(app, the_clock):
    """The application behind a real socket, forms protected as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    app.testing = False
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = True


@pytest.fixture
def open_page(browser):
    """Return a function that opens a page in a browser of its own; errors in the console fail the test."""
    contexts, problems = [], []

    def new(*, width: int = 1280, height: int = 900, **wishes):
        wishes = {"viewport": {"width": width, "height": height}, "timezone_id": "Asia/Bishkek"} | wishes
        context = browser.new_context(**wishes)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield new
    for context in contexts:
        context.close()
    assert problems == []
