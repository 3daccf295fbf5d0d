"""The office's pages about people: finding them, and making one of two records that are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.attendance import merging as merges
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound
from ecwi_events.kernel.text import normalise_address
from ecwi_events.mail import complaints, suppression
from ecwi_events.mail import queries as mails
from ecwi_events.people import addresses, merging, searching, settings
from ecwi_events.people.models import MergeOf, Role
from ecwi_events.registration import mine
from ecwi_events.reminders.merging import merge_people
from ecwi_events.web import identity
from ecwi_events.web.office import journal as office_journal
from ecwi_events.web.office.mails import sent_mail

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.searching import FoundPerson

blueprint = flask.Blueprint("office_people", __name__)

MAILS_SHOWN = 30
LONGEST_NUMBER = len("2147483647") - 1


@blueprint.get("/office/people")
def index() -> ResponseReturnValue:
    """Find people by a part of their name, organisation or address."""
    query = flask.request.args.get("q", "")[: searching.LONGEST_QUERY]
    beside = _number("beside")
    return flask.render_template(
        "office/people.html",
        nav="office",
        query=query,
        found=searching.search_people(query, page=max(1, _number("page"))),
        beside=searching.find_person(beside) if beside else None,
    )


@blueprint.get("/office/people/duplicates")
def duplicates() -> ResponseReturnValue:
    """Suggest records that may be one person; nothing is merged by itself."""
    return flask.render_template("office/people_duplicates.html", nav="office", pairs=searching.possible_duplicates())


@blueprint.get("/office/people/<int(max=2147483647):person_id>")
def person(person_id: int) -> ResponseReturnValue:
    """Show a person; a record that was merged leads to the one that is left."""
    profile = settings.get_profile(person_id)
    if profile.merged_into_id:
        flask.flash("This record was merged. This is the record that is left.")
        return flask.redirect(flask.url_for(".person", person_id=merging.left_person_id(person_id)), 303)
    now, own = clock.utc_now(), addresses.addresses_of(person_id)
    return flask.render_template(
        "office/people_person.html",
        nav="office",
        profile=profile,
        shown=_get(person_id),
        addresses=own,
        suppressed=suppression.among([one.address for one in own], now=now),
        normalise=normalise_address,
        complained_at=complaints.latest_of(person_id),
        mails=[sent_mail(row, now=now) for row in mails.mails_to(person_id, limit=MAILS_SHOWN)],
        earlier=settings.earlier_work(person_id),
        sign_ups=mine.sign_ups_of(person_id),
        merges=merging.merges_into(MergeOf.PERSON, person_id, now=now),
        history=office_journal.history(("person", [person_id])),
        day=lambda day: dates.day_label(day) if day else "",
    )


@blueprint.get("/office/people/<int(max=2147483647):kept_id>/merge/<int(max=2147483647):merged_id>")
def preview_merge(kept_id: int, merged_id: int) -> ResponseReturnValue:
    """Show what would move from one record to the other."""
    preview = merges.preview(kept_id, merged_id, by_administrator=_is_administrator())
    return flask.render_template(
        "office/people_merge.html",
        nav="office",
        kept=_get(kept_id),
        merged=_get(merged_id),
        preview=preview,
        kept_addresses=addresses.addresses_of(kept_id),
        merged_addresses=addresses.addresses_of(merged_id),
        earlier=settings.earlier_work(merged_id),
    )


@blueprint.post("/office/people/<int(max=2147483647):kept_id>/merge/<int(max=2147483647):merged_id>")
def merge(kept_id: int, merged_id: int) -> ResponseReturnValue:
    """Make one person of two."""
    with transaction():
        merge_people(kept_id, merged_id, by_person_id=_me(), by_administrator=_is_administrator(), now=clock.utc_now())
    flask.flash("The two records are one now. You can undo this for 30 days.")
    return flask.redirect(flask.url_for(".person", person_id=kept_id), 303)


@blueprint.post("/office/people/merges/<int(max=2147483647):merge_id>/undo")
def undo_merge(merge_id: int) -> ResponseReturnValue:
    """Make two people of one again."""
    with transaction():
        undone = merges.undo_merge(merge_id, now=clock.utc_now())
    left = f" {undone.left_alone} records have changed since and stay as they are." if undone.left_alone else ""
    flask.flash(f"The merge is undone.{left}")
    return flask.redirect(flask.url_for(".person", person_id=undone.merged_id), 303)


def _me() -> int | None:
    who = identity.present()
    return who.person_id if who else None


def _is_administrator() -> bool:
    who = identity.present()
    return who is not None and Role.ADMINISTRATOR in who.roles


def _get(person_id: int) -> FoundPerson:
    found = searching.find_person(person_id)
    if found is None:
        raise NotFound("We cannot find this person.")
    return found


def _number(name: str) -> int:
    text = flask.request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0
