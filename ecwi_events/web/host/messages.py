"""Messages of hosts and the office to the people of an activity: written, looked at as one reader gets it, then sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.attendance import messages, rules_messages
from ecwi_events.attendance.filling import filled
from ecwi_events.attendance.messages import Draft
from ecwi_events.attendance.models_messages import Audience
from ecwi_events.kernel import clock, dates, tokens
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.mail.models import MailState
from ecwi_events.people import queries as people
from ecwi_events.web import hosting
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage

blueprint = flask.Blueprint("host_messages", __name__)

HERE = "/host/activities/<int(max=2147483647):activity_id>/messages"
FIELDS = ("audience", "session", "subject", "text", "answers", "key", "act")
AUDIENCES = {
    Audience.CONFIRMED: "People with a place",
    Audience.WAITING: "People on the waiting list",
    Audience.PENDING: "People who wait for approval",
    Audience.PRESENT: "People who were there (choose the session)",
    Audience.ABSENT: "People who were absent (choose the session)",
}
WAITING = (MailState.QUEUED, MailState.RETRY, MailState.SENDING)
LOST = (MailState.FAILED, MailState.UNKNOWN)
LONGEST_NUMBER = len("2147483647") - 1


@blueprint.get(HERE)
def index(activity_id: int) -> ResponseReturnValue:
    """Show what was written, and a form to write."""
    return _page(hosting.own_activity(activity_id), Form({"audience": "confirmed", "answers": ""}), now=clock.utc_now())


@blueprint.post(HERE)
def write(activity_id: int) -> ResponseReturnValue:
    """Show the message as one reader gets it; the second button sends it."""
    activity, form, now = hosting.own_activity(activity_id), typed(*FIELDS), clock.utc_now()
    if form.value("act") == "change":
        return _page(activity, form, now=now)
    try:
        draft = _draft(form)
        messages.check(activity, draft, now=now)
        if form.value("act") != "send":
            return _preview(activity, form, draft, now=now)
        _send(activity, draft, form.value("key"), now=now)
    except Invalid as invalid:
        return _page(activity, form.wrong(invalid), now=now), 422
    except Refused as refused:
        return _page(activity, form, more=refused.message, now=now), 409
    flask.flash("The message goes out in a minute. Until then you can stop all of it.")
    return flask.redirect(flask.url_for(".index", activity_id=activity_id), 303)


@blueprint.post(HERE + "/<int(max=2147483647):message_id>/stop")
def stop(activity_id: int, message_id: int) -> ResponseReturnValue:
    """Send no more of a message."""
    hosting.own_activity(activity_id)
    with transaction():
        messages.stop_message(activity_id, message_id, now=clock.utc_now())
    flask.flash("Stopped. What had gone out before has gone out.")
    return flask.redirect(flask.url_for(".index", activity_id=activity_id), 303)


def _draft(form: Form) -> Draft:
    audience, session = form.value("audience"), form.value("session")
    if audience not in set(Audience):
        raise Invalid({"audience": "Choose to whom you write"})
    is_number = session.isascii() and session.isdigit() and len(session) <= LONGEST_NUMBER
    if session and not is_number:
        raise Invalid({"session": "Choose a session of this activity"})
    answers_to = people.primary_address(hosting.who_asks().person_id) if form.value("answers") else None
    return Draft(
        Audience(audience), form.value("subject"), form.value("text"), int(session) if session else None, answers_to
    )


def _send(activity: ActivityPage, draft: Draft, key: str, *, now: datetime) -> None:
    who = hosting.who_asks()
    with transaction():
        messages.write_message(
            activity, draft, key=tokens.digest(f"{who.person_id}:{activity.id}:{key}"), by_person_id=who.person_id,
            is_office=who.runs_office, now=now,
        )  # fmt: skip


def _preview(activity: ActivityPage, form: Form, draft: Draft, *, now: datetime) -> str:
    """Show the message for the first of its readers.

    Raises:
        Refused: there is nobody to write to.
    """
    first = next(iter(messages.recipients(activity.id, draft.audience, draft.session_id, limit=1)), None)
    words = filled(activity, first.person_id, draft.session_id, draft.subject, draft.text, now=now) if first else None
    if first is None or words is None:
        raise Refused("nobody", "There is nobody to write to. Choose other people.")
    return flask.render_template(
        "host/message_preview.html",
        nav="host",
        activity=activity,
        form=form,
        key=form.value("key") or tokens.fresh(),
        fields=[name for name in FIELDS if name not in {"key", "act"}],
        first=first,
        words=words,
        paragraphs=rules_messages.paragraphs(words.lines),
        number=messages.count(activity.id, draft.audience, draft.session_id),
        to=AUDIENCES[draft.audience].partition(" (")[0].lower(),
        reply_to=draft.reply_to,
    )


def _page(activity: ActivityPage, form: Form, *, more: str = "", now: datetime) -> str:
    zone = activity.zone
    return flask.render_template(
        "host/messages.html",
        nav="host",
        activity=activity,
        form=form,
        more=more,
        audiences=[(one.value, words) for one, words in AUDIENCES.items()],
        sessions=[
            (session.id, f"{session.number}. {session.title}, {dates.moment(session.starts_at, session.zone, now=now)}")
            for session in activity.sessions
        ],
        placeholders=rules_messages.PLACEHOLDERS,
        written=[_line(one, zone, now=now) for one in messages.history(activity.id)],
        may_write=not hosting.who_asks().is_auditor or hosting.who_asks().runs_office,
        own_address=people.primary_address(hosting.who_asks().person_id),
    )


def _line(one: messages.Written, zone: str, *, now: datetime) -> dict[str, object]:
    """Say what became of a message."""
    sent, skipped = one.counts[MailState.SENT], one.counts[MailState.SKIPPED]
    waiting, lost = (sum(one.counts[state] for state in states) for states in (WAITING, LOST))
    told = [(sent, "sent"), (waiting, "on the way"), (lost, "did not arrive"), (skipped, "not sent")]
    return {
        "message": one,
        "to": AUDIENCES[one.audience].partition(" (")[0].lower(),
        "when": dates.moment(one.created_at, zone, now=now),
        "counts": ", ".join(f"{number} {words}" for number, words in told if number),
        "state": "Stopped" if one.cancelled_at else "Sent" if one.done_at and not waiting else "On its way",
        "is_waiting": one.done_at is None and one.cancelled_at is None,
    }
