"""The work as the office sees it: what waits, what runs and how far it is, what was given up and why, and who does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flask

from ecwi_events.attendance import messages
from ecwi_events.journal import handling_work
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.mail import queries as mail
from ecwi_events.mail.kinds import kind_of
from ecwi_events.registration import telling
from ecwi_events.web.office import journal as office_journal
from ecwi_events.web.office import mails
from ecwi_events.work import looking
from ecwi_events.work import queries as work
from ecwi_events.work.looking import Asked
from ecwi_events.work.models import Queue, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.work.looking import Piece

blueprint = flask.Blueprint("office_work", __name__)

ON_A_PAGE = 50
LARGEST_ID = 2147483647
LONGEST_WORD = 64
SILENT_TICKS = 3
STATES = {
    WorkState.DUE: "waiting",
    WorkState.LEASED: "in hand",
    WorkState.DONE: "done",
    WorkState.DEAD: "given up",
    WorkState.CANCELLED: "called off",
}
QUEUES = {
    Queue.URGENT: "Urgent: sign-in, what starts soon",
    Queue.NORMAL: "Normal: confirmations, reminders of the day before",
    Queue.BULK: "Bulk: messages to many, exports, housekeeping",
    Queue.COMPILE: "Compile: overviews",
}
KINDS = {
    "attendance.put_message": "Write the mails of a message",
    "feed.export": "Export the calendar feed",
    "file.purge": "Delete a file",
    "mail.read_bounces": "Read what came back",
    "mail.send": "Send a mail",
    "overview.compile": "Compile an overview",
    "registration.tell_all": "Write the mails about a change",
    "resource.check_link": "Check a link",
    "round.cut_off_files": "Clear half uploads",
    "round.removed_outcomes": "Forget removed outcomes",
    "round.expired_requests": "Forget what was typed and never confirmed",
    "round.link_checks": "Ask for checks of links",
    "round.old_bounces": "Forget old bounces",
    "round.old_work": "Forget old work",
    "round.recount": "Count places again",
    "round.sent_forms": "Forget forms that were sent",
    "round.sign_in_leftovers": "Forget old sign-in links",
    "round.sign_up_requests": "Forget sign-ups that nobody confirmed",
    "round.time_zones": "Follow new time zone data",
}


@dataclass(frozen=True)
class Line:
    """A piece of work in words."""

    piece: Piece
    kind: str
    state: str
    due: str
    since: str
    ended: str


@blueprint.get("/office/work")
def index() -> ResponseReturnValue:
    """Show counts, what runs now, what was given up, and the pieces that were asked for."""
    now = clock.utc_now()
    asked = {name: clean_line(flask.request.args.get(name, ""))[:LONGEST_WORD] for name in
             ("state", "queue", "kind", "record")}  # fmt: skip
    found = looking.pieces(
        Asked(asked["state"], asked["queue"], asked["kind"], _number(asked["record"])),
        older_than=_number(flask.request.args.get("older", "")),
        limit=ON_A_PAGE + 1,
    )
    return flask.render_template(
        "office/work.html",
        nav="office",
        asked=asked,
        counts=[(QUEUES[Queue(row.queue)], row, _ago(row.oldest_due_at, now)) for row in looking.counts(now=now)],
        in_hand=lines(looking.in_hand(limit=ON_A_PAGE), now=now),
        lines=lines(found[:ON_A_PAGE], now=now),
        workers=_workers(now=now),
        last_round=_ago(work.last_beat("drain"), now),
        states=STATES.items(),
        queues=[queue.value for queue in Queue],
        kinds=[(kind, words_of(kind)) for kind in looking.known_kinds()],
        older=_older(asked, found),
    )


@blueprint.get("/office/work/<int:work_id>")
def piece(work_id: int) -> ResponseReturnValue:
    """Show everything that is known about one piece of work, and all work for the same record."""
    now = clock.utc_now()
    found = _get(work_id)
    same = looking.pieces(Asked(kind=found.kind, reference=found.reference), older_than=None, limit=ON_A_PAGE)
    return flask.render_template(
        "office/work_piece.html",
        nav="office",
        line=lines([found], now=now)[0],
        mail=mail.find_mail(found.reference) if found.kind == "mail.send" else None,
        mail_words=lambda kind: kind_of(kind).words or kind,
        mail_states=mails.STATES,
        mail_reasons=mails.REASONS,
        message=messages.find(found.reference) if found.kind == messages.WORK_KIND else None,
        others=[line for line in lines(same, now=now) if line.piece.id != found.id],
        history=office_journal.history(("work", [found.id])),
    )


@blueprint.post("/office/work/<int:work_id>/retry")
def retry(work_id: int) -> ResponseReturnValue:
    """Try given-up work again."""
    _get(work_id)
    with transaction():
        if not handling_work.retry_work(work_id, now=clock.utc_now()):
            raise Refused("not_given_up", "This was not given up, so it cannot be tried again.")
    flask.flash("It will be tried again at once.")
    return flask.redirect(flask.url_for("office_work.piece", work_id=work_id), 303)


@blueprint.post("/office/work/<int:work_id>/cancel")
def cancel(work_id: int) -> ResponseReturnValue:
    """Call work off."""
    _get(work_id)
    with transaction():
        if not handling_work.cancel_work(work_id, now=clock.utc_now()):
            raise Refused("over", "This is over or called off already.")
    flask.flash("It will be called off.")
    return flask.redirect(flask.url_for("office_work.piece", work_id=work_id), 303)


@blueprint.post("/office/news/<int(max=2147483647):announcement_id>/tell")
def tell(announcement_id: int) -> ResponseReturnValue:
    """Tell after all what was called off before everybody was told."""
    with transaction():
        activity_id = telling.tell_after_all(announcement_id, now=clock.utc_now())
    flask.flash("It goes out now.")
    return flask.redirect(flask.url_for("moves.index", activity_id=activity_id), 303)


def lines(pieces: Sequence[Piece], *, now: datetime) -> list[Line]:
    """Put pieces into words."""
    zone = _zone()

    def at(instant: datetime | None) -> str:
        return dates.moment(instant, zone, now=now) if instant else ""

    return [
        Line(
            piece=item,
            kind=words_of(item.kind),
            state="being called off"
            if item.cancel_asked_at and not item.finished_at
            else STATES[WorkState(item.state)],
            due=at(item.due_at),
            since=at(item.claimed_at),
            ended=at(item.finished_at),
        )
        for item in pieces
    ]


def words_of(kind: str) -> str:
    """Return what work of a kind does; its name if there are no words for it."""
    return KINDS.get(kind, kind)


def _get(work_id: int) -> Piece:
    found = looking.find_piece(work_id) if work_id <= LARGEST_ID else None
    if found is None:
        raise NotFound("We cannot find this piece of work. Finished work is kept for 30 days.")
    return found


def _workers(*, now: datetime) -> list[tuple[Any, str, bool]]:
    patience = SILENT_TICKS * flask.current_app.extensions["ecwi_settings"].tick_seconds
    return [
        (worker, _ago(worker.beat_at, now), (now - worker.beat_at).total_seconds() > patience)
        for worker in work.workers()
    ]


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    seconds = max(0, int((now - at).total_seconds()))
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"  # noqa: PLR2004 - two minutes


def _older(asked: dict[str, str], found: Sequence[Piece]) -> str:
    if len(found) <= ON_A_PAGE:
        return ""
    more: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return flask.url_for("office_work.index", **more, older=found[ON_A_PAGE - 1].id)


def _number(typed: str) -> int | None:
    if not typed or not (typed.isascii() and typed.isdigit()) or int(typed[:12]) > LARGEST_ID:
        return None
    return int(typed)


def _zone() -> str:
    return dates.canonical_zone(flask.current_app.extensions["ecwi_settings"].office_time_zone) or "UTC"
