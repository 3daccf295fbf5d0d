"""How many places there are, and on what terms people sign up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme.rules import date_fault
from ecwi_events.registration import queries, service, terms
from ecwi_events.web import hosting
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.rules import SignUpFacts, Terms

blueprint = flask.Blueprint("host_places", __name__)

BY = [("activity", "The whole activity: one group comes to all sessions"), ("session", "Sessions: people choose")]
WHO = [("everyone", "Everyone"), ("members", "People of Member organisations"), ("invited", "People who are invited")]
FIELDS = (
    "by", "who", "needs_approval", "asks_for_proof", "most_per_organisation", "opens_on", "opens_time",
    "offers_within_hours", "offers_last_minutes",
)  # fmt: skip
PROOF = [("yes", "Ask for proof"), ("no", "Believe it")]
MOST_INVITED = 500


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/places")
def page(activity_id: int) -> ResponseReturnValue:
    """Show places and terms."""
    return _page(hosting.own_activity(activity_id))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/places")
def change_capacity(activity_id: int) -> ResponseReturnValue:
    """Set the number of places; fewer than are taken only when somebody says that all keep theirs."""
    activity, form, now = hosting.own_activity(activity_id), typed("capacity", "session", "keep"), clock.utc_now()
    promoted = 0

    def act() -> None:
        nonlocal promoted
        promoted = service.change_capacity(
            activity_id,
            _number(form, "capacity"),
            session_id=_number(form, "session"),
            keep_overbooked=bool(form.value("keep")),
            now=now,
        )

    return _try(activity, form, act, lambda: _saved(promoted))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/terms")
def set_terms(activity_id: int) -> ResponseReturnValue:
    """Set who may sign up, for what, and from when."""
    activity, form, now = hosting.own_activity(activity_id), typed(*FIELDS), clock.utc_now()
    return _try(
        activity,
        form,
        lambda: service.set_terms(activity_id, _terms(activity, form), now=now),
        lambda: "The terms are saved.",
    )


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/invited")
def invite(activity_id: int) -> ResponseReturnValue:
    """Put addresses on the list of those who are invited, or take one off."""
    activity, form, now = hosting.own_activity(activity_id), typed("addresses", "remove"), clock.utc_now()

    def act() -> None:
        if form.value("remove"):
            service.uninvite(activity_id, _number(form, "remove") or 0, now=now)
        else:
            service.invite(activity_id, _addresses(form), now=now)

    return _try(activity, form, act, lambda: "The list is saved. Nobody gets an email by this.")


def _try(activity: ActivityPage, form: Form, act: Callable[[], object], said: Callable[[], str]) -> ResponseReturnValue:
    try:
        with transaction():
            act()
    except Invalid as invalid:
        return _page(activity, form.wrong(_at_its_field(invalid, form))), 422
    except Refused as refused:
        return _page(activity, form, more=refused.message, asks_to_keep=refused.code == "overbooked"), 409
    flask.flash(said())
    return flask.redirect(flask.url_for("host_places.page", activity_id=activity.id), 303)


def _saved(promoted: int) -> str:
    if not promoted:
        return "The number of places is saved."
    people = "1 person" if promoted == 1 else f"{promoted} people"
    return f"The number of places is saved. {people} from the line got a place or an offer and an email."


def _at_its_field(invalid: Invalid, form: Form) -> Invalid:
    """Give the faults of single addresses to the one field in which they were typed, with the address."""
    lines = _addresses(form) if form.value("addresses") else []
    wrong = {name: words for name, words in invalid.fields.items() if not name.startswith("addresses-")}
    at = [int(name.removeprefix("addresses-")) for name in invalid.fields if name.startswith("addresses-")]
    if at:
        wrong["addresses"] = "These are no email addresses: " + ", ".join(lines[line][:60] for line in at[:5])
    return Invalid(wrong)


def _addresses(form: Form) -> list[str]:
    found = form.value("addresses").replace(",", "\n").replace(";", "\n").split()
    if not found:
        raise Invalid({"addresses": "Enter one email address or more"})
    if len(found) > MOST_INVITED:
        raise Invalid({"addresses": f"Enter {MOST_INVITED} addresses or fewer at once"})
    return found


def _terms(activity: ActivityPage, form: Form) -> Terms:
    facts = _facts(activity)
    if form.value("by") not in dict(BY) or form.value("who") not in dict(WHO):
        raise Invalid({"who": "Choose from the list"})
    return replace(
        facts.terms,
        by=form.value("by"),
        who=form.value("who"),
        needs_approval=bool(form.value("needs_approval")),
        asks_for_proof=_asks_for_proof(form, facts),
        most_per_organisation=_number(form, "most_per_organisation"),
        opens_at=_opens_at(form, activity.zone),
        offers_within_hours=_number(form, "offers_within_hours"),
        offers_last_minutes=_number(form, "offers_last_minutes"),
    )


def _asks_for_proof(form: Form, facts: SignUpFacts) -> bool:
    return form.value("asks_for_proof") == "yes" if form.value("asks_for_proof") else facts.terms.asks_for_proof


def _opens_at(form: Form, zone: str) -> datetime | None:
    if not form.value("opens_on"):
        if form.value("opens_time"):
            raise Invalid({"opens_on": "Enter the day as well, or leave the time empty"})
        return None
    try:
        wall = datetime.fromisoformat(f"{form.value('opens_on')}T{form.value('opens_time') or '00:00'}")
    except ValueError:
        raise Invalid({"opens_on": "Enter the day and the time, like 2027-01-15 and 09:00"}) from None
    if fault := date_fault(wall):
        raise Invalid({"opens_on": fault})
    try:
        return dates.resolve(wall.replace(tzinfo=None), zone, fold=0)
    except (ValueError, OverflowError):
        raise Invalid({"opens_on": "Enter the day and the time, like 2027-01-15 and 09:00"}) from None


def _number(form: Form, name: str) -> int | None:
    text = form.value(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < len("2147483647")):
        raise Invalid({name: "Enter a whole number, or leave it empty"})
    return int(text)


def _facts(activity: ActivityPage) -> SignUpFacts:
    facts = queries.sign_up_facts(activity.id)
    if facts is None:
        raise NotFound("We cannot find this page.")
    return facts


def _page(activity: ActivityPage, form: Form | None = None, *, more: str = "", asks_to_keep: bool = False) -> str:
    facts = _facts(activity)
    local = facts.terms.opens_at.astimezone(dates.zone_info(activity.zone)) if facts.terms.opens_at else None
    stored = {
        "by": facts.terms.by,
        "who": facts.terms.who,
        "needs_approval": "1" if facts.terms.needs_approval else "",
        # Where the organisation did not matter so far, nobody has chosen yet: proof is what we suggest.
        "asks_for_proof": "yes" if facts.terms.asks_for_proof or not facts.terms.asks_for_organisation else "no",
        "most_per_organisation": str(facts.terms.most_per_organisation or ""),
        "opens_on": f"{local:%Y-%m-%d}" if local else "",
        "opens_time": f"{local:%H:%M}" if local else "",
        "offers_within_hours": "" if facts.terms.offers_within_hours is None else str(facts.terms.offers_within_hours),
        "offers_last_minutes": str(facts.terms.offers_last_minutes or ""),
    }
    return flask.render_template(
        "host/places.html",
        nav="host",
        activity=activity,
        facts=facts,
        titles={session.id: session.title for session in activity.sessions},
        form=Form({**stored, **(form.values if form else {})}, form.faults if form else {}),
        by=BY,
        who=WHO,
        proof=PROOF,
        invited=terms.invited(activity.id),
        zone=dates.city(activity.zone),
        more=more,
        asks_to_keep=asks_to_keep,
    )
