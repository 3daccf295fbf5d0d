"""Signing up, and the greeting that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import flask
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.people import addresses
from ecwi_events.programme import queries as programme
from ecwi_events.registration import answers, proving, rules, shown, signing_up
from ecwi_events.reminders import rules as reminders
from ecwi_events.web import errors, identity, limits, times
from ecwi_events.web.programme import activities as programme_pages
from ecwi_events.web.programme import seeing, sign_up_form
from ecwi_events.web.registration import proving as proving_pages

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.registration.service import SignedUp
    from ecwi_events.web.forms import Form
    from ecwi_events.web.times import Step

blueprint = flask.Blueprint("registration", __name__)

DONE = "done"  # in the signed cookie: what the page after a sign-up says
SHOWN_FOR = timedelta(minutes=30)  # long enough to load it again, too short for the next user of a shared computer
OPEN_FOR_LONG = "This page was open for a long time. Your answers are still here: press the button once more."
STILL_HERE = "What you typed is still here."
JUST_TAKEN = "The last place has just been taken. Nothing is lost: join the waiting list with the same details."


@blueprint.post("/a/<slug>/sign-up")
def sign_up(slug: str) -> ResponseReturnValue:
    """Sign somebody up, or show the form again with what is wrong."""
    now = clock.utc_now()
    activity_id = shown.find_id(slug, seeing.viewer)
    if activity_id is None:
        raise NotFound("We cannot find this page.")
    form = sign_up_form.read_form()
    zone = dates.canonical_zone(form.value("zone")) or _page_of(slug).zone
    try:
        got = _sign_up_or_ask(activity_id, form, zone, now=now)
    except Invalid as invalid:
        return programme_pages.activity_page(programme_pages.get_shown(slug), form.wrong(invalid), now=now), 422
    except Refused as refused:
        more, waits = refused.message, refused.code == "full"
        page = programme_pages.activity_page(programme_pages.get_shown(slug), form, now=now, more=more, waits=waits)
        return page, 409
    if got is None:
        return proving_pages.look_in_mail(slug, form, now=now)
    flask.session[DONE] = {
        "slug": slug,
        "name": clean_line(form.value("name")),
        "address": clean_line(form.value("email")),
        **_what_was_got(got),
        "zone": zone,
        "at": int(now.timestamp()),
    }
    return flask.redirect(flask.url_for("registration.done", slug=slug), 303)


@blueprint.get("/a/<slug>/done")
def done(slug: str) -> ResponseReturnValue:
    """Greet the person who has just signed up; everybody else goes to the activity."""
    now = clock.utc_now()
    said = _just_said(now=now)
    found = _page_of(slug)
    if said.get("slug") != slug:
        return flask.redirect(flask.url_for("programme.activity", slug=slug), 303)
    steps = [step for step in times.steps(found.sessions, said["zone"], now=now) if _is_to_come(step)]
    got = {session_id: (place, number) for session_id, place, number in said["each"]}
    chosen = [(step, *got.get(step.session.id, got.get(None, ("", None)))) for step in steps]
    steps = [step for step, place, _ in chosen if place == said["place"]]
    signed_up_at = datetime.fromtimestamp(said["at"], UTC)
    return flask.render_template(
        "registration/done.html",
        nav="programme",
        activity=found,
        steps=steps,
        waiting=[(step, number) for step, place, number in chosen if place == "waiting"],
        reminded=reminders.promise([step.session.starts_at for step in steps], signed_up_at, said["zone"]),
        first_name=said["name"].split()[0] if said["name"].split() else "",
        opens_now=any(_opens_now(step.session, now=now) for step in steps),
        said=said,
    )


@blueprint.errorhandler(CSRFError)
def form_expired(error: CSRFError) -> ResponseReturnValue:
    """Give the form back to somebody who took a long time, with everything that they typed."""
    slug = (flask.request.view_args or {}).get("slug", "")
    what = shown.find_shown(slug, seeing.viewer)
    if what is None:
        return errors.form_expired(error)
    form = sign_up_form.read_form()
    return programme_pages.activity_page(what, form, now=clock.utc_now(), more=OPEN_FOR_LONG), 400


@blueprint.errorhandler(RateLimitExceeded)
def too_many(error: RateLimitExceeded) -> ResponseReturnValue:
    """Give the form back with what was typed, to somebody whose network has just signed up many."""
    what = shown.find_shown((flask.request.view_args or {}).get("slug", ""), seeing.viewer)
    if what is None:
        return limits.too_many(error)
    form, more = sign_up_form.read_form(), f"{limits.wait_words(error)} {STILL_HERE}"
    page = programme_pages.activity_page(what, form, now=clock.utc_now(), more=more)
    return limits.say_how_long(flask.make_response(page, limits.TOO_MANY), error)


def _just_said(*, now: datetime) -> dict[str, Any]:
    """Return what the cookie keeps of the last sign-up; what is older than half an hour is taken out of it."""
    said = flask.session.get(DONE) or {}
    if said and now.timestamp() - said.get("at", 0) >= SHOWN_FOR.total_seconds():
        del flask.session[DONE]
        return {}
    return said


def _page_of(slug: str) -> ActivityPage:
    found = programme.find_activity_page(slug, seeing.viewer)
    if found is None:
        raise NotFound("We cannot find this page.")
    return found


def _sign_up_or_ask(activity_id: int, form: Form, zone: str, *, now: datetime) -> SignedUp | None:
    """Sign up; where the address must be proved first and is not by signing in, a mail asks for that: then return None."""
    try:
        with transaction():
            return _sign_up(activity_id, form, zone, now=now)
    except Refused as refused:
        if refused.code != signing_up.TO_PROVE:
            raise
    who = identity.present()
    is_own = who is not None and addresses.is_proved(who.person_id, form.value("email"))
    with transaction():
        if is_own:
            return _sign_up(activity_id, form, zone, is_proved=True, now=now)
        proving.ask(sign_up_form.sign_up_of(form, activity_id, zone), form.values, now=now)
    return None


def _sign_up(activity_id: int, form: Form, zone: str, *, is_proved: bool = False, now: datetime) -> SignedUp:
    """The act, taken back when the page had promised a place and there is none any more.

    Raises:
        Invalid: a field or an answer cannot be taken.
        Refused: ``full``: the last place went while the person was typing; or sign-up is not open to them.
    """
    new = sign_up_form.sign_up_of(form, activity_id, zone)
    got = answers.sign_up(replace(new, is_proved=True) if is_proved else new, form.values, now=now)
    if sign_up_form.lost_places(got, form.value("saw")):
        raise Refused("full", JUST_TAKEN)
    return got


def _what_was_got(got: SignedUp) -> dict[str, object]:
    """What the greeting says: of several sessions the best comes first, and each has its own line."""
    each = got.each or (got,)
    best = min(each, key=lambda one: ("confirmed", "waiting").index(one.place) if one.place != "pending" else 2)
    return {
        "place": best.place.value,
        "number": best.number_in_line,
        "each": [(one.session_id, one.place.value, one.number_in_line) for one in each],
    }


def _opens_now(session: SessionView, *, now: datetime) -> bool:
    return rules.joining_is_open(
        session.starts_at, session.ends_at, has_place=True, is_cancelled=session.is_cancelled, now=now
    )


def _is_to_come(step: Step) -> bool:
    return not step.is_over and not step.session.is_cancelled
