"""The office's pages of the overview: compile in the background, review each figure with its records, publish."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import flask
from markupsafe import Markup

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.overview import html, printing, queries, rules, sent_in, service
from ecwi_events.overview.models import EditionState, RunState
from ecwi_events.overview.presentation import KINDS
from ecwi_events.programme import queries as programme
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.overview.editions import as_file

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.overview.models import Edition

blueprint = flask.Blueprint("office_overview", __name__, url_prefix="/office/overview")

REFRESH_SECONDS = "2"
ID = "int(max=2147483647)"
RECORD_KINDS = {
    "activity": "Activities", "session": "Sessions", "organisation": "Organisations", "presence": "People present",
    "person": "People", "money_line": "Budget lines", "declared": "Declared figures",
}  # fmt: skip


@blueprint.get("")
def years() -> ResponseReturnValue:
    """List the years, each with where its overview stands."""
    this_year = clock.utc_now().year
    listed = sorted({*programme.years(), *queries.published_years(), this_year, this_year - 1}, reverse=True)
    rows = [(year, queries.latest_edition(year), queries.published_edition(year)) for year in listed]
    return flask.render_template("office/overview_years.html", nav="office", rows=rows)


@blueprint.get("/<int(max=9999):year>")
def year(year: int) -> ResponseReturnValue:
    """Show the tasks of a year, the form that starts a compile, and the editions."""
    if refusal := rules.year_refusal(year):
        raise NotFound(refusal)
    return _year_page(year, Form({"as_of": _today().isoformat()}))


@blueprint.post("/<int(max=9999):year>/compile")
def compile_year(year: int) -> ResponseReturnValue:
    """Start a compile, or join the one that is under way."""
    who, now, form = identity.present(), clock.utc_now(), typed("as_of")
    try:
        as_of = _as_of(form.value("as_of"))
        with transaction():
            run_id = service.start_compile(year, as_of, who.person_id if who else None, now=now)
    except Invalid as invalid:
        return _year_page(year, form.wrong(invalid)), 422
    return flask.redirect(flask.url_for("office_overview.run", year=year, run_id=run_id), 303)


@blueprint.get(f"/<int(max=9999):year>/runs/<{ID}:run_id>")
def run(year: int, run_id: int) -> ResponseReturnValue:
    """Show how far a compile is; the page loads itself again until it is over."""
    found = queries.find_run(run_id)
    if found is None or found.year != year:
        raise NotFound("We cannot find this page.")
    under_way = found.state in queries.UNDER_WAY
    page = flask.render_template(
        "office/overview_run.html",
        nav="office",
        year=year,
        run=found,
        under_way=under_way,
        has_failed=found.state is RunState.FAILED,
        edition=queries.edition_of_run(run_id),
        asked=_moment(found.requested_at),
        as_of=_day(found.as_of),
    )
    return (page, 200, {"Refresh": REFRESH_SECONDS}) if under_way else page


@blueprint.get(f"/editions/<{ID}:edition_id>")
def edition(edition_id: int) -> ResponseReturnValue:
    """Show an edition for review: each figure, how it was counted, and what stops or worries."""
    return _review_page(queries.get_edition(edition_id))


@blueprint.get(f"/editions/<{ID}:edition_id>/figures/<figure_id>")
def records(edition_id: int, figure_id: str) -> ResponseReturnValue:
    """List exactly the records that a figure was counted from."""
    found = queries.get_edition(edition_id)
    behind = queries.records_behind(edition_id, figure_id)
    figure = next(figure for figure in queries.contents(found)["figures"] if figure["id"] == figure_id)
    kinds: dict[str, list[queries.Record]] = {}
    for record in behind:
        kinds.setdefault(record.kind, []).append(record)
    return flask.render_template(
        "office/overview_records.html",
        nav="office",
        edition=found,
        figure=figure,
        groups=[(RECORD_KINDS.get(kind, kind), kind, rows) for kind, rows in kinds.items()],
        number=len(behind),
        kinds=KINDS,
    )


@blueprint.post(f"/editions/<{ID}:edition_id>/publish")
def publish(edition_id: int) -> ResponseReturnValue:
    """Show an edition to everybody, or say what stops that."""
    who, now = identity.present(), clock.utc_now()
    found = queries.get_edition(edition_id)
    # Rendered before the transaction, because it takes a while; a compile leaves it ready.
    body = queries.output(edition_id, "pdf") or printing.render_pdf(queries.contents(found))
    try:
        with transaction():
            service.publish(edition_id, who.person_id if who else None, now=now)
            service.store_output(edition_id, "pdf", body)
    except Refused as refused:
        return _review_page(queries.get_edition(edition_id), more=refused.message), 409
    flask.flash(f"Edition {found.number} of the overview {found.year} is published.")
    return flask.redirect(flask.url_for("overview.year", year=found.year), 303)


@blueprint.get(f"/editions/<{ID}:edition_id>/page")
def preview(edition_id: int) -> ResponseReturnValue:
    """Show an edition as its readers will see it."""
    found = queries.get_edition(edition_id)
    snapshot = queries.contents(found)
    body = Markup(html.render_edition(snapshot, standalone=False, draft=_is_draft(found)))  # noqa: S704 - our template
    return flask.render_template("office/overview_preview.html", nav="office", edition=found, body=body)


@blueprint.get(f"/editions/<{ID}:edition_id>.pdf")
def pdf(edition_id: int) -> ResponseReturnValue:
    """Hand out the PDF of any edition, a draft included."""
    found = queries.get_edition(edition_id)
    body = printing.render_pdf(queries.contents(found), draft=_is_draft(found))
    return as_file(body, "application/pdf", _file_name(found, "pdf"), keep=False)


@blueprint.get(f"/editions/<{ID}:edition_id>.json")
def snapshot(edition_id: int) -> ResponseReturnValue:
    """Hand out the whole snapshot of any edition, records included: for the office only."""
    found = queries.get_edition(edition_id)
    return as_file(found.snapshot.encode(), "application/json", _file_name(found, "json"), keep=False)


def _year_page(year: int, form: Form) -> str:
    made = queries.editions(year)
    under_way, last = queries.run_under_way(year), queries.last_run(year)
    latest = queries.latest_edition(year)
    errors, warnings = _remarks(latest)
    return flask.render_template(
        "office/overview_year.html",
        nav="office",
        year=year,
        form=form,
        editions=[(one, _moment(one.compiled_at), _moment(one.published_at)) for one in made],
        latest=latest,
        is_draft=latest is not None and _is_draft(latest),
        errors=errors,
        warnings=warnings,
        under_way=under_way,
        failed=last if last is not None and last.state is RunState.FAILED else None,
        activities=programme.activities_of_year(year),
        zone=dates.city(_zone()),
        waiting=sum(len(items) for items in sent_in.waiting_of_year(year).values()),
    )


def _review_page(found: Edition, more: str = "") -> str:
    snapshot = queries.contents(found)
    errors, warnings = _remarks(found)
    return flask.render_template(
        "office/overview_edition.html",
        nav="office",
        edition=found,
        is_draft=_is_draft(found),
        figures=snapshot["figures"],
        kinds=KINDS,
        errors=errors,
        warnings=warnings,
        more=more,
        profiles=snapshot.get("profiles", []),
        compiled=_moment(found.compiled_at),
        published=_moment(found.published_at),
        as_of=_day(found.as_of),
    )


def _remarks(found: Edition | None) -> tuple[list[str], list[str]]:
    """Return what stops a publication, and what is only worth a look."""
    if found is None:
        return [], []
    snapshot = queries.contents(found)
    return (
        [remark["message"] for remark in snapshot.get("errors", [])],
        [remark["message"] for remark in snapshot.get("warnings", [])],
    )


def _is_draft(found: Edition) -> bool:
    return found.state is EditionState.DRAFT


def _file_name(found: Edition, ending: str) -> str:
    return f"pla-overview-{found.year}-edition-{found.number}.{ending}"


def _as_of(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid({"as_of": "Choose a date"}) from None


def _zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"


def _today() -> date:
    return clock.utc_now().astimezone(dates.zone_info(_zone())).date()


def _moment(at: datetime | None) -> str:
    return dates.moment(at, _zone(), now=clock.utc_now()) if at else ""


def _day(on: date) -> str:
    return f"{on.day} {dates.MONTHS[on.month - 1]} {on.year}"
