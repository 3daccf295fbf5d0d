"""Who signed up for an activity: the list, one sign-up, and what hosts and the office do for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.registration import answers, approval, notes, people_list, queries, rules, service
from ecwi_events.registration.service import SignUp
from ecwi_events.web import hosting, times
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.rules_questions import Asked

blueprint = flask.Blueprint("host_people", __name__)

STATES = {
    "": "Everybody", "place": "Has a place", "offered": "Has an offer", "line": "In the line",
    "pending": "Waits for you", "open": "Answers open", "gone": "Not coming",
}  # fmt: skip
ON_A_PAGE = 100
DONE = {
    "decline": "Declined. The person gets an email.",
    "withdraw": "Taken off. The person gets an email.",
    "move": "Moved. The person gets an email.",
    "place": "The person has a place now and gets an email.",
    "vouch": "Kept: the organisation is right. Nobody gets an email.",
}


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/people")
def index(activity_id: int) -> ResponseReturnValue:
    """List who signed up."""
    return _page(hosting.own_activity(activity_id), now=clock.utc_now())


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/people")
def add(activity_id: int) -> ResponseReturnValue:
    """Add somebody, also when sign-up is closed."""
    activity, now = hosting.own_activity(activity_id), clock.utc_now()
    form = typed("name", "email", "organisation", "session", "beyond")
    try:
        with transaction():
            got = service.add_person(
                _new(activity, form),
                beyond_capacity=bool(form.value("beyond")),
                by_person_id=hosting.who_asks().person_id,
                now=now,
            )
    except Invalid as invalid:
        return _page(activity, form.wrong(invalid), now=now), 422
    except Refused as refused:
        return _page(activity, form, now=now, more=refused.message), 409
    flask.flash(_added(form.value("name"), got))
    return flask.redirect(flask.url_for("host_people.index", activity_id=activity_id), 303)


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/people/<int(max=2147483647):registration_id>")
def person(activity_id: int, registration_id: int) -> ResponseReturnValue:
    """Show one sign-up with its answers."""
    activity = hosting.own_activity(activity_id)
    return _person_page(activity, _sign_up(activity_id, registration_id), now=clock.utc_now())


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/people/<int(max=2147483647):registration_id>")
def act(activity_id: int, registration_id: int) -> ResponseReturnValue:
    """Approve, decline, move, take off or squeeze in: the button says which."""
    activity, now = hosting.own_activity(activity_id), clock.utc_now()
    sign_up, form = _sign_up(activity_id, registration_id), typed("act", "reason", "session", "beyond")
    try:
        with transaction():
            said = _do(sign_up, form, now=now)
    except Invalid as invalid:
        return _person_page(activity, sign_up, form.wrong(invalid), now=now), 422
    except Refused as refused:
        return _person_page(activity, sign_up, form, now=now, more=refused.message), 409
    flask.flash(said)
    return flask.redirect(flask.url_for("host_people.index", activity_id=activity_id), 303)


def _do(one: MySignUp, form: Form, *, now: datetime) -> str:
    """Do what the button says; return the sentence about it."""
    what, by = form.value("act"), hosting.who_asks().person_id
    if what == "approve":
        service.approve(one.registration_id, now=now)
        return _approved(_sign_up(one.activity.id, one.registration_id))
    if what in {"decline", "withdraw"}:
        wish = what == "withdraw"
        notes.take_off(one.registration_id, form.value("reason"), is_their_wish=wish, by_person_id=by, now=now)
    elif what == "move":
        beyond = bool(form.value("beyond"))
        service.move_person(one.registration_id, _number(form.value("session")), beyond_capacity=beyond, now=now)
    elif what == "vouch":
        approval.vouch_for(one.registration_id, now=now)
    elif what == "place":
        sessions = [one.session_id] if one.session_id else []
        new = SignUp(one.activity.id, one.name, one.address or "", zone=one.zone, session_ids=sessions)
        service.add_person(new, beyond_capacity=True, by_person_id=by, now=now)
    else:
        raise Invalid({"act": "Choose what to do"})
    return DONE[what]


def _approved(one: MySignUp) -> str:
    if one.place == "waiting":
        return f"Approved. All places are taken: number {one.number_in_line} in the line. The person gets an email."
    if one.place in service.HELD:
        return "Approved. The person gets an email."
    return "Nothing was changed: this person has no sign-up any more."


def _new(activity: ActivityPage, form: Form) -> SignUp:
    chosen = [_number(form.value("session"))] if form.value("session") else []
    return SignUp(
        activity.id, form.value("name"), form.value("email"), form.value("organisation"), activity.zone, chosen
    )


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < len("2147483647"):
        return int(text)
    raise Invalid({"session": "Choose a session"})


def _added(name: str, got: service.SignedUp) -> str:
    if got.is_repeat:
        return f"{name} has signed up already. Nothing was changed."
    if got.place == "waiting":
        return f"{name} is number {got.number_in_line} in the line. All places are taken."
    return f"{name} has a place and gets an email."


def _sign_up(activity_id: int, registration_id: int) -> MySignUp:
    found = queries.find_sign_up(registration_id)
    if found is None or found.activity.id != activity_id:
        raise NotFound("We cannot find this page.")
    return found


def _left_open(one: MySignUp) -> Sequence[Asked]:
    """Return what this person has still to answer; only who was signed up by somebody else can have such."""
    if one.signed_up_by is None or one.place not in service.HELD:
        return []
    return answers.left_open(one.activity.id, one.person_id)


def _page(activity: ActivityPage, form: Form | None = None, *, now: datetime, more: str = "") -> str:
    args = flask.request.args
    state, words = args.get("state", ""), args.get("q", "")[:200]
    sessions = {str(session.id): session for session in activity.sessions}
    session_id = args.get("session", "") if args.get("session", "") in sessions else ""
    found = people_list.people_list(
        activity.id, session_id=int(session_id) if session_id else None, state=state, words=words
    )
    page = (
        max(1, min(int(args["page"]), 10_000))
        if args.get("page", "").isascii() and args.get("page", "").isdigit()
        else 1
    )
    facts = queries.sign_up_facts(activity.id)
    return flask.render_template(
        "host/people.html",
        nav="host",
        activity=activity,
        listed=found.found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(found.found),
        counts=found.counts,
        people=found.people,
        page=page,
        pages=max(1, -(-len(found.found) // ON_A_PAGE)),
        state=state if state in STATES else "",
        states=STATES,
        query=words,
        session_id=session_id,
        sessions=sessions,
        facts=facts,
        country=countries.label,
        form=form or Form(),
        more=more,
        when=lambda at: times.day(at, activity.zone, now=now),
        until=lambda at: dates.moment(at, activity.zone, now=now),
    )


def _person_page(
    activity: ActivityPage, one: MySignUp, form: Form | None = None, *, now: datetime, more: str = ""
) -> str:
    facts = queries.sign_up_facts(activity.id)
    theirs = {other.session_id for other in queries.all_of(one) if other.place in service.HELD}
    to_come = {session.session_id for session in facts.to_come(now=now)} if facts else set()
    return flask.render_template(
        "host/person.html",
        nav="host",
        activity=activity,
        one=one,
        session=next((session for session in activity.sessions if session.id == one.session_id), None),
        given=answers.of_person(activity.id, one.person_id),
        left_open=[asked.wording for asked in _left_open(one)],
        notes=notes.notes_of(one.registration_id),
        is_over=facts is not None and rules.is_over(facts, one.session_id, now=now),
        targets=[(s.id, s.title) for s in activity.sessions if s.id in to_come - theirs] if one.session_id else [],
        when=lambda at: dates.moment(at, activity.zone, now=now),
        form=form or Form(),
        more=more,
    )
