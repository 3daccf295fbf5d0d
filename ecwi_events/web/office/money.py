"""The office's page of the money of one activity; auditors read it, hosts do not see it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, currencies, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import queries as people
from ecwi_events.programme import money, queries_money, rules_money
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import MoneyStage, Payer
from ecwi_events.programme.money import TypedLine
from ecwi_events.web import uploads
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.once import SAID, once

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries_money import LineView

blueprint = flask.Blueprint(
    "office_money", __name__, url_prefix="/office/activities/<int(max=2147483647):activity_id>/money"
)

STAGES = [("planned", "Planned"), ("committed", "Promised"), ("actual", "Paid")]
FORMS = [("cash", "Money"), ("in_kind", "In kind: work, rooms or goods")]
FIELDS = (
    "payer", "payer_id", "funder_id", "form", "stage", "amount", "currency", "rate", "rate_on", "booked_on", "note",
)  # fmt: skip
LABELS = {
    "payer": "Who pays", "payer_id": "Which organisation", "funder_id": "Where the money comes from",
    "form": "Money or in kind", "stage": "How sure it is", "amount": "Amount", "currency": "Currency", "rate": "Rate",
    "rate_on": "Day of the rate", "booked_on": "Day of the payment or promise", "note": "Note",
}  # fmt: skip
LONGEST_DAY = len("2026-11-21")


@blueprint.get("")
def page(activity_id: int) -> ResponseReturnValue:
    """Show the lines and what they add up to."""
    return _page(activity_id)


@blueprint.post("")
def add(activity_id: int) -> ResponseReturnValue:
    """Add a line."""
    form, now = typed(*FIELDS), clock.utc_now()
    try:
        with uploads.received("file") as evidence, transaction():
            is_new = once(lambda: money.add_line(activity_id, _line(form), evidence=evidence, now=now), now=now)
    except Invalid as invalid:
        return _page(activity_id, form.wrong(invalid)), 422
    flask.flash("The amount is added." if is_new else SAID)
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


@blueprint.get("/<int(max=2147483647):line_id>")
def line(activity_id: int, line_id: int) -> ResponseReturnValue:
    """Show the form of one line."""
    return _line_page(activity_id, line_id)


@blueprint.post("/<int(max=2147483647):line_id>")
def save(activity_id: int, line_id: int) -> ResponseReturnValue:
    """Save a line."""
    form, now = typed(*FIELDS, "seen"), clock.utc_now()
    try:
        with uploads.received("file") as evidence, transaction():
            typed_line, seen = _line(form), form.value("seen")
            money.change_line(activity_id, line_id, typed_line, seen=seen, evidence=evidence, now=now)
    except Invalid as invalid:
        return _line_page(activity_id, line_id, form.wrong(invalid)), 422
    except Refused as refused:
        if refused.code != money.CHANGED:
            raise
        return _line_page(activity_id, line_id, form, more=refused.message), 409
    flask.flash("The amount is saved.")
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


@blueprint.post("/<int(max=2147483647):line_id>/remove")
def remove(activity_id: int, line_id: int) -> ResponseReturnValue:
    """Take a line out."""
    with transaction():
        money.remove_line(activity_id, line_id, now=clock.utc_now())
    flask.flash("The amount is removed. The history keeps what it said.")
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


@blueprint.get("/<int(max=2147483647):line_id>/evidence")
def evidence(activity_id: int, line_id: int) -> ResponseReturnValue:
    """Send the evidence of a line out."""
    _find(activity_id, line_id)
    kept = queries_money.find_evidence(line_id)
    if kept is None:
        raise NotFound("We cannot find this file.")
    return uploads.answer(kept)


def _page(activity_id: int, form: Form | None = None) -> str:
    found = programme.find_activity(activity_id)
    if found is None:
        raise NotFound("We cannot find this page.")
    lines = queries_money.lines_of(activity_id)
    return flask.render_template(
        "office/money.html",
        nav="office",
        activity=found,
        lines=lines,
        sums=queries_money.sums(lines),
        stage_words=dict(STAGES),
        form=form or Form({"currency": "EUR", "stage": "actual"}),
        **_words(),
    )


def _line_page(activity_id: int, line_id: int, form: Form | None = None, *, more: str = "") -> str:
    """Show the form of a line; with ``more``, which somebody else changed, beside what it says now."""
    there = _find(activity_id, line_id)
    stored = _filled(there)
    return flask.render_template(
        "office/money_line.html",
        nav="office",
        activity=programme.find_activity(activity_id),
        line=there,
        form=form or stored,
        # Whoever is refused a field still edits what was seen first; whoever saw both versions edits the later one.
        seen=form.value("seen") if form and not more else there.mark,
        more=more,
        apart=_apart(stored, form) if form and more else [],
        **_words(),
    )


def _apart(stored: Form, form: Form) -> list[tuple[str, str, str]]:
    """Return in which fields two versions differ: the field in words, what is stored, what was typed."""
    organisations = {str(number): name for number, name in people.organisation_names()}
    choices = {
        "payer": rules_money.PAYERS, "stage": dict(STAGES), "form": dict(FORMS),
        "payer_id": organisations, "funder_id": organisations,
    }  # fmt: skip

    def said(version: Form, name: str) -> str:
        return choices.get(name, {}).get(version.value(name), version.value(name)) or "Nothing"

    different = [name for name in LABELS if stored.value(name) != form.value(name)]
    return [(LABELS[name], said(stored, name), said(form, name)) for name in different]


def _words() -> dict[str, object]:
    return {
        "payers": list(rules_money.PAYERS.items()),
        "payer_words": rules_money.PAYERS,
        "stages": STAGES,
        "forms": FORMS,
        "currencies": [(code, code) for code in currencies.codes()],
        "organisations": people.organisation_names(),
        "euros": lambda cents: currencies.exactly(cents, currencies.EURO),
        "rate_words": currencies.plain_rate,
        "day": lambda day: dates.day_label(day) if day else "",
        "most": uploads.most_words(),
    }


def _find(activity_id: int, line_id: int) -> LineView:
    for found in queries_money.lines_of(activity_id):
        if found.id == line_id:
            return found
    raise NotFound("We cannot find this page.")


def _filled(line: LineView) -> Form:
    """Return the form of a line that is there."""
    return Form(
        {
            "payer": line.payer,
            "payer_id": str(line.payer_id or ""),
            "funder_id": str(line.funder_id or ""),
            "form": "in_kind" if line.in_kind else "cash",
            "stage": line.stage,
            "amount": currencies.plain(line.amount_minor, line.currency),
            "currency": line.currency,
            "rate": currencies.plain_rate(line.rate_millionths) if line.rate_millionths else "",
            "rate_on": str(line.rate_on or ""),
            "booked_on": str(line.booked_on or ""),
            "note": line.note or "",
        }
    )


def _line(form: Form) -> TypedLine:
    """Return what was typed, with the choices and days read.

    Raises:
        Invalid: a choice is none of those offered, or a day is none; amounts are read by the act.
    """
    faults = {}
    if form.value("payer") not in set(Payer):
        faults["payer"] = "Choose who pays"
    if form.value("stage") not in set(MoneyStage):
        faults["stage"] = "Choose how sure it is"
    days: dict[str, date | None] = {"rate_on": None, "booked_on": None}
    for name in days:
        try:
            days[name] = date.fromisoformat(form.value(name)[:LONGEST_DAY]) if form.value(name) else None
        except ValueError:
            faults[name] = "Enter a day like 2026-11-21"
    if faults:
        raise Invalid(faults)
    return TypedLine(
        payer=Payer(form.value("payer")),
        stage=MoneyStage(form.value("stage")),
        amount=form.value("amount"),
        currency=form.value("currency") or currencies.EURO,
        in_kind=form.value("form") == "in_kind",
        payer_id=_number(form.value("payer_id")),
        funder_id=_number(form.value("funder_id")),
        rate=form.value("rate"),
        rate_on=days["rate_on"],
        booked_on=days["booked_on"],
        note=form.value("note"),
    )


def _number(text: str) -> int | None:
    """Return the number of an organisation; what is none of ours becomes a number that nobody has."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("2147483647") else 0
