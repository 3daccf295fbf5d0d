"""The office's page for what is typed in of one activity because no records hold it: period, participants."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.overview import declaring
from ecwi_events.overview.declaring import Declared
from ecwi_events.overview.models import Additive, Basis, Qualifier
from ecwi_events.programme import past_record
from ecwi_events.programme import queries as programme
from ecwi_events.programme.past_record import PastRecord
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint(
    "office_declared", __name__, url_prefix="/office/activities/<int(max=2147483647):activity_id>/declared"
)

ROWS = range(4)
FIELDS = (
    "past", "period_start", "period_end", "open_end", "resources_heading", "source", "note", "qualifier", "basis",
    "additive", "as_of", *(f"{name}-{row}" for row in ROWS for name in ("label", "value")),
)  # fmt: skip
QUALIFIERS = [
    ("exact", "Exactly"),
    ("at_least", "At least"),
    ("more_than", "More than"),
    ("over", "Over"),
    ("about", "About"),
]
BASES = [
    ("unspecified", "It is not said"), ("people", "People, each once"),
    ("attendances", "Attendances, people more than once"), ("registrations", "People who signed up"),
]  # fmt: skip
ADDITIVES = [("unknown", "It is not said"), ("yes", "Nobody is in two groups"), ("no", "Somebody may be in two groups")]
LONGEST_MONTH, LONGEST_DAY, LONGEST_NUMBER = len("2026-11"), len("2026-11-21"), 9


@blueprint.get("")
def page(activity_id: int) -> ResponseReturnValue:
    """Show what is typed in."""
    return _page(activity_id)


@blueprint.post("")
def save(activity_id: int) -> ResponseReturnValue:
    """Take it over."""
    form, now = typed(*FIELDS), clock.utc_now()
    try:
        record, declared = _record(form), _declared(form)
        with transaction():
            past_record.change_past_record(activity_id, record, now=now)
            declaring.declare_participants(activity_id, declared, now=now)
    except Invalid as invalid:
        return _page(activity_id, form.wrong(invalid)), 422
    flask.flash("Saved.")
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


def _page(activity_id: int, form: Form | None = None) -> str:
    found = programme.find_activity(activity_id)
    if found is None:
        raise NotFound("We cannot find this page.")
    return flask.render_template(
        "office/declared.html",
        nav="office",
        activity=found,
        form=form or _filled(activity_id),
        rows=ROWS,
        qualifiers=QUALIFIERS,
        bases=BASES,
        additives=ADDITIVES,
    )


def _filled(activity_id: int) -> Form:
    record, rows = past_record.past_record_of(activity_id), declaring.declared_of(activity_id)
    values = {
        "past": "" if record.records_complete else "yes",
        "period_start": f"{record.period_start:%Y-%m}" if record.period_start else "",
        "period_end": f"{record.period_end:%Y-%m}" if record.period_end else "",
        "open_end": "yes" if record.open_end else "",
        "resources_heading": record.resources_heading,
    }
    for number, row in enumerate(rows[: len(ROWS)]):
        values |= {f"label-{number}": row.label, f"value-{number}": str(row.value)}
    if rows:
        first = rows[0]
        values |= {
            "source": first.source, "note": first.note or "", "qualifier": first.qualifier.value,
            "basis": first.basis.value, "additive": first.additive.value, "as_of": str(first.as_of or ""),
        }  # fmt: skip
    return Form(values)


def _record(form: Form) -> PastRecord:
    months: dict[str, date | None] = {"period_start": None, "period_end": None}
    for name in months:
        if text := form.value(name):
            try:
                months[name] = date.fromisoformat(f"{text[:LONGEST_MONTH]}-01")
            except ValueError:
                raise Invalid({name: "Enter a month like 2022-05"}) from None
    return PastRecord(
        records_complete=not form.value("past"),
        period_start=months["period_start"],
        period_end=months["period_end"],
        open_end=bool(form.value("open_end")),
        resources_heading=form.value("resources_heading"),
    )


def _declared(form: Form) -> Declared:
    faults: dict[str, str] = {}
    parts, as_of = _parts(form, faults), None
    for name, states in (("qualifier", Qualifier), ("basis", Basis), ("additive", Additive)):
        if form.value(name) and form.value(name) not in set(states):
            faults[name] = "Choose one from the list"
    if form.value("as_of"):
        try:
            as_of = date.fromisoformat(form.value("as_of")[:LONGEST_DAY])
        except ValueError:
            faults["as_of"] = "Enter a day like 2022-12-31"
    if faults:
        raise Invalid(faults)
    return Declared(
        parts=parts,
        source=form.value("source"),
        note=form.value("note"),
        qualifier=Qualifier(form.value("qualifier") or Qualifier.EXACT),
        basis=Basis(form.value("basis") or Basis.UNSPECIFIED),
        additive=Additive(form.value("additive") or Additive.UNKNOWN),
        as_of=as_of,
    )


def _parts(form: Form, faults: dict[str, str]) -> list[tuple[str, int]]:
    parts = []
    for row in ROWS:
        label, value = form.value(f"label-{row}"), form.value(f"value-{row}")
        if value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
            parts.append((label, int(value)))
        elif value or label:
            faults[f"value-{row}"] = "Enter a whole number of people"
    return parts
