"""What an activity is made of besides its sessions, and the wording of its lines; for the office and hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import flask

from ecwi_events.attendance import queries as attendance
from ecwi_events.kernel import clock, countries
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme import components, schedule, wording
from ecwi_events.programme.components import NewComponent, Period, Wordings
from ecwi_events.programme.models import ComponentKind
from ecwi_events.web import hosting
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.sessions.rows import FORMATS, is_number

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.programme.schedule import Plan

blueprint = flask.Blueprint("components", __name__)

KINDS = [
    *((value, words if value != "in_person_session" else "In-person session") for value, words in FORMATS),
    (ComponentKind.TRANSLATION.value, "Translation"),
]
MONTHS = ("period_start", "period_end")
OWN = ("period_wording", "structure_wording", "structure_note", "participants_note")
_A_MONTH = re.compile(r"((?:19|20)[0-9]{2})-(0?[1-9]|1[0-2])")
ROW = ("kind", "count", "minutes_each", "destination", "planned")


@dataclass(frozen=True)
class ComponentsForm(Form):
    """What was typed; ``rows`` are the numbers of the components' rows, ``act`` is the button."""

    rows: range = range(0)
    act: str = ""

    def parse(self) -> tuple[list[NewComponent], Wordings]:
        """Return the facts of the form.

        Raises:
            Invalid: something is no number.
        """
        faults: dict[str, str] = {}
        parts = [part for number in self.rows if (part := self._part(number, faults))]
        if faults:
            raise Invalid(faults)
        return parts, Wordings(**{name: self.value(name) for name in OWN})

    def period(self) -> Period:
        """Return the typed months.

        Raises:
            Invalid: something is no month.
        """
        months = {name: _month(self.value(name)) for name in MONTHS}
        if wrong := [name for name, month in months.items() if month is None and self.value(name)]:
            raise Invalid(dict.fromkeys(wrong, "Enter a year and a month, like 2027-05"))
        return Period(months["period_start"], months["period_end"])

    def wrong(self, error: Invalid) -> ComponentsForm:
        """Return the form with the sentences of a room's no."""
        return replace(self, faults=error.fields)

    def _part(self, number: int, faults: dict[str, str]) -> NewComponent | None:
        row = {name: self.value(f"components-{number}-{name}") for name in ROW}
        if row["kind"] not in set(ComponentKind):
            faults[f"components-{number}-kind"] = "Choose one from the list"
            return None
        for name in ("count", "minutes_each"):
            if row[name] and not is_number(row[name]):
                faults[f"components-{number}-{name}"] = "Enter a number, or leave it empty"
                return None
        return NewComponent(
            ComponentKind(row["kind"]),
            int(row["count"]) if row["count"] else None,
            int(row["minutes_each"]) if row["minutes_each"] else None,
            row["destination"] or None,
            is_planned_only=bool(row["planned"]),
        )


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/components")
def index(activity_id: int) -> ResponseReturnValue:
    """Show the components and the wordings in one form."""
    found, plan = hosting.own_activity(activity_id), find_plan(activity_id)
    return _page(found, plan, _of_plan(plan))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/components")
def save(activity_id: int) -> ResponseReturnValue:
    """Add a row, or save; the page shows the lines that follow."""
    found, form = hosting.own_activity(activity_id), _read()
    if form.act == "row":
        return _page(found, find_plan(activity_id), form)
    try:
        _save(activity_id, form)
    except Invalid as invalid:
        return _page(found, find_plan(activity_id), form.wrong(invalid)), 422
    except Refused as refused:
        return _page(found, find_plan(activity_id), form, more=refused.message), 409
    flask.flash("Saved.")
    return flask.redirect(flask.url_for("components.index", activity_id=activity_id), 303)


def _save(activity_id: int, form: ComponentsForm) -> None:
    (parts, own), seen = form.parse(), form.value("revision")
    period = form.period() if find_plan(activity_id).takes_period else None
    revision = int(seen) if is_number(seen) else None
    with transaction():
        components.change_components(activity_id, parts, own, period=period, revision=revision, now=clock.utc_now())


def find_plan(activity_id: int) -> Plan:
    """Return what the lines of an activity are made of.

    Raises:
        NotFound: there is no such activity.
    """
    plan = schedule.find_plan(activity_id)
    if plan is None:
        raise NotFound("We cannot find this page.")
    return plan


def participants(plan: Plan) -> str:
    """Return the line of the participants, from the people who were present so far."""
    people = wording.People(attendance.people_present(plan.activity_id), note=plan.participants_note)
    return wording.participants_line(people, plan.status)


def _of_plan(plan: Plan) -> ComponentsForm:
    values = {name: getattr(plan, name) or "" for name in OWN} | {"revision": str(plan.revision)}
    values |= {name: f"{month:%Y-%m}" if (month := getattr(plan, name)) else "" for name in MONTHS}
    for number, part in enumerate(plan.components):
        values |= {
            f"components-{number}-kind": part.kind.value,
            f"components-{number}-count": str(part.count or ""),
            f"components-{number}-minutes_each": str(part.minutes_each or ""),
            f"components-{number}-destination": part.destination or "",
            f"components-{number}-planned": "yes" if part.is_planned_only else "",
        }
    return ComponentsForm(values, rows=range(len(plan.components)))


def _month(text: str) -> date | None:
    found = _A_MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _read() -> ComponentsForm:
    asked = flask.request.form
    count = int(asked["rows"]) if is_number(asked.get("rows", "")) else 0
    rows = [typed(*(f"components-{n}-{name}" for name in ROW)) for n in range(min(count, components.MOST_COMPONENTS))]
    chosen = [
        {name: row.value(f"components-{n}-{name}") for name in ROW}
        for n, row in enumerate(rows)
        if row.value(f"components-{n}-kind")
    ]
    act = asked.get("act", "")
    if act == "row" and len(chosen) < components.MOST_COMPONENTS:
        chosen.append({"kind": ComponentKind.STUDY_VISIT.value})
    values = dict(typed(*OWN, *MONTHS, "revision").values)
    for number, row in enumerate(chosen):
        values |= {f"components-{number}-{name}": text for name, text in row.items()}
    return ComponentsForm(values, rows=range(len(chosen)), act=act)


def _page(found: ActivityPage, plan: Plan, form: ComponentsForm, *, more: str = "") -> str:
    return flask.render_template(
        "host/components.html",
        nav="office" if hosting.who_asks().reads_office else "host",
        activity=found,
        plan=plan,
        participants=participants(plan),
        form=form,
        more=more,
        kinds=KINDS,
        countries=sorted(countries.NAMES.items(), key=lambda pair: pair[1]),
    )
