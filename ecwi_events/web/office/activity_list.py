"""The office's start page: activities, narrowed down by a plain form whose address can be kept."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

import flask

from ecwi_events.programme import queries as programme
from ecwi_events.programme import queries_list, queries_proposals, rules
from ecwi_events.programme.models import ActivityKind, ActivityStatus, Theme
from ecwi_events.programme.queries_list import Wanted
from ecwi_events.registration import queries_places
from ecwi_events.web import record_words

if TYPE_CHECKING:
    from datetime import datetime

State = TypeVar("State", bound=StrEnum)

ON_A_PAGE = 50
ALL = "all"


def context(*, now: datetime) -> dict[str, Any]:
    """Return what the start page shows for what was asked in its address."""
    wanted, page = _wanted(now=now), _number("page") or 1
    found = queries_list.activities(wanted, limit=ON_A_PAGE, offset=(page - 1) * ON_A_PAGE)
    number = queries_list.number_of(wanted)
    kept: dict[str, Any] = {name: value for name, value in _asked(wanted).items() if value}
    return {
        "year": wanted.year,
        "asked": _asked(wanted),
        "is_filtered": wanted.is_filtered,
        "number": number,
        "drafts": [row for row in found if not rules.is_public(row.status)],
        "public": [row for row in found if rules.is_public(row.status)],
        "places": queries_places.places_taken([row.id for row in found]),
        "years": sorted({*programme.years(), now.year}, reverse=True),
        "kinds": record_words.KINDS,
        "themes": record_words.THEMES,
        "statuses": list(record_words.STATUSES.items()),
        "hosts": queries_list.hosts(),
        "proposals_waiting": queries_proposals.number_waiting(),
        "earlier": flask.url_for("office.index", **kept, page=page - 1) if page > 1 else "",
        "more": flask.url_for("office.index", **kept, page=page + 1) if number > page * ON_A_PAGE else "",
    }


def _wanted(*, now: datetime) -> Wanted:
    year = flask.request.args.get("year", "")
    return Wanted(
        year=None if year == ALL else _number("year") or now.year,
        kind=_one_of(ActivityKind, "kind"),
        status=_one_of(ActivityStatus, "status"),
        host_id=_number("host"),
        theme=_one_of(Theme, "theme"),
        is_incomplete=bool(flask.request.args.get("incomplete")),
    )


def _asked(wanted: Wanted) -> dict[str, str]:
    return {
        "year": str(wanted.year or ALL),
        "kind": wanted.kind or "",
        "status": wanted.status or "",
        "host": str(wanted.host_id or ""),
        "theme": wanted.theme or "",
        "incomplete": "1" if wanted.is_incomplete else "",
    }


def _one_of(states: type[State], name: str) -> State | None:
    """Return what is asked for by its name, or None for what is not known: then it asks nothing."""
    typed = flask.request.args.get(name, "")
    return states(typed) if typed in set(states) else None


def _number(name: str) -> int | None:
    typed = flask.request.args.get(name, "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) < len("10000000")
    return int(typed) if is_number else None
