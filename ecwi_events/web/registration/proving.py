"""Where an address must be proved before somebody signs up: the page after the form, and the one button behind the mail.

Opening the link changes nothing, because mail scanners open links.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme import queries as programme
from ecwi_events.programme.rules import is_for_everybody
from ecwi_events.registration import proving, queries, rules, rules_proving
from ecwi_events.web import old_links, times
from ecwi_events.web.forms import Form
from ecwi_events.web.programme import seeing, sign_up_form

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.proving import Request
    from ecwi_events.registration.rules import SignUpFacts

blueprint = flask.Blueprint("proving", __name__)

ASKED = "asked"  # in the signed cookie: where a mail went, if it went
SHOWN_FOR = timedelta(minutes=30)


def look_in_mail(slug: str, form: Form, *, now: datetime) -> ResponseReturnValue:
    """Lead to the page that says where to go on: the same one whoever has the address."""
    flask.session[ASKED] = {"slug": slug, "address": clean_line(form.value("email")), "at": int(now.timestamp())}
    return flask.redirect(flask.url_for("proving.asked", slug=slug), 303)


@blueprint.get("/a/<slug>/check-mail")
def asked(slug: str) -> ResponseReturnValue:
    """Say that the next step is in a mail; everybody else goes to the activity."""
    now, said = clock.utc_now(), flask.session.get(ASKED) or {}
    activity = programme.find_activity_page(slug, seeing.viewer)
    if activity is None:
        raise NotFound("We cannot find this page.")
    if said.get("slug") != slug or now.timestamp() - said.get("at", 0) >= SHOWN_FOR.total_seconds():
        flask.session.pop(ASKED, None)
        return flask.redirect(flask.url_for("programme.activity", slug=slug), 303)
    facts = queries.sign_up_facts(activity.id)
    return flask.render_template(
        "registration/check_mail.html",
        nav="programme",
        activity=activity,
        address=said["address"],
        by_list=facts is not None and facts.terms.who == "invited",
        asks_host=facts is not None and facts.terms.needs_approval,
        may_ask_host=facts is not None and _may_ask_host(facts),
        hours=dates.length_label(int(proving.link_lives().total_seconds() // 60)),
    )


@blueprint.get("/s/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Show what the button would do; who has signed up already goes to the own page."""
    now = clock.utc_now()
    request = proving.find_request(token, now=now)
    if request is None:
        return _too_old()
    if request.own_link:
        return flask.redirect(flask.url_for("personal.page", token=request.own_link), 303)
    return _page(request, token, now=now)


@blueprint.post("/s/<token>")
def prove(token: str) -> ResponseReturnValue:
    """Take the place, or what there is, and go to the own page, which says what that was."""
    now = clock.utc_now()
    request = proving.find_request(token, now=now)
    if request is None:
        return _too_old()
    form = sign_up_form.typed_answers()  # what did not come with the button is as it was kept
    try:
        with transaction():
            mine = queries.find_sign_up(proving.prove(token, form.values, now=now))
    except Invalid as invalid:
        return _page(request, token, form.wrong(invalid), now=now), 422
    except Refused as refused:
        is_final = refused.code in set(rules.Closed)  # the same button would say the same again
        return _page(request, token, form, now=now, more=refused.message, is_refused=is_final), 409
    if mine is None:
        raise NotFound("We cannot find this page.")
    return flask.redirect(flask.url_for("personal.page", token=mine.token), 303)


def _too_old() -> ResponseReturnValue:
    return old_links.too_old(proving.OLD_LINK, button="See the programme", path="/", nav="programme")


def _page(
    request: Request, token: str, form: Form | None = None, *, now: datetime, more: str = "", is_refused: bool = False
) -> str:
    activity, facts = programme.find_activity(request.activity_id), queries.sign_up_facts(request.activity_id)
    if activity is None or facts is None:
        raise NotFound("We cannot find this page.")
    zone = request.zone or activity.zone
    closed = rules.refusal(facts, now=now)
    steps = _steps(activity, facts, request, zone, now=now)
    no_session = proving.NO_SESSION if request.session_ids and facts.terms.is_per_session and not steps else ""
    return flask.render_template(
        "registration/confirm.html",
        nav="programme",
        activity=activity,
        found=request,  # "request" is the browser's, which the frame of the page asks
        token=token,
        works_for=_works_for(request, facts),
        asked=request.asked,
        form=Form({**request.answers, **form.values}, form.faults) if form else Form(request.answers),
        later_too=request.later_too and facts.terms.is_per_session,
        steps=steps,
        asks_host=facts.terms.needs_approval,
        may_ask_host=_may_ask_host(facts),
        closed=rules.SENTENCES[closed] if closed else no_session,
        is_refused=is_refused,
        is_public=is_for_everybody(activity.status, activity.visibility),
        until=dates.moment(request.expires_at, zone, now=now),
        number=None if facts.terms.is_per_session or not facts.is_full else facts.waiting + 1,
        more=more,
    )


def _may_ask_host(facts: SignUpFacts) -> bool:
    """Tell whether the host is asked about some people only: those of whom nobody has said where they work."""
    terms = facts.terms
    return not terms.needs_approval and rules_proving.asks_host(terms, claims=terms.asks_for_organisation)


def _works_for(request: Request, facts: SignUpFacts) -> str:
    """Return the organisation that will count: the typed one where it decides or the person is new, else the known one."""
    is_typed = request.known_organisation is None or facts.terms.asks_for_organisation
    return request.organisation if is_typed else request.known_organisation or ""


def _steps(
    activity: ActivityPage, facts: SignUpFacts, request: Request, zone: str, *, now: datetime
) -> list[tuple[times.Step, int | None]]:
    """Return the sessions to come that are signed up for, each with the number in the line if it is full by now."""
    steps = [step for step in times.steps(activity.sessions, zone, now=now) if not step.is_over]
    chosen = [step for step in steps if not request.session_ids or step.session.id in request.session_ids]
    return [
        (step, facts.waiting_for(step.session.id) + 1 if facts.is_full_for(step.session.id) else None)
        for step in chosen
        if not step.session.is_cancelled
    ]
