"""Hosts propose activities, and see what became of their proposals."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, currencies, dates
from ecwi_events.kernel.currencies import EURO, NotAnAmount
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.people import queries as people
from ecwi_events.people import rules as people_rules
from ecwi_events.programme import proposal_rules, proposals
from ecwi_events.programme import queries_proposals as queries
from ecwi_events.programme.proposals import NewProposal
from ecwi_events.web import access, identity
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity
    from ecwi_events.programme.queries_proposals import Call, ProposalView

blueprint = flask.Blueprint("host_proposals", __name__, url_prefix="/host/proposals")

FIELDS = ("year", "organisation", "title", "why", "plan", "budget", "sessions_idea", "once")
MONTHS = list(zip(proposal_rules.MONTHS, dates.MONTHS, strict=True))
STATES = {
    "proposed": ("sun", "Waits for the office"),
    "approved": ("ok", "Approved"),
    "declined": ("", "Declined"),
    "withdrawn": ("", "Taken back"),
}
_ONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")
THANKS = "Thank you. The office looks at your proposal and writes to you."
SENT_BEFORE = (
    "This form was sent before, so your changes are not saved. Below is what was sent. "
    "To change it, use it for a new proposal, and take this one back."
)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """List the proposals of the host's organisations; for the office, all."""
    who = _who()
    return flask.render_template(
        "host/proposals.html",
        nav="host",
        calls=queries.calls(today=today()),
        found=queries.proposals(organisation_ids=None if who.reads_office else sorted(who.host_of)),
        states=STATES,
        day=dates.day_label,
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Show the form, empty or with what stands in an older proposal of one's own, or say that no call is open."""
    asked, form = flask.request.args.get("from", ""), Form({"once": secrets.token_urlsafe(16)})
    if not _is_number(asked):
        return _form_page(form)
    old = _find(int(asked))
    return _form_page(Form({**_typed_of(old), **form.values}), months=old.months)


@blueprint.post("/new")
def propose() -> ResponseReturnValue:
    """Take a proposal, or show what is wrong with it."""
    form, who = typed(*FIELDS), _who()
    try:
        wish = _parse(form, who)
        with transaction():
            proposal_id = proposals.propose(wish, by_person_id=who.person_id, today=today(), now=clock.utc_now())
    except Invalid as invalid:
        return _form_page(form.wrong(invalid), months=_months()), 422
    except Refused as refused:
        return _form_page(form, more=refused.message, months=_months()), 409
    flask.flash(THANKS if _says(proposal_id, wish) else SENT_BEFORE)
    return flask.redirect(flask.url_for("host_proposals.proposal", proposal_id=proposal_id), 303)


@blueprint.get("/<int(max=2147483647):proposal_id>")
def proposal(proposal_id: int) -> ResponseReturnValue:
    """Show a proposal of one's own organisation and what became of it."""
    found = _find(proposal_id)
    return flask.render_template(
        "host/proposal.html", nav="host", proposal=found, **words_of(found), may_withdraw=found.state == "proposed"
    )


@blueprint.post("/<int(max=2147483647):proposal_id>/withdraw")
def withdraw(proposal_id: int) -> ResponseReturnValue:
    """Take a proposal back."""
    _find(proposal_id)
    with transaction():
        proposals.withdraw_proposal(proposal_id, now=clock.utc_now())
    flask.flash("The proposal is taken back.")
    return flask.redirect(flask.url_for("host_proposals.proposal", proposal_id=proposal_id), 303)


def today() -> date:
    """Return the day that it is in the office: calls begin and end by its calendar."""
    zone = flask.current_app.extensions["ecwi_settings"].office_time_zone
    return clock.utc_now().astimezone(dates.zone_info(zone)).date()


def cents_of(text: str, field: str) -> int | None:
    """Return a typed amount of euros in cents; None for nothing.

    Raises:
        Invalid: it cannot be read.
    """
    if not text:
        return None
    try:
        return currencies.amount_of(text, EURO)
    except NotAnAmount as error:
        raise Invalid({field: str(error)}) from error


def words_of(found: ProposalView) -> dict[str, object]:
    """Return what the pages of a proposal say in words."""
    names = dict(MONTHS)
    return {
        "states": STATES,
        "months": [names.get(month, month) for month in found.months],
        "budget": _euros(found.budget_minor),
        "granted": _euros(found.granted_minor),
        "day": dates.day_label,
    }


def _euros(minor: int | None) -> str:
    return currencies.exactly(minor, EURO) if minor is not None else ""


def _who() -> Identity:
    who = identity.present()
    assert who is not None  # noqa: S101 - the access table lets nobody else in
    return who


def _find(proposal_id: int) -> ProposalView:
    found, who = queries.find_proposal(proposal_id), _who()
    as_office = who.reads_office if flask.request.method in access.READING else who.runs_office
    if found is None or not people_rules.may_act_for(who.host_of, [found.organisation_id], runs_office=as_office):
        raise NotFound("We cannot find this page.")
    return found


def _parse(form: Form, who: Identity) -> NewProposal:
    """Return the facts of the form.

    Raises:
        Invalid: a number cannot be read, or the organisation is not one's own.
    """
    faults = {}
    if not _is_number(form.value("year")):
        faults["year"] = "Choose a year from the list"
    organisation = form.value("organisation")
    if not _is_number(organisation) or int(organisation) not in dict(_own_organisations(who)):
        faults["organisation"] = "Choose an organisation from the list"
    if faults:
        raise Invalid(faults)
    once = form.value("once")
    return NewProposal(
        year=int(form.value("year")),
        organisation_id=int(organisation),
        title=form.value("title"),
        why=form.value("why"),
        plan=form.value("plan"),
        once=once if _ONCE.fullmatch(once) else secrets.token_urlsafe(16),
        months=_months(),
        budget_minor=cents_of(form.value("budget"), "budget"),
        sessions_idea=form.value("sessions_idea"),
    )


def _own_organisations(who: Identity) -> list[tuple[int, str]]:
    names = people.organisation_names()
    return list(names) if who.runs_office else [pair for pair in names if pair[0] in who.host_of]


def _months() -> list[str]:
    return flask.request.form.getlist("months")[: len(MONTHS)]


def _typed_of(old: ProposalView) -> dict[str, str]:
    """Return a proposal as it is typed."""
    budget = currencies.plain(old.budget_minor, EURO) if old.budget_minor is not None else ""
    return {
        "year": str(old.year), "organisation": str(old.organisation_id), "title": old.title, "why": old.why,
        "plan": old.plan, "sessions_idea": old.sessions_idea, "budget": budget,
    }  # fmt: skip


def _says(proposal_id: int, wish: NewProposal) -> bool:
    """Tell whether a proposal says what was typed; it does not where the form was sent before and changed since."""
    found = queries.find_proposal(proposal_id)
    texts = ("why", "plan", "sessions_idea")
    return (
        found is not None
        and found.title == clean_line(wish.title)
        and all(getattr(found, name) == clean_prose(getattr(wish, name)) for name in texts)
        and (found.year, found.budget_minor, sorted(found.months))
        == (wish.year, wish.budget_minor, sorted(wish.months))
    )


def _form_page(form: Form, more: str = "", months: Sequence[str] = ()) -> str:
    open_calls: list[Call] = [call for call in queries.calls(today=today()) if call.is_open]
    return flask.render_template(
        "host/propose.html",
        nav="host",
        form=form,
        more=more,
        calls=open_calls,
        organisations=_own_organisations(_who()),
        months=MONTHS,
        chosen=months,
        day=dates.day_label,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len("2147483647")
