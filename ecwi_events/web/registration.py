"""Signing up, what follows, and the page behind a person's own link. A GET changes nothing here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import queries as programme
from ecwi_events.programme.rules import is_public
from ecwi_events.registration import joining, queries, rules, service
from ecwi_events.registration.models import Place
from ecwi_events.reminders import rules as reminders
from ecwi_events.web import programme as programme_pages
from ecwi_events.web import seeing, times
from ecwi_events.web.forms import typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.web.forms import Form
    from ecwi_events.web.times import Step

blueprint = flask.Blueprint("registration", __name__)

DONE = "done"  # in the signed cookie: what the page after a sign-up says
SHOWN_FOR = timedelta(minutes=30)  # long enough to load it again, too short for the next user of a shared computer
JUST_TAKEN = "The last place has just been taken. Nothing is lost: join the waiting list with the same details."


@blueprint.post("/a/<slug>/sign-up")
def sign_up(slug: str) -> ResponseReturnValue:
    """Sign somebody up, or show the form again with what is wrong."""
    now = clock.utc_now()
    form = typed("name", "email", "organisation", "zone", "saw")
    activity_id = programme.find_public_activity(slug, seeing.viewer)
    if activity_id is None:
        raise NotFound("We cannot find this page.")
    zone = dates.canonical_zone(form.value("zone")) or _page_of(slug).zone
    try:
        with transaction():
            got = _sign_up(activity_id, form, zone, now=now)
    except Invalid as invalid:
        return programme_pages.activity_page(_page_of(slug), form.wrong(invalid), now=now), 422
    except Refused as refused:
        more, waits = refused.message, refused.code == "full"
        return programme_pages.activity_page(_page_of(slug), form, now=now, more=more, waits=waits), 409
    flask.session[DONE] = {
        "slug": slug,
        "name": form.value("name"),
        "address": form.value("email"),
        "number": got.number_in_line,
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
    signed_up_at = datetime.fromtimestamp(said["at"], UTC)
    return flask.render_template(
        "registration/done.html",
        nav="programme",
        activity=found,
        steps=steps,
        reminded=reminders.promise([step.session.starts_at for step in steps], signed_up_at, said["zone"]),
        first_name=said["name"].split()[0] if said["name"].split() else "",
        said=said,
    )


@blueprint.get("/m/<token>")
def my_sign_up(token: str) -> ResponseReturnValue:
    """Show what the holder of this link has, and let them give it up."""
    return _my_page(_mine(token), now=clock.utc_now())


@blueprint.post("/m/<token>/withdraw")
def withdraw(token: str) -> ResponseReturnValue:
    """Give up the place; a second press changes nothing."""
    mine, now = _mine(token), clock.utc_now()
    with transaction():
        service.withdraw(mine.registration_id, now=now)
    return flask.redirect(flask.url_for("registration.my_sign_up", token=token), 303)


@blueprint.post("/m/<token>/undo")
def undo_withdrawal(token: str) -> ResponseReturnValue:
    """Take the withdrawal back, or say why that is too late."""
    mine, now = _mine(token), clock.utc_now()
    try:
        with transaction():
            service.undo_withdrawal(mine.registration_id, now=now)
    except Refused as refused:
        return _my_page(mine, now=now, more=refused.message), 409
    return flask.redirect(flask.url_for("registration.my_sign_up", token=token), 303)


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


def _sign_up(activity_id: int, form: Form, zone: str, *, now: datetime) -> service.SignedUp:
    """The act, taken back when the page had promised a place and there is none any more.

    Raises:
        Refused: ``full``: the last place went while the person was typing.
    """
    got = service.sign_up(
        service.SignUp(
            activity_id=activity_id,
            name=form.value("name"),
            address=form.value("email"),
            organisation=form.value("organisation"),
            zone=zone,
        ),
        now=now,
    )
    if got.place is Place.WAITING and form.value("saw") == "places":
        raise Refused("full", JUST_TAKEN)
    return got


def _mine(token: str) -> MySignUp:
    mine = queries.find_by_link(token)
    if mine is None:
        raise NotFound("We cannot find this page.")
    return mine


def _my_page(mine: MySignUp, *, now: datetime, more: str = "") -> str:
    steps = times.steps(mine.activity.sessions, mine.zone, now=now)
    facts = queries.sign_up_facts(mine.activity.id)
    may_undo = rules.may_undo_withdrawal(mine.withdrawn_at, now=now) and not more
    return flask.render_template(
        "registration/my_sign_up.html",
        nav="my",
        mine=mine,
        activity=mine.activity,
        steps=[(step, _joining(mine, step, now=now)) for step in steps],
        is_public=is_public(mine.activity.status),
        may_undo=may_undo,
        join_token=joining.token_of(mine.registration_id, mine.uid, mine.link_version),
        is_open=facts is not None and rules.refusal(facts, now=now) is None,
        is_to_come=any(_is_to_come(step) for step in steps),
        more=more,
    )


def _is_to_come(step: Step) -> bool:
    return not step.is_over and not step.session.is_cancelled


def _joining(mine: MySignUp, step: Step, *, now: datetime) -> bool:
    """Whether the button to join is due: for who has a place, while the session is near."""
    session = step.session
    return rules.joining_is_open(
        session.starts_at,
        session.ends_at,
        has_place=mine.place is Place.CONFIRMED,
        is_cancelled=session.is_cancelled or mine.activity.status == "postponed",
        now=now,
    )
