"""The office's page of one organisation: facts, names, membership, host people, and merging."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people import membership, merging, organisations, queries, rules
from ecwi_events.people.models import MembershipClass, MergeOf
from ecwi_events.programme import merging as merges
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.office import journal as office_journal
from ecwi_events.web.office.organisations import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("office_organisation", __name__, url_prefix="/office/organisations")

CLASSES = [(MembershipClass.FULL.value, "Full"), (MembershipClass.AFFILIATE.value, "Affiliate")]
LONGEST_DAY = len("2026-11-21")


@blueprint.get("/<int(max=2147483647):organisation_id>")
def page(organisation_id: int) -> ResponseReturnValue:
    """Show an organisation; one that was merged leads to the one that is left."""
    if organisations.get_organisation(organisation_id).merged_into_id:
        flask.flash("This record was merged. This is the record that is left.")
        left = merging.left_organisation_id(organisation_id)
        return flask.redirect(flask.url_for(".page", organisation_id=left), 303)
    return _page(organisation_id)


@blueprint.post("/<int(max=2147483647):organisation_id>")
def save(organisation_id: int) -> ResponseReturnValue:
    """Save name, kind and seat."""
    form = typed("name", "short_name", "kind", "country")
    new = organisations.Facts(*(form.value(name) for name in ("name", "short_name", "kind", "country")))
    return _do(
        organisation_id, "The organisation is saved.", form,
        lambda: organisations.change_facts(organisation_id, new, now=clock.utc_now()),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):organisation_id>/names")
def add_name(organisation_id: int) -> ResponseReturnValue:
    """Add another name."""
    form = typed("other_name", "language")
    name, language = form.value("other_name"), form.value("language")
    return _do(
        organisation_id, "The name is added.", form,
        lambda: organisations.add_name(organisation_id, name, language, now=clock.utc_now()),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):organisation_id>/names/<int(max=2147483647):name_id>/remove")
def remove_name(organisation_id: int, name_id: int) -> ResponseReturnValue:
    """Take a name away."""
    return _do(
        organisation_id, "The name is removed.", Form(),
        lambda: organisations.remove_name(organisation_id, name_id, now=clock.utc_now()),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):organisation_id>/memberships")
def add_spell(organisation_id: int) -> ResponseReturnValue:
    """Add a membership."""
    form = typed("class", "from_on", "to_on", "source")

    def add() -> None:
        membership_class, from_on, to_on = _spell(form)
        membership.add_spell(
            organisation_id, membership_class, from_on=from_on, to_on=to_on,
            source=form.value("source")[:200] or "the office", now=clock.utc_now(),
        )  # fmt: skip

    return _do(organisation_id, "The membership is added.", form, add)


@blueprint.post("/<int(max=2147483647):organisation_id>/memberships/<int(max=2147483647):spell_id>")
def change_spell(organisation_id: int, spell_id: int) -> ResponseReturnValue:
    """Change a membership, or take it out."""
    form, now = typed("class", "from_on", "to_on", "act"), clock.utc_now()

    def change() -> None:
        if form.value("act") == "remove":
            membership.remove_spell(organisation_id, spell_id, now=now)
            return
        membership_class, from_on, to_on = _spell(form)
        membership.change_spell(organisation_id, spell_id, membership_class, from_on=from_on, to_on=to_on, now=now)

    return _do(organisation_id, "The membership is saved.", form, change)


@blueprint.post("/<int(max=2147483647):organisation_id>/hosts")
def grant_host(organisation_id: int) -> ResponseReturnValue:
    """Let somebody act for the organisation."""
    form = typed("address")
    return _do(
        organisation_id, "This person can act as a host now.", form,
        lambda: organisations.grant_host(organisation_id, form.value("address"), now=clock.utc_now()),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):organisation_id>/hosts/<int(max=2147483647):person_id>/withdraw")
def withdraw_host(organisation_id: int, person_id: int) -> ResponseReturnValue:
    """Let somebody act for the organisation no longer."""
    return _do(
        organisation_id, "This person acts for the organisation no longer.", Form(),
        lambda: organisations.withdraw_host(organisation_id, person_id, now=clock.utc_now()),
    )  # fmt: skip


@blueprint.get("/<int(max=2147483647):organisation_id>/merge")
def preview_merge(organisation_id: int) -> ResponseReturnValue:
    """Show what would move from one organisation to the other."""
    kept_id, merged_id = organisation_id, _other(flask.request.args)
    return flask.render_template(
        "office/organisation_merge.html",
        nav="office",
        preview=merges.preview(kept_id, merged_id),
        kept=organisations.get_organisation(kept_id),
        merged=organisations.get_organisation(merged_id),
        day=_day_words,
    )


@blueprint.post("/<int(max=2147483647):organisation_id>/merge")
def merge(organisation_id: int) -> ResponseReturnValue:
    """Make one organisation of two."""
    kept_id, merged_id = organisation_id, _other(flask.request.form)
    who = identity.present()
    with transaction():
        by_person_id = who.person_id if who else None
        merges.merge_organisations(kept_id, merged_id, by_person_id=by_person_id, now=clock.utc_now())
    flask.flash("The two records are one now. You can undo this for 30 days.")
    return flask.redirect(flask.url_for(".page", organisation_id=kept_id), 303)


@blueprint.post("/merges/<int(max=2147483647):merge_id>/undo")
def undo_merge(merge_id: int) -> ResponseReturnValue:
    """Make two organisations of one again."""
    with transaction():
        undone = merges.undo_merge(merge_id, now=clock.utc_now())
    left = f" {undone.left_alone} records have changed since and stay as they are." if undone.left_alone else ""
    flask.flash(f"The merge is undone.{left}")
    return flask.redirect(flask.url_for(".page", organisation_id=undone.merged_id), 303)


def _other(values: Mapping[str, str]) -> int:
    text = values.get("other", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("2147483647") else 0


def _do(organisation_id: int, said: str, form: Form, act: Callable[[], object]) -> ResponseReturnValue:
    """Do one act and go back to the page, or show what is wrong."""
    try:
        with transaction():
            act()
    except Invalid as invalid:
        return _page(organisation_id, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(organisation_id, form, more=refused.message), 409
    flask.flash(said)
    return flask.redirect(flask.url_for(".page", organisation_id=organisation_id), 303)


def _spell(form: Form) -> tuple[MembershipClass, date | None, date | None]:
    wrong = {}
    if form.value("class") not in dict(CLASSES):
        wrong["class"] = "Choose full or affiliate"
    days = []
    for name in ("from_on", "to_on"):
        try:
            days.append(date.fromisoformat(form.value(name)[:LONGEST_DAY]) if form.value(name) else None)
        except ValueError:
            wrong[name] = "Enter a day like 2022-12-31"
    if wrong:
        raise Invalid(wrong)
    return MembershipClass(form.value("class")), days[0], days[1]


def _page(organisation_id: int, form: Form | None = None, *, more: str = "") -> str:
    organisation = organisations.get_organisation(organisation_id)
    now, form = clock.utc_now(), form or Form()
    facts = {
        "name": organisation.name,
        "short_name": organisation.short_name or "",
        "country": organisation.country or "",
    }
    return flask.render_template(
        "office/organisation.html",
        nav="office",
        organisation=organisation,
        form=Form({**facts, "kind": organisation.kind.value, **form.values}, form.faults),
        more=more,
        names=organisations.names_of(organisation_id),
        spells=membership.spells_of(organisation_id),
        hosts=organisations.host_people(organisation_id),
        people=organisations.number_of_people(organisation_id),
        merges=merging.merges_into(MergeOf.ORGANISATION, organisation_id, now=now),
        history=office_journal.history(("organisation", [organisation_id])),
        others=[(row_id, name) for row_id, name in queries.organisation_names() if row_id != organisation_id],
        kinds=KINDS,
        classes=CLASSES,
        languages=rules.LANGUAGES,
        countries=sorted(countries.NAMES.items(), key=lambda pair: pair[1]),
        day=_day_words,
    )


def _day_words(day: date | None) -> str:
    return dates.day_label(day) if day else ""
