"""The one page for links out of mails that do nothing any more: each says where to go on."""

from __future__ import annotations

import flask

GONE = 410
TITLE = "This link no longer works"


def too_old(message: str, *, button: str, path: str, nav: str = "") -> tuple[str, int]:
    """Return the page that says what to do, with the one button that does it.

    Args:
        message: what the room says of the link; its first sentence may be the page's title, which is not said twice.
        button: what the button says.
        path: where it leads.
        nav: which part of the site the page belongs to.
    """
    advice = message.removeprefix(f"{TITLE}.").strip()
    page = flask.render_template("errors/old_link.html", title=TITLE, advice=advice, button=button, path=path, nav=nav)
    return page, GONE
