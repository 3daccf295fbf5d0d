"""What is sent about the sessions of one activity, to whom and when: for its hosts and for the office."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.reminders import plans, queries, service, slots
from ecwi_events.reminders.slots import TIMINGS, Slot
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import own_activity

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.reminders.plans import Planned
    from ecwi_events.reminders.slots import Timing

blueprint = flask.Blueprint(
    "host_reminders", __name__, url_prefix="/host/activities/<int(max=2147483647):activity_id>/reminders"
)

WORDS = {
    Slot.WEEK_BEFORE: "One week before",
    Slot.DAY_BEFORE: "One day before",
    Slot.HOUR_BEFORE: "One hour before, with the joining link",
    Slot.STARTING: "10 minutes before",
    Slot.HOST_ROSTER: "One day before, to host people: how many come",
    Slot.HOST_LINK: "30 minutes before, to host people: the way to the meeting",
    Slot.THANKS: "After the session: thanks, recording and materials",
    Slot.MATERIALS: "A day after slides or other materials are added, if no recording comes first",
    Slot.RECORDING: "When the recording or materials are added after the thanks",
}
STATES = {
    "queued": "on its way", "sending": "on its way", "retry": "tried again soon", "sent": "sent", "failed": "failed",
    "unknown": "perhaps arrived", "skipped": "not sent", "late": "missed",
}  # fmt: skip
REASONS = {
    "late": "it was too late", "withdrawn": "withdrawn", "cancelled": "the session is cancelled", "erased": "erased",
    "superseded": "the session was moved", "opted_out": "not wished", "absent": "was not there",
    "taken_back": "it was taken back", "closed": "the account is closed",
    "suppressed": "the address does not work", "refused": "the mail server refused it", "given_up": "given up",
}  # fmt: skip
UNITS = [("minutes", "minutes", 1), ("hours", "hours", 60), ("days", "days", 24 * 60)]


@blueprint.get("")
def page(activity_id: int) -> ResponseReturnValue:
    """Show what will be sent and what was, and the switches."""
    return _page(own_activity(activity_id), Form())


@blueprint.get("/<int(max=2147483647):session_id>/<slot>")
def recipients(activity_id: int, session_id: int, slot: str) -> ResponseReturnValue:
    """Show to whom one mail of one session goes, or went."""
    activity, timing = own_activity(activity_id), _timing(slot)
    session = next((one for one in activity.sessions if one.id == session_id), None)
    if timing is None or session is None:
        raise NotFound("We cannot find this page.")
    now = clock.utc_now()
    found = plans.recipients(activity.id, session_id, timing, page=_page_number(), now=now)
    return flask.render_template(
        "host/reminder_recipients.html",
        nav="host",
        activity=activity,
        session=session,
        words=_words(timing),
        slot=slot,
        found=found,
        people=[
            (one, dates.moment(one.due_at, one.zone, now=now) if one.due_at else "", STATES.get(one.state, one.state),
             REASONS.get(one.reason or "", ""))
            for one in found.people
        ],
    )  # fmt: skip


@blueprint.post("/switch")
def switch(activity_id: int) -> ResponseReturnValue:
    """Switch one of the usual mails on or off, or take an own one away."""
    activity = own_activity(activity_id)
    form = typed("slot", "on")
    timing = _timing(form.value("slot"))
    if timing is None:
        raise Invalid({"slot": "Choose one of the mails"})
    return _switched(activity, timing.slot, timing.minutes, is_on=form.value("on") == "yes", form=Form())


@blueprint.post("/own")
def add_own(activity_id: int) -> ResponseReturnValue:
    """Add a reminder at a time of one's own."""
    activity = own_activity(activity_id)
    form = typed("number", "unit")
    factor = next((factor for value, _, factor in UNITS if value == form.value("unit")), 0)
    number = form.value("number")
    minutes = int(number) * factor if number.isascii() and number.isdigit() and len(number) <= len("99999") else None
    if fault := slots.own_fault(minutes):
        return _page(activity, form.wrong(Invalid({"number": fault}))), 422
    return _switched(activity, Slot.OWN, minutes or 0, is_on=True, form=form)


def _switched(activity: ActivityPage, slot: Slot, minutes: int, *, is_on: bool, form: Form) -> ResponseReturnValue:
    try:
        with transaction():
            service.switch(activity.id, slot, is_on=is_on, minutes=minutes, now=clock.utc_now())
    except Refused as refused:
        return _page(activity, form, more=refused.message), 409
    flask.flash("The mail goes out from now on." if is_on else "The mail does not go out any more.")
    return flask.redirect(flask.url_for(".page", activity_id=activity.id), 303)


def _page(activity: ActivityPage, form: Form, more: str = "") -> str:
    now = clock.utc_now()
    plan: dict[int, list[Planned]] = {}
    for one in plans.plan_of(activity.id, now=now):
        plan.setdefault(one.session_id, []).append(one)
    return flask.render_template(
        "host/reminders.html",
        nav="host",
        activity=activity,
        form=form,
        more=more,
        sessions=[(session, plan.get(session.id, [])) for session in activity.sessions],
        when=lambda session: dates.moment(session.starts_at, activity.zone, now=now),
        words=_words,
        name=_name,
        between=lambda one: _between(one, activity.zone, now=now),
        counted=_counted,
        slots=[(timing, is_on) for timing, is_on in queries.slots_of(activity.id) if timing.goes_with is None],
        units=UNITS,
    )


def _page_number() -> int:
    typed = flask.request.args.get("page", "")
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) <= len("99999") else 1


def _timing(name: str) -> Timing | None:
    """Return the slot that an address names: ``day_before``, or ``own-120`` for one of an activity's own."""
    slot, _, minutes = name.partition("-")
    if slot == Slot.OWN.value and minutes.isascii() and minutes.isdigit() and len(minutes) <= len("86400"):
        return slots.own(int(minutes)) if not slots.own_fault(int(minutes)) else None
    return TIMINGS.get(Slot(name)) if name in set(Slot) else None


def _name(timing: Timing) -> str:
    return f"{timing.slot.value}-{timing.minutes}" if timing.minutes else timing.slot.value


def _words(timing: Timing) -> str:
    if not timing.minutes:
        return WORDS[timing.slot]
    value, words, factor = next(unit for unit in reversed(UNITS) if timing.minutes % unit[2] == 0)
    number = timing.minutes // factor
    return f"{number} {words[:-1] if number == 1 else words} before (own)" if value else ""


def _between(one: Planned, zone: str, *, now: datetime) -> str:
    """Return ``Mon 18 January, 14:00 to 16:30 (Kyiv), so that nobody gets it at night``."""
    if one.first_at is None or one.last_at is None:
        return ""
    first, last = (dates.moment(at, zone, now=now) for at in (one.first_at, one.last_at))
    if first == last:
        return first
    day, _, _ = first.rpartition(", ")
    begin, end = first.removesuffix(f" ({dates.city(zone)})"), last.removeprefix(f"{day}, ")
    return f"{begin} to {end}, so that nobody gets it at night"


def _counted(one: Planned) -> str:
    """Return ``20 sent, 1 failed``."""
    words: dict[str, int] = {}
    for state, number in one.dealt_with.items():
        told = STATES.get(state, state)
        words[told] = words.get(told, 0) + number
    return ", ".join(f"{number} {told}" for told, number in words.items())
