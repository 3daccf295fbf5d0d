"""Looking at a page in the browser: what axe finds wrong with it, and whether it scrolls sideways."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

TRIES = 3


def press(page, button) -> None:
    """Press a button that leads to another page, and wait for that page: a click alone returns before it is there."""
    with page.expect_navigation(wait_until="load"):
        button.click()


def faults(page, where: str = "") -> list[str]:
    """Return what is wrong with the page, one line each."""
    page.wait_for_load_state("load")
    told = f"{where}: " if where else ""
    found = [f"{told}{one['id']}: {one['nodes'][0]['html'][:120]}" for one in _violations(page)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{told}scrolls sideways")
    return found


def _violations(page) -> list[dict]:
    """Ask axe; again if the page went away under the question, as one does that leads on by itself."""
    for attempt in range(1, TRIES + 1):
        try:
            return Axe().run(page).response["violations"]
        except Error:
            if attempt == TRIES:
                raise
            page.wait_for_load_state("load")
    raise AssertionError
