"""Health and the few pages about the site itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
import sqlalchemy as sa

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db
from ecwi_events.work import queries as work

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("site", __name__)

UNLISTED = ("/m/", "/j/", "/w/", "/u/", "/c/", "/sign-in", "/sign-out", "/host", "/office", "/time-zone")


@blueprint.get("/healthz")
def health() -> ResponseReturnValue:
    """Say that this process answers."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether the database answers and how much work waits."""
    now = clock.utc_now()
    db.session.execute(sa.text("SELECT 1"))
    backlog = work.backlog(now=now)
    waits = (now - backlog.oldest_due_at).total_seconds() if backlog.oldest_due_at else 0
    beat = work.last_beat("drain")
    return {
        "status": "ok",
        "workers": [
            {
                "name": worker.name,
                "version": worker.version,
                "queues": worker.queues.split(),
                "silent_seconds": int((now - worker.beat_at).total_seconds()),
            }
            for worker in work.workers()
        ],
        "work": {"due": backlog.due, "leased": backlog.leased, "dead": backlog.dead, "oldest_due_seconds": int(waits)},
        "last_beat": beat.isoformat() if beat else None,
    }


@blueprint.get("/help")
def help_page() -> ResponseReturnValue:
    """Answer the questions that people ask."""
    return flask.render_template("site/help.html")


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Say what we keep of people, why, and how long."""
    return flask.render_template("site/privacy.html")


@blueprint.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """Say how well the pages can be used, and what we know to be missing."""
    return flask.render_template("site/accessibility.html")


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Keep personal and working pages out of search; feeds stay open, because calendar services obey this file."""
    lines = ["User-agent: *", "Allow: /feeds/", *(f"Disallow: {path}" for path in UNLISTED)]
    answer = flask.Response("\n".join(lines) + "\n", mimetype="text/plain")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
