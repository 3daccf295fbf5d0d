"""The joining link: a page that knows what time it is, and a button to the meeting. A GET writes nothing.

The meeting's address is in no page at all. Only the button's answer carries it, to somebody with a place, while the session
is near; so a link scanner that opens the page learns nothing and counts as nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from flask_wtf.csrf import CSRFError

from ecwi_events.attendance import joining as act
from ecwi_events.calendars import adding
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.programme import library
from ecwi_events.programme.rules import is_for_everybody
from ecwi_events.programme.session_rules import has_meeting
from ecwi_events.registration import joining, rules_joining
from ecwi_events.web import errors, headers, times
from ecwi_events.web.programme import library as left_behind

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.registration.joining import Joiner
    from ecwi_events.registration.rules_joining import Chance

blueprint = flask.Blueprint("joining", __name__)

# Browsers hold the whole way that a form leads against this rule, and meetings send people on from one host to the next.
POLICY = headers.POLICY.replace("form-action 'self'", "form-action 'self' https:")
ONCE_MORE = "This page was open for a long time. Press the button once more."


@blueprint.get("/j/<token>")
def show(token: str) -> ResponseReturnValue:
    """Say when the session is, show the button while it is near, and afterwards what is left of it."""
    return _page(_joiner(token), now=clock.utc_now())


@blueprint.post("/j/<token>")
def join(token: str) -> ResponseReturnValue:
    """Lead to the meeting."""
    now = clock.utc_now()
    joiner = _joiner(token)
    try:
        with transaction():
            address = act.join(token, _session_id(joiner, now=now), now=now)
    except Refused as refused:
        return _page(joiner, now=now, more=refused.message), 409
    answer = flask.redirect(address, 303)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


@blueprint.errorhandler(CSRFError)
def form_expired(error: CSRFError) -> ResponseReturnValue:
    """Give the page anew to somebody who had it open for hours: they are late enough."""
    joiner = joining.find_joiner((flask.request.view_args or {}).get("token", ""))
    if joiner is None:
        return errors.form_expired(error)
    return _page(joiner, now=clock.utc_now(), more=ONCE_MORE), 400


def _joiner(token: str) -> Joiner:
    joiner = joining.find_joiner(token)
    if joiner is None:
        raise NotFound("We cannot find this page.")
    return joiner


def _session_id(joiner: Joiner, *, now: datetime) -> int:
    """Return the session whose button was pressed; without a number, the one that the page speaks of."""
    typed = flask.request.form.get("session", "")
    if typed.isascii() and typed.isdigit() and len(typed) <= len("2147483647"):
        return int(typed)
    chance = rules_joining.chosen(joiner.chances, now=now)
    return chance.session_id if chance else 0


def _page(joiner: Joiner, *, now: datetime, more: str = "") -> flask.Response:
    activity, zone = joiner.activity, joiner.zone
    chance = rules_joining.chosen(joiner.chances, now=now)
    state = rules_joining.state(activity.status, chance, now=now)
    steps = {step.session.id: step for step in times.steps(activity.sessions, zone, now=now)}
    rest = [other for other in joiner.chances if other != chance and other.place and other.ends_at > now]
    response = flask.make_response(
        flask.render_template(
            "registration/join.html",
            nav="my",
            activity=activity,
            token=joiner.token,
            state=state.value,
            is_public=is_for_everybody(activity.status, activity.visibility),
            step=steps[chance.session_id] if chance else None,
            joins=_has_meeting(joiner, chance),
            left=dates.time_left(chance.starts_at, now=now, zone=zone) if chance and chance.starts_at > now else "",
            seconds=int((chance.starts_at - now).total_seconds()) if chance else 0,
            opens=_clock(rules_joining.opens_at(chance), zone, now=now) if chance else "",
            google=adding.google(joiner.session_of(chance), activity) if chance else "",
            has_been=any(one.place == "confirmed" and one.ends_at <= now for one in joiner.chances),
            others=[
                (steps[other.session_id], rules_joining.may_join(activity.status, other, now=now), other.place)
                for other in rest
            ],
            more=more,
            resources=library.of_activity(activity, lambda: left_behind.viewer_of(joiner), now=now),
            file_address=left_behind.personal_addresses(joiner.registration_id),
        )
    )
    if any(rules_joining.may_join(activity.status, one, now=now) for one in joiner.chances):
        response.headers["Content-Security-Policy"] = POLICY
    return response


def _has_meeting(joiner: Joiner, chance: Chance | None) -> bool:
    session = joiner.session_of(chance) if chance else None
    return session is not None and has_meeting(session.format, session.meeting_url)


def _clock(at: datetime, zone: str, *, now: datetime) -> str:
    """Return ``13:45``, or with its day if that is not today."""
    local = f"{at.astimezone(dates.zone_info(zone)):%H:%M}"
    day = times.day(at, zone, now=now)
    return local if day == times.day(now, zone, now=now) else f"{local} on {day}"
