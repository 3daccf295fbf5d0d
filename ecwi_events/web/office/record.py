"""The office edits the record of an activity; of two people who do so at once, the second one sees both versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, links
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people import queries as people
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import invitations, record
from ecwi_events.programme import queries as programme
from ecwi_events.programme.service import key_of
from ecwi_events.registration import copying
from ecwi_events.web import identity, record_form, record_words
from ecwi_events.web.office import journal as office_journal

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.web.record_form import RecordForm

LONGEST_WORD = 40

blueprint = flask.Blueprint(
    "office_record", __name__, url_prefix="/office/activities/<int(max=2147483647):activity_id>"
)


@blueprint.get("/edit")
def edit(activity_id: int) -> ResponseReturnValue:
    """Show the whole record in one form."""
    return _form_page(activity_id, record_form.of(*record.get_record(activity_id)))


@blueprint.post("/edit")
def save(activity_id: int) -> ResponseReturnValue:
    """Save the record, show what is wrong, or show what somebody else has saved in the meantime."""
    stored = record_form.of(*record.get_record(activity_id))
    form = record_form.read()
    form = form.taking(stored, _chosen("theirs"))
    act = flask.request.form.get("act", "save")
    if act in {"row", "again"}:
        return _form_page(activity_id, form)
    if form.revision != stored.revision:
        form = form.merged(stored)
        if form.conflicts(stored):
            return _conflict_page(activity_id, form, stored), 409
        form = form.on_top_of(stored)
    try:
        with transaction():
            changed = record.edit_activity(activity_id, form.parse(), revision=form.revision, now=clock.utc_now())
    except Invalid as invalid:
        return _form_page(activity_id, form.wrong(invalid)), 422
    except Refused as refused:
        if refused.code != record.EDITED:
            raise
        stored = record_form.of(*record.get_record(activity_id))
        return _conflict_page(activity_id, form.merged(stored), stored), 409
    flask.flash("Saved." if changed else "Nothing was different.")
    return flask.redirect(flask.url_for("office.activity", activity_id=activity_id), 303)


@blueprint.post("/invitation")
def renew_link(activity_id: int) -> ResponseReturnValue:
    """Make a new invitation link; the old one stops working."""
    with transaction():
        invitations.renew_link(activity_id, now=clock.utc_now())
    flask.flash("There is a new invitation link. The old one no longer works.")
    return flask.redirect(flask.url_for("office_record.edit", activity_id=activity_id) + "#invitation", 303)


@blueprint.post("/duplicate")
def duplicate(activity_id: int) -> ResponseReturnValue:
    """Make next year's draft from an activity; the same form makes one, however often it is sent."""
    who, once = identity.present(), flask.request.form.get("once", "")[:LONGEST_WORD]
    key = key_of(once)
    copy_id = programme.find_by_key(key) if key else None
    if copy_id is None:
        with transaction():
            copy_id = copying.duplicate_activity(
                activity_id, once=once, by_person_id=who.person_id if who else None, now=clock.utc_now()
            )
    flask.flash("This is the draft for the next year. Look at the days, then publish it.")
    return flask.redirect(flask.url_for("office.activity", activity_id=copy_id), 303)


def _chosen(whose: str) -> list[str]:
    return [name for name in record_form.FIELDS if flask.request.form.get(f"choose-{name}") == whose]


def _form_page(activity_id: int, form: RecordForm) -> str:
    token = invitations.find_token(activity_id)
    return flask.render_template(
        "office/edit_activity.html",
        nav="office",
        activity={"id": activity_id, "title": record.get_record(activity_id)[0].title},
        form=form,
        empty_rows=record_form.EMPTY_ROWS,
        words=record_words,
        languages=record_words.by_name(LANGUAGES),
        organisations=people.organisation_names(),
        link=links.absolute(flask.url_for("seeing.invitation", token=token)) if token else "",
    )


def _conflict_page(activity_id: int, form: RecordForm, stored: RecordForm) -> str:
    names = dict(people.organisation_names())
    history = office_journal.history(("activity", [activity_id]))
    return flask.render_template(
        "office/edit_conflict.html",
        nav="office",
        activity={"id": activity_id, "title": stored.value("title")},
        form=form,
        stored=stored,
        fields=[
            {
                "name": name,
                "label": record_words.LABELS[name],
                "mine": record_words.shown(form, name, names),
                "theirs": record_words.shown(stored, name, names),
            }
            for name in form.conflicts(stored)
        ],
        last=history[0] if history else None,
        one=record_form.ONE,
        several=record_form.SEVERAL,
    )
