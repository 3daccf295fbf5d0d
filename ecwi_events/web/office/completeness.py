"""The completeness board: which activity lacks what for the overview, who owes it, since when; and asking the hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.overview import asking, board
from ecwi_events.overview.completeness import Owner
from ecwi_events.programme import queries as programme
from ecwi_events.web.hosting import who_asks

if TYPE_CHECKING:
    from datetime import date, datetime

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint("office_completeness", __name__)

OWES = {"": "Everything", Owner.HOST.value: "What hosts owe", Owner.OFFICE.value: "What the office owes"}


@blueprint.get("/office/completeness")
def index() -> ResponseReturnValue:
    """Show the board of one year."""
    now = clock.utc_now()
    return _page(_year(now.year), now=now)


@blueprint.post("/office/completeness/<int(max=2147483647):organisation_id>")
def ask(organisation_id: int) -> ResponseReturnValue:
    """Ask one host for all that it owes; within a week of the last time, warn first."""
    now, again = clock.utc_now(), flask.request.form.get("again") == "yes"
    year = _year(now.year)
    try:
        with transaction():
            people = asking.ask_host(organisation_id, year, again=again, by_person_id=who_asks().person_id, now=now)
    except Refused as refused:
        lately = organisation_id if refused.code == "lately" else None
        return _page(year, now=now, more=refused.message, lately=lately), 409
    flask.flash(f"{people} {'person is' if people == 1 else 'people are'} asked by mail.")
    return flask.redirect(flask.url_for("office_completeness.index", year=year), 303)


def _page(year: int, *, now: datetime, more: str = "", lately: int | None = None) -> str:
    owes, zone = flask.request.args.get("owes", ""), _zone()
    hosts = board.board(year, zone=zone, now=now)
    gaps = [gap for host in hosts for line in host.lines for gap in line.gaps]
    return flask.render_template(
        "office/completeness.html",
        nav="office",
        year=year,
        years=sorted({*programme.years(), now.year, year}, reverse=True),
        hosts=hosts,
        owes=owes if owes in OWES else "",
        choices=OWES,
        total=len(gaps),
        by_hosts=sum(gap.owner is Owner.HOST for gap in gaps),
        complete=sum(not line.gaps for host in hosts for line in host.lines),
        activities=sum(len(host.lines) for host in hosts),
        waiting=sum(len(line.waiting) for host in hosts for line in host.lines),
        more=more,
        lately=lately,
        since=lambda day: _since(day, today=now.date()),
        when=lambda at: dates.moment(at, zone, now=now),
    )


def _since(day: date, *, today: date) -> str:
    days = (today - day).days
    return f"{day.day} {dates.MONTHS[day.month - 1]} {day.year}" + (f", {days} days" if days > 1 else "")


def _year(otherwise: int) -> int:
    asked = flask.request.values.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == len("2026") else otherwise


def _zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
