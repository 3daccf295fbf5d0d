"""The journal for the office and the auditor: who changed what, when and through which door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import flask

from ecwi_events.journal import queries, wording
from ecwi_events.journal.queries import Wanted
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.text import clean_line
from ecwi_events.people import queries as people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from ecwi_events.journal.queries import Entry

blueprint = flask.Blueprint("office_journal", __name__)

ON_A_PAGE = 50
ON_A_RECORD = 20
LONGEST_WORD = 320
LARGEST_ID = 2147483647
NOBODY_BY_THIS_NAME = -1
# Where a record of a kind has a page of its own.
PAGES = {
    "activity": ("office.activity", "activity_id"),
    "session": ("host.attendance", "session_id"),
    "edition": ("office_overview.edition", "edition_id"),
    "overview": ("office_overview.year", "year"),
    "person": ("office_people.person", "person_id"),
    "organisation": ("office_organisation.page", "organisation_id"),
}


@dataclass(frozen=True)
class Line:
    """An entry in words."""

    id: int
    at: str
    who: str
    actor: str
    door: str
    act: str
    record: str
    address: str
    changes: Sequence[str]


@blueprint.get("/office/journal")
def index() -> ResponseReturnValue:
    """Show the newest entries, or those that fit what was asked."""
    asked = {name: clean_line(flask.request.args.get(name, ""))[:LONGEST_WORD] for name in
             ("act", "subject", "id", "who", "actor", "day")}  # fmt: skip
    found = queries.search(_wanted(asked), older_than=_number(flask.request.args.get("older")), limit=ON_A_PAGE + 1)
    more: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return flask.render_template(
        "office/journal.html",
        nav="office",
        asked=asked,
        lines=lines(found[:ON_A_PAGE]),
        acts=[(name, wording.act(name)) for name in queries.acts()],
        subjects=[(name, wording.plain(name)) for name in queries.subjects()],
        older=flask.url_for("office_journal.index", **more, older=found[ON_A_PAGE - 1].id)
        if len(found) > ON_A_PAGE
        else "",
        newest=flask.url_for("office_journal.index", **more) if "older" in flask.request.args else "",
    )


def history(*records: tuple[str, Sequence[int]]) -> list[Line]:
    """Return what the page of a record says about its history: pairs of a kind and its ids."""
    return lines(queries.history(records, limit=ON_A_RECORD))


def lines(entries: Sequence[Entry]) -> list[Line]:
    """Put entries into words, with the names that people have today."""
    now, zone = clock.utc_now(), _zone()
    names = people.names_of({entry.person_id for entry in entries if entry.person_id is not None})
    return [
        Line(
            id=entry.id,
            at=dates.moment(entry.at, zone, now=now),
            who=_who(entry, names),
            actor=entry.actor or "",
            door=wording.DOORS[entry.door],
            act=wording.act(entry.act),
            record=f"{wording.plain(entry.subject)} {entry.subject_id}",
            address=_address(entry),
            changes=wording.changes(entry.before, entry.after),
        )
        for entry in entries
    ]


def _who(entry: Entry, names: dict[int, str]) -> str:
    if entry.actor is None:
        return wording.NOBODY[entry.door]
    if entry.person_id is None:
        return f"A person who was erased ({entry.actor[:8]})"
    return names.get(entry.person_id, "")


def _address(entry: Entry) -> str:
    endpoint, name = PAGES.get(entry.subject, ("", ""))
    if not endpoint:
        return ""
    values: dict[str, Any] = {name: entry.subject_id}
    return flask.url_for(endpoint, **values)


def _wanted(asked: dict[str, str]) -> Wanted:
    person = people.find_person_by_address(asked["who"]) if asked["who"] else None
    since = _midnight(asked["day"])
    return Wanted(
        act=asked["act"],
        subject=asked["subject"],
        subject_id=_number(asked["id"]),
        person_id=person.id if person else (NOBODY_BY_THIS_NAME if asked["who"] else None),
        actor=asked["actor"],
        since=since[0] if since else None,
        until=since[1] if since else None,
    )


def _midnight(typed: str) -> tuple[datetime, datetime] | None:
    """Return the beginning of a day in the office and that of the next; None for what is no day."""
    try:
        day = date.fromisoformat(typed)
        zone = dates.zone_info(_zone())
        return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        return None


def _number(typed: str | None) -> int | None:
    if not typed or not (typed.isascii() and typed.isdigit()) or int(typed[:12]) > LARGEST_ID:
        return None
    return int(typed)


def _zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
