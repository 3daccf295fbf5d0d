"""The office's list of organisations: searching, typed names that wait to be matched, files in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import file_imports, matching, organisation_rows, organisations, spreadsheets
from ecwi_events.people import service as people
from ecwi_events.people.exchange import Verdict
from ecwi_events.people.models import OrganisationKind
from ecwi_events.web import identity, uploads
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("office_organisations", __name__)

KINDS = [
    (OrganisationKind.BODY.value, "Organisation"),
    (OrganisationKind.SECRETARIAT.value, "Secretariat"),
    (OrganisationKind.FUNDER.value, "Funder"),
    (OrganisationKind.PROJECT.value, "Project"),
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/office/organisations")
def index() -> ResponseReturnValue:
    """List all organisations, or those with a word in one of their names."""
    return _list_page()


@blueprint.post("/office/organisations")
def create() -> ResponseReturnValue:
    """Make a new organisation."""
    form = typed("name", "country")
    new = organisations.Facts(form.value("name"), country=form.value("country"))
    if wrong := organisations.faults(new):
        return _list_page(Form(form.values, wrong)), 422
    try:
        with transaction():
            key = matching.free_key(new.name)
            organisation_id = people.create_organisation(
                new.name, country=new.country or None, key=key, now=clock.utc_now()
            )
    except Refused as refused:
        return _list_page(Form(form.values, {"name": refused.message})), 409
    flask.flash("The organisation is here now.")
    return flask.redirect(flask.url_for("office_organisation.page", organisation_id=organisation_id), 303)


@blueprint.get("/office/organisations/export.<any(csv, xlsx):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Give all organisations as a file."""
    rows = organisation_rows.export_rows()
    if kind == "csv":
        content, mimetype = spreadsheets.write_csv(organisation_rows.COLUMNS, rows), "text/csv"
    else:
        content, mimetype = spreadsheets.write_xlsx("Organisations", organisation_rows.COLUMNS, rows), XLSX
    name = f"organisations-{clock.utc_now():%Y-%m-%d}.{kind}"
    return flask.Response(content, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@blueprint.get("/office/organisations/to-match")
def to_match() -> ResponseReturnValue:
    """Show the names that people typed and nobody has found yet."""
    return _match_page()


@blueprint.post("/office/organisations/to-match")
def match() -> ResponseReturnValue:
    """Say what a typed name means: this organisation, a new one, or nothing more than text."""
    form, now = typed("folded", "act"), clock.utc_now()
    try:
        said = _match(form, now=now)
    except (Invalid, Refused) as error:
        return _match_page(error.message), 409
    flask.flash(said)
    return flask.redirect(flask.url_for(".to_match"), 303)


@blueprint.get("/office/organisations/import")
def choose_file() -> ResponseReturnValue:
    """Ask for a file."""
    return flask.render_template(
        "office/organisation_file.html", nav="office", columns=organisation_rows.COLUMNS, faults={}
    )


@blueprint.post("/office/organisations/import")
def read_file() -> ResponseReturnValue:
    """Read a file and go on to what it would do."""
    content = uploads.small("file", most_bytes=spreadsheets.LARGEST_FILE) or b""
    name = flask.request.files["file"].filename or "" if content else ""
    try:
        with transaction():
            import_id = file_imports.keep_file(name, content, by_person_id=_me(), now=clock.utc_now())
    except Refused as refused:
        faults = {"file": refused.message}
        page = flask.render_template(
            "office/organisation_file.html", nav="office", columns=organisation_rows.COLUMNS, faults=faults
        )
        return page, 422
    return flask.redirect(flask.url_for(".preview_file", import_id=import_id), 303)


@blueprint.get("/office/organisations/import/<int(max=2147483647):import_id>")
def preview_file(import_id: int) -> ResponseReturnValue:
    """Show what a file would do; nothing is changed by looking."""
    return _preview_page(import_id)


@blueprint.post("/office/organisations/import/<int(max=2147483647):import_id>")
def take_over_file(import_id: int) -> ResponseReturnValue:
    """Take a file over: all of it, or nothing."""
    choices = _choices()
    try:
        with transaction():
            done = file_imports.take_over(import_id, choices, by_person_id=_me(), now=clock.utc_now())
    except Refused as refused:
        return _preview_page(import_id, choices, more=refused.message), 409
    flask.flash(f"The file is taken over: {done['new']} new rows, {done['changed']} changed, {done['same']} as before.")
    return flask.redirect(flask.url_for(".index"), 303)


def _me() -> int:
    who = identity.present()
    assert who is not None  # noqa: S101 - the access table lets nobody else in
    return who.person_id


def _list_page(form: Form | None = None) -> str:
    query = flask.request.args.get("q", "")[:200]
    return flask.render_template(
        "office/organisations.html",
        nav="office",
        query=query,
        cards=organisations.organisations(on=clock.utc_now().date(), query=query),
        to_match=matching.number_to_match(),
        form=form or Form(),
        country=countries.label,
        countries=sorted(countries.NAMES.items(), key=lambda pair: pair[1]),
        kinds=dict(KINDS),
    )


def _match_page(more: str = "") -> str:
    asked = flask.request.args.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("10000") else 1
    names, total = matching.names_to_match(page=max(1, page))
    return flask.render_template(
        "office/organisations_to_match.html",
        nav="office",
        names=names,
        total=total,
        page=max(1, page),
        pages=max(1, -(-total // matching.ON_A_PAGE)),
        all_names=organisations.organisations(on=clock.utc_now().date()),
        more=more,
    )


def _match(form: Form, *, now: datetime) -> str:
    folded, act = form.value("folded"), form.value("act")
    with transaction():
        if act == "leave":
            matching.leave_as_text(folded, by_person_id=_me(), now=now)
            return "It stays as text."
        if act == "new":
            matching.make_new(folded, country=None, now=now)
            return "The organisation is here now, with its people."
        if not (act.isascii() and act.isdigit() and len(act) < len("2147483647")):
            raise NotFound("We cannot find this organisation.")
        number = matching.take_as(folded, int(act), now=now)
        return f"{number} {'person belongs' if number == 1 else 'people belong'} to this organisation now."


def _choices() -> dict[int, str]:
    found = {}
    for name, value in flask.request.form.items():
        kind, _, line = name.partition("-")
        if kind == "row" and line.isascii() and line.isdigit() and len(line) < len("100000"):
            found[int(line)] = value[:20]
    return found


def _preview_page(import_id: int, choices: dict[int, str] | None = None, *, more: str = "") -> str:
    file_name, plan = file_imports.plan_of(import_id, choices, by_person_id=_me())
    return flask.render_template(
        "office/organisation_file_preview.html",
        nav="office",
        import_id=import_id,
        file_name=file_name,
        plan=plan,
        count=plan.count,
        Verdict=Verdict,
        chosen=choices or {},
        more=more,
    )
