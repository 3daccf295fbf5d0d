"""The sessions of one activity, for the office and its hosts: list, add, change, move, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import components
from ecwi_events.programme import queries as programme
from ecwi_events.programme import rules as programme_rules
from ecwi_events.programme import sessions as acts
from ecwi_events.registration import changes, consequences, told
from ecwi_events.web import hosting, zones
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.once import SAID, once
from ecwi_events.web.sessions import form as session_form
from ecwi_events.web.sessions import preview as plan_preview
from ecwi_events.web.sessions import rows as session_rows
from ecwi_events.web.sessions.components import find_plan, participants
from ecwi_events.web.sessions.rows import RowsForm

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.programme.schedule import Plan
    from ecwi_events.web.sessions.form import SessionForm

blueprint = flask.Blueprint("sessions", __name__)


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/sessions")
def index(activity_id: int) -> ResponseReturnValue:
    """List the sessions with their times in the chosen cities, the generated lines, and what to look at."""
    found, now = hosting.own_activity(activity_id), clock.utc_now()
    plan = find_plan(activity_id)
    cities = _cities(plan)
    return flask.render_template(
        "host/sessions.html",
        nav="office" if hosting.who_asks().reads_office else "host",
        activity=found,
        plan=plan,
        participants=participants(plan),
        rows=[_row(session, cities, now=now) for session in found.sessions],
        notices=plan_preview.of_activity(plan, found.sessions, (), host_ids=found.host_ids, cities=cities, now=now),
        formats=dict(session_rows.FORMATS),
        form=Form({f"cities-{number}": city for number, city in enumerate(cities)}),
        zone_choices=zones.short_list(*cities, zones.own_zone()),
    )


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/sessions/cities")
def choose_cities(activity_id: int) -> ResponseReturnValue:
    """Keep the cities in which the times of this activity are shown."""
    hosting.own_activity(activity_id)
    chosen = typed(*(f"cities-{number}" for number in range(components.MOST_CITIES)))
    with transaction():
        components.choose_cities(activity_id, list(chosen.values.values()), now=clock.utc_now())
    return flask.redirect(flask.url_for("sessions.index", activity_id=activity_id), 303)


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/sessions/new")
def new(activity_id: int) -> ResponseReturnValue:
    """Show empty rows for sessions to add."""
    found, plan = hosting.own_activity(activity_id), find_plan(activity_id)
    first = session_rows.first_rows(zone=found.zone, language=found.language, cities=plan.cities)
    return _add_page(found, RowsForm(first))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/sessions/new")
def add(activity_id: int) -> ResponseReturnValue:
    """Look at the typed rows, or add them; who signed up for the whole activity is told."""
    found, now = hosting.own_activity(activity_id), clock.utc_now()
    form = session_form.read_new_rows()
    if form.only_looks:
        return _add_page(found, form.looked_at(zone=found.zone))
    try:
        typed_sessions = session_form.sessions_of(form)
        with transaction():
            is_new = once(
                lambda: changes.add_sessions(activity_id, typed_sessions, by_person_id=_by(), now=now), now=now
            )
    except Invalid as invalid:
        return _add_page(found, form.wrong(invalid)), 422
    many = len(typed_sessions)
    added = f"{many} sessions are added." if many != 1 else "The session is added."
    flask.flash(added if is_new else SAID)
    return flask.redirect(flask.url_for("sessions.index", activity_id=activity_id), 303)


@blueprint.get("/host/sessions/<int(max=2147483647):session_id>/edit")
def edit(session_id: int) -> ResponseReturnValue:
    """Show a session's texts and time in one form."""
    found, session = _own(session_id)
    return _edit_page(found, session, session_form.of_session(session))


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/edit")
def save(session_id: int) -> ResponseReturnValue:
    """Save texts and time; who signed up is told of another time. Asks back where a time or a zone is not clear."""
    (found, session), form = _own(session_id), session_form.read()
    if form.only_looks or form.questions(session):
        return _edit_page(found, session, form), 200 if form.only_looks else 422
    try:
        texts, promise = form.parse(session)
        with transaction():
            _save(session.id, texts, promise, form, now=clock.utc_now())
    except Invalid as invalid:
        return _edit_page(found, session, form.wrong(invalid)), 422
    except Refused as refused:
        return _edit_page(found, _own(session_id)[1], form, more=refused.message, is_conflict=True), 409
    flask.flash("Saved.")
    return flask.redirect(flask.url_for("sessions.index", activity_id=found.id), 303)


@blueprint.get("/host/sessions/<int(max=2147483647):session_id>/cancel")
def ask_cancel(session_id: int) -> ResponseReturnValue:
    """Ask for the reason before a session is cancelled."""
    found, session = _own(session_id)
    return _cancel_page(found, session, Form())


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/cancel")
def cancel(session_id: int) -> ResponseReturnValue:
    """Cancel a session; who signed up is told why."""
    (found, session), form = _own(session_id), typed("reason")
    try:
        with transaction():
            changes.cancel_session(session_id, form.value("reason"), by_person_id=_by(), now=clock.utc_now())
    except Invalid as invalid:
        return _cancel_page(found, session, form.wrong(invalid)), 422
    flask.flash(f"“{session.title}” is cancelled.")
    return flask.redirect(flask.url_for("sessions.index", activity_id=found.id), 303)


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/restore")
def restore(session_id: int) -> ResponseReturnValue:
    """Bring a cancelled session back."""
    found, session = _own(session_id)
    with transaction():
        changes.restore_session(session_id, by_person_id=_by(), now=clock.utc_now())
    flask.flash(f"“{session.title}” takes place again.")
    return flask.redirect(flask.url_for("sessions.index", activity_id=found.id), 303)


def _save(
    session_id: int, texts: acts.SessionTexts, promise: acts.Promise, form: SessionForm, *, now: datetime
) -> None:
    acts.edit_session(session_id, texts, revision=form.revision, now=now)
    changes.move_session(session_id, promise, reason=form.value("reason"), by_person_id=_by(), now=now)


def _own(session_id: int) -> tuple[ActivityPage, SessionView]:
    """Return a session and its activity, for hosts of it and the office.

    Raises:
        NotFound: there is no such session, or it is somebody else's.
    """
    pair = programme.find_session(session_id)
    if pair is None:
        raise NotFound("We cannot find this page.")
    found = hosting.own_activity(pair[1].id)
    return found, next(session for session in found.sessions if session.id == session_id)


def _cities(plan: Plan) -> tuple[str, ...]:
    """The cities that were asked for in the address, else the activity's, else the house's."""
    asked = session_rows.cities_of(*flask.request.args.getlist("city"))[: components.MOST_CITIES]
    return asked or plan.cities or session_rows.CITIES


def _row(session: SessionView, cities: tuple[str, ...], *, now: datetime) -> dict[str, object]:
    shown = dates.session_times(session.starts_at, session.ends_at, session.zone, now=now)
    year = session.starts_at.year
    elsewhere = [session_rows.in_city(session.starts_at, session.ends_at, city, year=year) for city in cities]
    return {"session": session, "shown": shown, "elsewhere": elsewhere, "is_over": session.ends_at <= now}


def _add_page(found: ActivityPage, form: RowsForm) -> str:
    plan, now, typed_rows = find_plan(found.id), clock.utc_now(), form.meetings("New session")
    notices = plan_preview.of_activity(
        plan, found.sessions, typed_rows, host_ids=found.host_ids, cities=form.cities, now=now
    )
    return flask.render_template(
        "host/sessions_new.html",
        nav="office" if hosting.who_asks().reads_office else "host",
        activity=found,
        form=form,
        notices=notices if typed_rows else (),
        **session_rows.offered(form, zone=found.zone),
    )


def _edit_page(
    found: ActivityPage, session: SessionView, form: SessionForm, *, more: str = "", is_conflict: bool = False
) -> str:
    plan = find_plan(found.id)
    return flask.render_template(
        "host/session_edit.html",
        nav="office" if hosting.who_asks().reads_office else "host",
        activity=found,
        session=session,
        shown=dates.session_times(session.starts_at, session.ends_at, session.zone, now=clock.utc_now()),
        form=form,
        question=form.questions(session),
        times=form.times_in(_cities(plan)),
        more=more,
        is_conflict=is_conflict,
        is_public=programme_rules.is_public(found.status),
        formats=session_rows.FORMATS,
        format_words=dict(session_rows.FORMATS),
        languages=session_rows.LANGUAGE_CHOICES,
        zone_choices=zones.short_list(session.zone, form.value("zone"), zones.own_zone()),
    )


def _cancel_page(found: ActivityPage, session: SessionView, form: Form) -> str:
    return flask.render_template(
        "host/session_cancel.html",
        nav="office" if hosting.who_asks().reads_office else "host",
        activity=found,
        session=session,
        shown=dates.session_times(session.starts_at, session.ends_at, session.zone, now=clock.utc_now()),
        form=form,
        is_public=programme_rules.is_public(found.status),
        told=consequences.mail_words(told.audience(found.id, session.id)),
    )


def _by() -> int:
    return hosting.who_asks().person_id
