"""The office's pages: what to do, a new activity in one form, and one page for each activity."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import flask
from sqlalchemy.exc import IntegrityError

from ecwi_events.kernel import clock, countries, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import queries as people
from ecwi_events.programme import components, rules
from ecwi_events.programme import queries as programme
from ecwi_events.programme import service as programme_service
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import changes, queries, reconciling, service
from ecwi_events.registration.changes import Move
from ecwi_events.registration.models import Place
from ecwi_events.web import hosting, identity, missing, times
from ecwi_events.web.office import activity_form, activity_list
from ecwi_events.web.office import journal as office_journal
from ecwi_events.web.record_words import KINDS, THEMES
from ecwi_events.web.sessions import preview as plan_preview
from ecwi_events.web.sessions import rows as session_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.registration.queries import Participant
    from ecwi_events.web.office.activity_form import ActivityForm

blueprint = flask.Blueprint("office", __name__)

# What the button says that moves an activity to a status.
MOVES = {
    "planned": "Publish",
    "running": "It is running",
    "ongoing": "It goes on without an end",
    "completed": "It is over",
    "draft": "Back to draft",
}


@blueprint.get("/office")
def index() -> ResponseReturnValue:
    """Show the activities that are asked for, drafts first."""
    now = clock.utc_now()
    return flask.render_template(
        "office/index.html", nav="office", recount=_recount(now=now), **activity_list.context(now=now)
    )


@blueprint.get("/office/activities/new")
def new_activity() -> ResponseReturnValue:
    """Show the empty form."""
    now = clock.utc_now()
    return _form_page(activity_form.empty(year=now.year, zone=_office_zone()))


@blueprint.post("/office/activities/new")
def create_activity() -> ResponseReturnValue:
    """Add a row, or make the activity as a draft, or make it and publish it."""
    now, form = clock.utc_now(), activity_form.read()
    if form.only_looks:
        return _form_page(form.looked_at(zone=_office_zone()))
    if made := _made_by(form):
        return made
    who = identity.present()
    by = who.person_id if who else None
    try:
        new, capacity = form.parse()
        with transaction():
            activity_id = service.create_activity(new, capacity=capacity, by_person_id=by, now=now)
            components.choose_cities(activity_id, form.cities, now=now)
            if form.wants_publishing:
                changes.move_activity(activity_id, Move(ActivityStatus.PLANNED, by), now=now)
    except Invalid as invalid:
        return _form_page(form.wrong(invalid)), 422
    except Refused as refused:
        return _form_page(form, more=refused.message), 409
    except IntegrityError:  # the same form, sent twice, was faster
        if made := _made_by(form):
            return made
        raise
    flask.flash("The activity is published." if form.wants_publishing else "The draft is saved.")
    return flask.redirect(flask.url_for("office.activity", activity_id=activity_id), 303)


@blueprint.get("/office/activities/<int(max=2147483647):activity_id>")
def activity(activity_id: int) -> ResponseReturnValue:
    """Show an activity, its people and what can be done with it."""
    return _activity_page(activity_id)


@blueprint.post("/office/activities/<int(max=2147483647):activity_id>/status")
def move(activity_id: int) -> ResponseReturnValue:
    """Move an activity to another status, or say what is missing."""
    who, now = identity.present(), clock.utc_now()
    status = flask.request.form.get("status", "")
    if status not in MOVES:
        raise Invalid({"status": "Choose one of the buttons"})
    try:
        with transaction():
            changes.move_activity(activity_id, Move(ActivityStatus(status), who.person_id if who else None), now=now)
    except Refused as refused:
        return _activity_page(activity_id, more=refused.message), 409
    flask.flash("Saved.")
    return flask.redirect(flask.url_for("office.activity", activity_id=activity_id), 303)


def _numbers_in_line(people: Sequence[Participant]) -> dict[int, int]:
    """Return where each sign-up stands in its line; each session has a line of its own where people choose sessions."""
    numbers, last = {}, Counter[int | None]()
    for one in people:
        if one.place is Place.WAITING:
            last[one.session_id] += 1
            numbers[one.registration_id] = last[one.session_id]
    return numbers


def _activity_page(activity_id: int, more: str = "") -> str:
    found = programme.find_activity(activity_id)
    if found is None:
        raise NotFound("We cannot find this page.")
    found = hosting.as_read(found)
    now = clock.utc_now()
    facts = queries.sign_up_facts(activity_id)
    people_of = queries.participants(activity_id)
    return flask.render_template(
        "office/activity.html",
        nav="office",
        activity=found,
        steps=times.steps(found.sessions, found.zone, now=now),
        facts=facts,
        people=people_of,
        country=countries.label,
        number=_numbers_in_line(people_of),
        signed_up_on=lambda one: times.day(one.created_at, _office_zone(), now=now),
        moves=[(status, words) for status, words in MOVES.items() if rules.may_move(found.status, status)],
        is_public=rules.is_public(found.status),
        missing=missing.before_publishing(activity_id, found.status),
        once=activity_form.fresh_word(),
        history=office_journal.history(
            ("activity", [activity_id]), ("session", [session.id for session in found.sessions])
        ),
        more=more,
    )


def _made_by(form: ActivityForm) -> ResponseReturnValue | None:
    """Lead to the activity that this same form has made already, or return None."""
    key = programme_service.key_of(form.value("once"))
    activity_id = programme.find_by_key(key) if key else None
    if activity_id is None:
        return None
    flask.flash("This form was sent before. Here is what it made.")
    return flask.redirect(flask.url_for("office.activity", activity_id=activity_id), 303)


def _form_page(form: ActivityForm, more: str = "") -> str:
    return flask.render_template(
        "office/new_activity.html",
        nav="office",
        form=form,
        more=more,
        kinds=KINDS,
        themes=THEMES,
        organisations=people.organisation_names(),
        preview=plan_preview.of_rows(form, host_ids=form.host_ids, now=clock.utc_now()),
        **session_rows.offered(form, zone=_office_zone()),
    )


def _recount(*, now: datetime) -> dict[str, object] | None:
    last = reconciling.last_recount()
    return {"at": dates.moment(last.counted_at, _office_zone(), now=now), "wrong": last.wrong} if last else None


def _office_zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
