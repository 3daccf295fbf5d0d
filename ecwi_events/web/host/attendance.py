"""The hosts' pages: which sessions need them, and who was there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import flask

from ecwi_events.attendance import finishing, queries, rules, service
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.kernel.text import fold
from ecwi_events.programme import queries as programme
from ecwi_events.programme import queries_hosted
from ecwi_events.web import times
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import may_change, may_open, who_asks

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.attendance.queries import Roster, RosterRow
    from ecwi_events.programme.queries import ActivityCard, SessionView

blueprint = flask.Blueprint("host", __name__)

LOOK_BACK = timedelta(days=120)
SHOWS = {"open": "Not marked", "all": "Everyone", "present": "Present", "absent": "Absent", "excused": "Excused"}


@blueprint.get("/host")
def index() -> ResponseReturnValue:
    """List what the host has today, what comes, and what is still to settle."""
    now, who = clock.utc_now(), who_asks()
    hosting = None if who.reads_office else sorted(who.host_of)
    pairs = programme.hosted_sessions(hosting, since=now - LOOK_BACK)
    marked = queries.unsettled([session.id for session, _ in pairs])
    rows = [
        {
            "session": session,
            "activity": card,
            "shown": dates.session_times(session.starts_at, session.ends_at, session.zone, now=now),
            "when": _when(session.starts_at, session.ends_at, session.zone, now=now),
            "marked": marked[session.id][0],
            "places": marked[session.id][1],
        }
        for session, card in pairs
        if not session.is_cancelled and not _is_off(card, session, now=now)
    ]
    return flask.render_template(
        "host/index.html",
        nav="host",
        activities=queries_hosted.hosted_activities(sorted(who.host_of)) if who.host_of else [],
        postponed=list({card.id: card for session, card in pairs if card.status == "postponed"}.values()),
        today=[row for row in rows if row["when"] == "today"],
        coming=[row for row in rows if row["when"] == "coming"],
        past=[row for row in reversed(rows) if row["when"] == "past"],
    )


@blueprint.get("/host/sessions/<int(max=2147483647):session_id>/attendance")
def attendance(session_id: int) -> ResponseReturnValue:
    """Show who is expected and who was there."""
    return _page(_roster(session_id), now=clock.utc_now())


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/attendance")
def mark(session_id: int) -> ResponseReturnValue:
    """Save marks: one by one from the script, or a whole page of them from its one button."""
    now = clock.utc_now()
    _roster(session_id)
    with transaction():
        changed = service.mark(session_id, _marks(), by_person_id=who_asks().person_id, now=now)
    if flask.request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return {"counts": _roster(session_id).counts}
    flask.flash(f"Saved: {_changes(changed)}.")
    return flask.redirect(_here(session_id), 303)


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/visitors")
def add_visitor(session_id: int) -> ResponseReturnValue:
    """Add somebody who came without signing up."""
    now, form = clock.utc_now(), typed("name", "email", "organisation")
    _roster(session_id)
    try:
        with transaction():
            service.add_visitor(
                session_id,
                form.value("name"),
                address=form.value("email"),
                organisation=form.value("organisation"),
                by_person_id=who_asks().person_id,
                now=now,
            )
    except Invalid as invalid:
        return _page(_roster(session_id), form.wrong(invalid), now=now), 422
    flask.flash(f"{form.value('name')} is marked present.")
    return flask.redirect(_here(session_id), 303)


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/attendance/finish")
def finish(session_id: int) -> ResponseReturnValue:
    """Mark everybody absent who is not marked yet."""
    now = clock.utc_now()
    _roster(session_id)
    with transaction():
        finished = finishing.finish(session_id, by_person_id=who_asks().person_id, now=now)
    left = f" {finished.left_open} opened the joining link and stay open." if finished.left_open else ""
    flask.flash(f"{finished.absent} marked absent.{left}")
    return flask.redirect(flask.url_for(".attendance", session_id=session_id, finished=now.isoformat()), 303)


@blueprint.post("/host/sessions/<int(max=2147483647):session_id>/attendance/finish/undo")
def undo_finish(session_id: int) -> ResponseReturnValue:
    """Take back what the button marked."""
    _roster(session_id)
    at = _instant(flask.request.form.get("at", ""))
    if at is None:
        raise Invalid({"at": "Open the page again"})
    with transaction():
        number = finishing.undo_finish(session_id, at, by_person_id=who_asks().person_id, now=clock.utc_now())
    flask.flash(f"Undone: {number} open again.")
    return flask.redirect(flask.url_for(".attendance", session_id=session_id), 303)


def _instant(typed: str) -> datetime | None:
    """Read the instant of a press of the button, or None if it is none."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _is_off(card: ActivityCard, session: SessionView, *, now: datetime) -> bool:
    """Tell whether a session to come does not take place at its time, because the whole activity does not."""
    return session.ends_at > now and card.status in {"postponed", "cancelled"}


def _roster(session_id: int) -> Roster:
    """The roster, for hosts of this activity and the office; for everybody else it does not exist.

    Raises:
        NotFound: there is no such session, or it is somebody else's.
    """
    roster = queries.find_roster(session_id)
    if roster is None or not may_open(roster.activity.host_ids):
        raise NotFound("We cannot find this page.")
    return roster


def _page(roster: Roster, form: Form | None = None, *, now: datetime) -> str:
    show = flask.request.args.get("show", "open")
    show = show if show in SHOWS else "open"
    words = fold(flask.request.args.get("q", "")[:200]).split()
    session, may_mark = roster.session, may_change(roster.activity.host_ids)
    rows = [(row, not (_is_wanted(row, show) and all(word in row.folded for word in words))) for row in roster.rows]
    return flask.render_template(
        "host/attendance.html",
        nav="host",
        roster=roster,
        rows=rows,
        nobody_shown=all(hidden for _, hidden in rows),
        counts=roster.counts,
        was=urlencode({_field(row): row.verdict for row in roster.rows if row.verdict is not Verdict.UNKNOWN}),
        field=_field,
        may_mark=may_mark,
        show=show,
        shows=SHOWS,
        query=flask.request.args.get("q", ""),
        form=form or Form(),
        shown=dates.session_times(session.starts_at, session.ends_at, session.zone, now=now),
        when=_when(session.starts_at, session.ends_at, session.zone, now=now),
        is_on=session.starts_at <= now < session.ends_at,
        may_finish=rules.may_finish(session.ends_at, now=now),
        finished_at=flask.request.args.get("finished", "") if _instant(flask.request.args.get("finished", "")) else "",
        begins=dates.moment(session.starts_at, session.zone, now=now) if now < session.starts_at else "",
        marked_at=lambda row: dates.moment(row.marked_at, session.zone, now=now),
        number_of_sessions=len(roster.activity.sessions),
    )


def _is_wanted(row: RosterRow, show: str) -> bool:
    return show == "all" or row.verdict.value == ("unknown" if show == "open" else show)


def _field(row: RosterRow) -> str:
    """Name the form field of a row: people by number, visitors without an address by name."""
    return f"p-{row.person_id}" if row.person_id else f"v-{row.visitor_name}"


def _marks() -> dict[Who, Verdict | None]:
    """Read the marks that differ from what the page showed, so that an old page cannot undo another host's work.

    The script sends single marks, without what was there before: each of them is meant.
    """
    form = flask.request.form
    was = dict(parse_qsl(form.get("was", "")))
    marks: dict[Who, Verdict | None] = {}
    for name, value in form.items():
        who = _who_of(name)
        if who is None or ("was" in form and value == was.get(name, "")):
            continue
        if value not in {"", *service.HAND_MARKS}:
            raise Invalid({"mark": "Choose present, absent or excused"})
        marks[who] = Verdict(value) if value else None
    return marks


def _who_of(name: str) -> Who | None:
    kind, _, rest = name.partition("-")
    if kind == "p" and rest.isascii() and rest.isdigit() and len(rest) < len("2147483647"):
        return Who(person_id=int(rest))
    return Who(visitor_name=rest) if kind == "v" and rest else None


def _when(starts_at: datetime, ends_at: datetime, zone: str, *, now: datetime) -> str:
    if times.day(starts_at, zone, now=now) == times.day(now, zone, now=now):
        return "today"
    return "past" if ends_at <= now else "coming"


def _here(session_id: int) -> str:
    return flask.url_for("host.attendance", session_id=session_id, show=flask.request.args.get("show"))


def _changes(number: int) -> str:
    return f"{number} {'change' if number == 1 else 'changes'}"
