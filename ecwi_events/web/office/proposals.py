"""The office opens the call for proposals, looks at what came in, approves with a budget or declines with a reason."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, currencies, dates
from ecwi_events.kernel.currencies import EURO
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import proposals
from ecwi_events.programme import queries_proposals as queries
from ecwi_events.registration import proposals as deciding
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.host import proposals as host_proposals
from ecwi_events.web.office import journal as office_journal

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("office_proposals", __name__, url_prefix="/office/proposals")

LONGEST_DAY = len("2026-12-31")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """List what waits, what was decided, and the calls."""
    return _list_page(Form())


@blueprint.post("/call")
def set_call() -> ResponseReturnValue:
    """Set from when to when proposals for a year are taken."""
    form = typed("year", "opens_on", "closes_on", "note")
    try:
        with transaction():
            proposals.set_call(
                _year(form),
                _day(form, "opens_on"),
                _day(form, "closes_on"),
                note=form.value("note"),
                now=clock.utc_now(),
            )
    except Invalid as invalid:
        return _list_page(form.wrong(invalid)), 422
    flask.flash("The call is saved.")
    return flask.redirect(flask.url_for("office_proposals.index"), 303)


@blueprint.get("/<int(max=2147483647):proposal_id>")
def proposal(proposal_id: int) -> ResponseReturnValue:
    """Show a proposal and the two ways to decide."""
    return _page(proposal_id, None)


@blueprint.post("/<int(max=2147483647):proposal_id>/approve")
def approve(proposal_id: int) -> ResponseReturnValue:
    """Approve with a budget: an activity comes of it."""
    form, who = typed("granted"), identity.present()
    try:
        with transaction():
            activity_id = deciding.approve(
                proposal_id, host_proposals.cents_of(form.value("granted"), "granted"),
                by_person_id=who.person_id if who else None, today=host_proposals.today(), now=clock.utc_now(),
            )  # fmt: skip
    except Invalid as invalid:
        return _page(proposal_id, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(proposal_id, form, more=refused.message), 409
    flask.flash("Approved. The host gets a mail. This is the new activity: plan its sessions, then publish it.")
    return flask.redirect(flask.url_for("office.activity", activity_id=activity_id), 303)


@blueprint.post("/<int(max=2147483647):proposal_id>/decline")
def decline(proposal_id: int) -> ResponseReturnValue:
    """Decline with a reason that the host reads."""
    form, who = typed("reason"), identity.present()
    try:
        with transaction():
            proposals.decline(
                proposal_id, form.value("reason"), by_person_id=who.person_id if who else None, now=clock.utc_now()
            )
    except Invalid as invalid:
        return _page(proposal_id, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(proposal_id, form, more=refused.message), 409
    flask.flash("Declined. The host gets a mail with your reason.")
    return flask.redirect(flask.url_for("office_proposals.index"), 303)


def _list_page(form: Form) -> str:
    found = queries.proposals()
    return flask.render_template(
        "office/proposals.html",
        nav="office",
        form=form,
        waiting=[one for one in found if one.state == "proposed"],
        decided=[one for one in found if one.state != "proposed"],
        calls=queries.calls(today=host_proposals.today()),
        states=host_proposals.STATES,
        budget=lambda one: currencies.exactly(one.budget_minor, EURO) if one.budget_minor is not None else "",
        day=dates.day_label,
    )


def _page(proposal_id: int, form: Form | None, more: str = "") -> str:
    found = queries.find_proposal(proposal_id)
    if found is None:
        raise NotFound("We cannot find this page.")
    wish = currencies.plain(found.budget_minor, EURO) if found.budget_minor is not None else ""
    return flask.render_template(
        "office/proposal.html",
        nav="office",
        proposal=found,
        form=form or Form({"granted": wish}),
        more=more,
        history=office_journal.history(("proposal", [proposal_id])),
        **host_proposals.words_of(found),
    )


def _year(form: Form) -> int:
    year = form.value("year")
    if not (year.isascii() and year.isdigit() and len(year) == len("2026")):
        raise Invalid({"year": "Enter a year, like 2027"})
    return int(year)


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form.value(name)[:LONGEST_DAY]) if form.value(name) else None
    except ValueError as error:
        raise Invalid({name: "Enter a day like 2026-12-31"}) from error
