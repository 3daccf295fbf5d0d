"""Where an activity stands: its log, and each move on a page of its own that says first what it will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import rules as people_rules
from ecwi_events.programme import moves, rules
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.programme.rules import Mover
from ecwi_events.registration import changes, consequences, told
from ecwi_events.web import missing
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import own_activity, who_asks
from ecwi_events.web.record_words import STATUSES

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.moves import Standing

blueprint = flask.Blueprint("moves", __name__, url_prefix="/host/activities/<int(max=2147483647):activity_id>/status")

# What the page of a move is called, and what its button says.
WORDS = {
    "draft": ("Take it back to draft", "Back to draft"),
    "approved": ("Approve it", "Approve"),
    "planned": ("Publish it", "Publish"),
    "running": ("Say that it is running", "It is running"),
    "ongoing": ("Say that it has no planned end", "It goes on without an end"),
    "completed": ("Say that it is over", "It is over"),
    "postponed": ("Postpone it", "Postpone"),
    "cancelled": ("Cancel it", "Yes, cancel the activity"),
}
AGAIN = ("Plan it again", "Plan it again")
ELSEWHERE = "Somebody else has changed the status meanwhile. Read again what this will do."


@blueprint.get("")
def index(activity_id: int) -> ResponseReturnValue:
    """Show where the activity stands, where it can go, who moved it when and why, and who was told."""
    activity, now = own_activity(activity_id), clock.utc_now()
    standing = _standing(activity_id, now=now)
    may_move = people_rules.may_act_for(who_asks().host_of, activity.host_ids, runs_office=who_asks().runs_office)
    asked = [(to, _refusal(activity_id, standing, to, now=now)) for to in ActivityStatus if may_move]
    return flask.render_template(
        "host/status.html",
        nav="host",
        activity=activity,
        statuses=STATUSES,
        standing=standing,
        moves=[(to, _words(standing, to)[0]) for to, refused in asked if refused is None],
        later=[(to, _words(standing, to)[0], no) for to, no in asked if no and no.code != "move"],
        missing=missing.before_publishing(activity_id, standing.status),
        log=moves.log_of(activity_id),
        news=told.news_of(activity_id),
        when=lambda at: dates.moment(at, activity.zone, now=now),
    )


@blueprint.get("/<to>")
def ask(activity_id: int, to: str) -> ResponseReturnValue:
    """Say what a move will do, and ask for its reason."""
    return _page(activity_id, to, Form())


@blueprint.post("/<to>")
def move(activity_id: int, to: str) -> ResponseReturnValue:
    """Do it, unless somebody else was faster."""
    activity, now, form = own_activity(activity_id), clock.utc_now(), typed("reason", "until", "saw")
    standing = _standing(activity_id, now=now)
    if form.value("saw") not in {"", standing.status}:
        return _page(activity_id, to, form, more=ELSEWHERE), 409
    wanted = changes.Move(
        _status(to), who_asks().person_id, by=_mover(), reason=form.value("reason"), until=form.value("until")
    )
    try:
        with transaction():
            changes.move_activity(activity_id, wanted, now=now)
    except Invalid as invalid:
        return _page(activity_id, to, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(activity_id, to, form, more=refused.message), 409
    flask.flash(f"“{activity.title}”: {STATUSES[to].lower()}.")
    return flask.redirect(flask.url_for("moves.index", activity_id=activity_id), 303)


def _page(activity_id: int, to: str, form: Form, *, more: str = "") -> str:
    activity, now = own_activity(activity_id), clock.utc_now()
    standing, people = _standing(activity_id, now=now), told.audience(activity_id)
    refused = _refusal(activity_id, standing, _status(to), now=now)
    heading, button = _words(standing, _status(to))
    return flask.render_template(
        "host/move.html",
        nav="host",
        activity=activity,
        to=to,
        form=form,
        more=more,
        heading=heading,
        button=button,
        status=STATUSES[standing.status],
        saw=standing.status.value,
        refusal=refused.message if refused and not more else "",
        missing=missing.before_publishing(activity_id, standing.status) if rules.is_public(to) else [],
        is_incomplete=refused is not None and refused.code == "incomplete",
        consequences=consequences.consequences(standing.status, to, people, sessions_to_come=standing.sessions_to_come),
        needs_reason=to in rules.NEEDS_REASON,
    )


def _refusal(activity_id: int, standing: Standing, to: ActivityStatus, *, now: datetime) -> Refused | None:
    return changes.refusal(activity_id, standing, to, by=_mover(), now=now)


def _mover() -> Mover:
    return Mover.OFFICE if who_asks().runs_office else Mover.HOST


def _words(standing: Standing, to: ActivityStatus) -> tuple[str, str]:
    stood_still = standing.status in {ActivityStatus.POSTPONED, ActivityStatus.CANCELLED}
    return AGAIN if stood_still and to is ActivityStatus.PLANNED else WORDS[to]


def _standing(activity_id: int, *, now: datetime) -> Standing:
    standing = moves.find_standing(activity_id, now=now)
    if standing is None:
        raise NotFound("We cannot find this page.")
    return standing


def _status(to: str) -> ActivityStatus:
    if to not in WORDS:
        raise NotFound("We cannot find this page.")
    return ActivityStatus(to)
