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
        "work": {"due": backlog.due, "leased": backlog.leased, "dead": backlog.dead, "oldest_due_seconds": int(waits)},
        "last_beat": beat.isoformat() if beat else None,
    }
