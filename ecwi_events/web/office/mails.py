"""The office's pages about mail: what each kind looks like, what became of mails, addresses that we do not write to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound
from ecwi_events.mail import bouncing, complaints, rules, samples, service, suppression
from ecwi_events.mail.kinds import KINDS, TOPICS, kind_of
from ecwi_events.mail.models_delivery import BounceKind
from ecwi_events.web.forms import own_path
from ecwi_events.work import looking
from ecwi_events.work.models import WorkState

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from config import Settings
    from ecwi_events.mail.queries import MailLine
    from ecwi_events.mail.rendering import Rendered

blueprint = flask.Blueprint("office_mails", __name__)

ADDRESSES_SHOWN = 100
LOOK_BACK = timedelta(days=30)
READING = "mail.read_bounces"  # the kind of work that reads the mailbox of what comes back
# A mail is a page of its own with styles in its elements; it may load nothing, run nothing and send nothing.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STATES = {
    "queued": "Waits", "retry": "Is tried again", "sending": "On its way", "sent": "Sent", "failed": "Did not arrive",
    "unknown": "Nobody knows", "skipped": "Not sent",
}  # fmt: skip
REASONS = {
    "withdrawn": "the person has no place any more", "superseded": "something newer was sent", "late": "it was too late",
    "cancelled": "it was cancelled", "erased": "what it is about is gone", "opted_out": "the person does not want it",
    "suppressed": "we do not write to this address", "refused": "the mail server refused it",
    "address": "we cannot write to this address", "given_up": "tried eight times", "lost_once": "sent a second time",
    "lost_twice": "lost twice on its way",
    "closed": "the account is closed", "not_theirs": "the person is not one of those any more to whom it was written",
    "taken_back": "what it tells of was taken back", "not_invited": "the address is not on the list of the invited",
}  # fmt: skip


@dataclass(frozen=True)
class SentMail:
    """One mail in a list, in words."""

    id: int
    words: str
    address: str
    when: str
    state: str
    reason: str
    error: str
    is_fine: bool
    is_trouble: bool
    may_send_again: bool


def sent_mail(row: MailLine, *, now: datetime) -> SentMail:
    """Say what became of a mail."""
    zone = _settings().office_time_zone
    is_trouble = row.state.value in {"failed", "unknown", "retry"}
    return SentMail(
        row.id, kind_of(row.kind).words or row.kind, row.address, dates.moment(row.sent_at or row.created_at, zone, now=now),
        STATES[row.state.value], REASONS.get(row.reason or "", row.reason or ""),
        (row.last_error or "")[:200] if is_trouble else "", row.state.value == "sent", is_trouble,
        rules.may_send_again(row.state.value, row.kind),
    )  # fmt: skip


@blueprint.get("/office/mails")
def index() -> ResponseReturnValue:
    """List every kind of mail, and the addresses that we do not write to."""
    now = clock.utc_now()
    counts, zone = bouncing.counts(since=now - LOOK_BACK), dates.zone_info(_settings().office_time_zone)
    return flask.render_template(
        "office/mails.html",
        nav="office",
        kinds=[(name, kind, TOPICS[kind.topic].name if kind.topic else "") for name, kind in KINDS.items()],
        suppressed=suppression.everything(now=now, limit=ADDRESSES_SHOWN),
        day=lambda at: dates.day_label(at.astimezone(zone).date()),
        came_back=counts[BounceKind.HARD] + counts[BounceKind.SOFT],
        foreign=counts[BounceKind.FOREIGN],
        stopped_by_mail=counts[BounceKind.STOPPED],
        complaints=complaints.latest(limit=ADDRESSES_SHOWN),
        mail_words=lambda kind: kind_of(kind).words or kind,
        reads_mailbox=_settings().mail.bounce_mailbox is not None,
        **_mailbox(now=now),
    )


def _mailbox(*, now: datetime) -> dict[str, str]:
    """Return when the mailbox of what comes back was read last, and what is wrong if it could not be read."""
    last = looking.find_last_tried(READING)
    if last is None:
        return {"read": "", "trouble": ""}
    when = dates.moment(last.claimed_at or now, _settings().office_time_zone, now=now)
    return {"read": when, "trouble": "" if last.state == WorkState.DONE else last.last_error or "It was not read."}


@blueprint.get("/office/mails/kinds/<kind>/<variant>")
def preview(kind: str, variant: str) -> ResponseReturnValue:
    """Show a kind of mail with invented facts: its subject, its text, and its HTML in a frame."""
    words = _words(kind, variant)
    page = flask.make_response(
        flask.render_template(
            "office/mail_preview.html",
            nav="office",
            name=kind,
            kind=KINDS[kind],
            topic=TOPICS[topic].name if (topic := KINDS[kind].topic) else "",
            words=words,
            variant=variant,
            variants=samples.VARIANTS,
        )
    )
    page.headers["Content-Security-Policy"] = FRAME_POLICY
    return page


@blueprint.get("/office/mails/kinds/<kind>/<variant>/html")
def preview_html(kind: str, variant: str) -> ResponseReturnValue:
    """Give the HTML of a mail as a page of its own, under rules of its own."""
    page = flask.make_response(_words(kind, variant).html)
    page.headers["Content-Security-Policy"] = MAIL_POLICY
    return page


@blueprint.post("/office/mails/<int(max=2147483647):mail_id>/again")
def send_again(mail_id: int) -> ResponseReturnValue:
    """Send a mail once more."""
    with transaction():
        service.send_again(mail_id, now=clock.utc_now())
    flask.flash("The mail goes out once more, if it is still wanted.")
    return flask.redirect(own_path(flask.request.form.get("back"), otherwise="/office/mails"), 303)


@blueprint.post("/office/mails/addresses/<int(max=2147483647):suppression_id>/write-again")
def write_again(suppression_id: int) -> ResponseReturnValue:
    """Write to an address again."""
    with transaction():
        address = suppression.lift_by_id(suppression_id, now=clock.utc_now())
    flask.flash(f"We write to {address} again.")
    return flask.redirect(own_path(flask.request.form.get("back"), otherwise="/office/mails"), 303)


def _words(kind: str, variant: str) -> Rendered:
    if kind not in KINDS or variant not in samples.VARIANTS:
        raise NotFound("We cannot find this kind of mail.")
    return samples.preview(kind, variant, sender=_settings().mail_from)


def _settings() -> Settings:
    settings: Settings = flask.current_app.extensions["ecwi_settings"]
    return settings
