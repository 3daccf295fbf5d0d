"""Writing down that a person is to be told something, and what became of it."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import links, tokens
from ecwi_events.kernel.db import db, ids_of_new, run
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.mail import rules, stopping
from ecwi_events.mail.kinds import kind_of
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.work.service import Claim

_MAIL = Mail.metadata.tables["mail"]
# Every mail goes through these two, so they are built once.
_START = (
    sa.update(_MAIL)
    .where(
        _MAIL.c.id == sa.bindparam("mail"),
        _MAIL.c.state == sa.bindparam("was"),
        _MAIL.c.attempts == sa.bindparam("tries"),
        work.IS_OURS,
        ~stopping.IS_STOPPED,
    )
    .values(state=MailState.SENDING, attempts=_MAIL.c.attempts + 1)
)
_SENT = (
    sa.update(_MAIL)
    .where(_MAIL.c.id == sa.bindparam("mail"), _MAIL.c.state == MailState.SENDING)
    .values(state=MailState.SENT, sent_at=sa.bindparam("now"), last_error=None)
)
# Both in one statement, and one way to the server and back: PostgreSQL's alone.
_SENT_ANOTHER = (
    sa.update(_MAIL)
    .where(_MAIL.c.id == sa.bindparam("done_mail"), _MAIL.c.state == MailState.SENDING)
    .values(state=MailState.SENT, sent_at=sa.bindparam("done_at"), last_error=None)
    .returning(_MAIL.c.id)
)
WORK_KIND = "mail.send"
LONGEST_ERROR = 2000


@dataclass(frozen=True)
class NewMail:
    """One message to one person that is to be written down.

    Args:
        kind: what it says; the jobs door maps it to its words and to the check that it is still wanted.
        person_id: who is meant; None for an address without a person.
        address: where it goes; exactly one.
        subject_id: the id that the kind speaks about.
        dedup_key: the same key makes the same message, for ever.
        session_id: the session that it speaks about, if it is one.
        revision: the revision of that session's schedule; a newer one makes this message superseded.
        not_after: later than this it is of no use.
        priority: smaller goes first; that of its kind if not given.
        first_id: the mail that this one repeats, if it does.
    """

    kind: str
    _: KW_ONLY
    person_id: int | None
    address: str
    subject_id: int
    dedup_key: str
    session_id: int | None = None
    revision: int | None = None
    not_after: datetime | None = None
    priority: int | None = None
    first_id: int | None = None


def queue(mail: NewMail, *, now: datetime) -> int | None:
    """Write down one message, in the caller's transaction; return its id, or None if it was there before."""
    return queue_all([mail], now=now).get(mail.dedup_key)


def queue_all(mails: Sequence[NewMail], *, now: datetime) -> dict[str, int]:
    """Write down messages, in the caller's transaction; return the ids of those that were not there before, by key."""
    new = ids_of_new(Mail, [_row(mail, now=now) for mail in mails], key=["dedup_key"])
    ids = {key: mail_id for (key,), mail_id in new.items()}
    of_priority: dict[int, list[int]] = {}
    for mail in mails:
        if mail.dedup_key in ids:
            priority = mail.priority or kind_of(mail.kind).priority
            of_priority.setdefault(priority, []).append(ids[mail.dedup_key])
    # The work rows have no not_after of their own: a late mail is skipped with its reason, not laid aside as dead work.
    for priority, mail_ids in of_priority.items():
        work.put_all(WORK_KIND, {f"mail:{mail_id}": mail_id for mail_id in mail_ids}, now=now, priority=priority)
    return ids


def _row(mail: NewMail, *, now: datetime) -> dict[str, object]:
    return {
        "kind": mail.kind, "person_id": mail.person_id, "address": mail.address, "subject_id": mail.subject_id,
        "dedup_key": mail.dedup_key, "message_id": _message_id(mail.dedup_key), "session_id": mail.session_id,
        "revision": mail.revision, "not_after": mail.not_after, "state": MailState.QUEUED, "attempts": 0, "created_at": now,
        "first_id": mail.first_id,
    }  # fmt: skip


def send_again(mail_id: int, *, now: datetime) -> int:
    """Write the same mail down once more, for the office; whether it is still wanted is asked when it goes out.

    Raises:
        NotFound: there is no such mail.
        Refused: it is on its way, or it says something that is good once only.
    """
    row = db.session.get(Mail, mail_id)
    if row is None:
        raise NotFound("We cannot find this mail.")
    if row.address == rules.NO_ADDRESS:
        raise Refused("send_again", "The person of this mail is erased, so there is nobody to write to.")
    if not rules.may_send_again(row.state, row.kind):
        raise Refused("send_again", "This mail cannot be sent again: it is on its way, or it was good once only.")
    again = queue(
        NewMail(
            row.kind, person_id=row.person_id, address=row.address, subject_id=row.subject_id, session_id=row.session_id,
            revision=row.revision, not_after=row.not_after, dedup_key=f"again:{row.id}:{int(now.timestamp())}",
            first_id=row.first_id or row.id,
        ),
        now=now,
    )  # fmt: skip
    if again is None:
        raise Refused("send_again", "This mail was sent again a moment ago.")
    journal.note("send_mail_again", "mail", row.id, after={"kind": row.kind}, now=now)
    return again


def belongs_to(dedup_key: str, person_id: int) -> None:
    """Write down whose mail it was, when its address has become somebody's."""
    theirs = sa.update(Mail).where(Mail.dedup_key == dedup_key, Mail.person_id.is_(None))
    db.session.execute(theirs.values(person_id=person_id).execution_options(synchronize_session=False))


def forget_strangers(kind: str, *, before: datetime) -> None:
    """Take the addresses out of mails of a kind that went to nobody whom we know, once they are of no more use."""
    db.session.execute(
        sa.update(Mail)
        .where(Mail.kind == kind, Mail.person_id.is_(None), Mail.created_at < before, Mail.address != rules.NO_ADDRESS)
        .values(address=rules.NO_ADDRESS, last_error=None)
        .execution_options(synchronize_session=False)
    )


def _message_id(dedup_key: str) -> str:
    """Return the name of a message: the same for the same message for ever, and nobody else can work it out.

    So a report that names it comes from somebody who got the mail.
    """
    named = hmac.digest(tokens.key_for("message-id"), dedup_key.encode(), "sha256")
    return f"<{uuid.UUID(bytes=named[:16], version=4)}@{links.host()}>"


@dataclass(frozen=True)
class Owed:
    """A mail that was handed over, and whose work is done; neither is written yet."""

    piece: Claim
    sent_at: datetime


@dataclass(frozen=True)
class Still:
    """What must hold at the moment when a mail starts: a condition in SQL, made once, and its parameters."""

    condition: sa.ColumnElement[bool]
    parameters: Mapping[str, object]


def begin_sending(
    mail: Outgoing,
    piece: Claim,
    stop: stopping.Stop | None,
    owed: Owed | None = None,
    *,
    still: Still | None = None,
) -> bool:
    """Move a mail to ``sending`` just before its text is handed over, and write what is owed for the mail before it.

    Args:
        mail: as it was read.
        piece: its work, which must still be ours.
        stop: by what its reader may have stopped such mails.
        owed: for the mail before it.
        still: what else must hold.

    Returns:
        False if it must not go: its reader has stopped such mails, it has moved on, its work is not ours, or what must
        still hold does not. What is owed is written all the same.

    The caller commits before a byte of the text leaves: whoever finds ``sending`` later knows that it may have arrived.
    """
    this = {"mail": mail.id, "was": mail.state, "tries": mail.attempts, **piece.key, **stopping.asked_of(stop)}
    if still:
        this |= still.parameters
    is_postgresql = db.session().get_bind().dialect.name == "postgresql"
    if owed and is_postgresql:
        before = {"done_mail": owed.piece.reference, "done_at": owed.sent_at}
        this |= before | {f"done_{name}": value for name, value in owed.piece.key.items()}
    elif owed:
        note_sent(owed)
    statement = _start(still.condition if still else None, with_owed=bool(owed) and is_postgresql)
    return bool(run(statement, this).rowcount == 1)


@cache
def _start(condition: sa.ColumnElement[bool] | None, *, with_owed: bool) -> sa.Update:
    """Build one of the few forms of the statement that starts a mail."""
    statement = _START if condition is None else _START.where(condition)
    return (
        statement.add_cte(_SENT_ANOTHER.cte("noted"), work.FINISH_ANOTHER.cte("finished")) if with_owed else statement
    )


def note_sent(owed: Owed) -> None:
    """The mail server took it, so its work is done."""
    run(_SENT, {"mail": owed.piece.reference, "now": owed.sent_at})
    work.finish(owed.piece, now=owed.sent_at)


def note_retry(mail: Outgoing, error: str) -> None:
    """Not taken for now and certainly not delivered. A mail that goes out for its second time stays ``unknown``."""
    state = MailState.UNKNOWN if mail.reason == rules.LOST_ONCE else MailState.RETRY
    _move(mail.id, state, last_error=error[:LONGEST_ERROR])


def note_failed(mail_id: int, reason: str, error: str) -> None:
    """Refused for good."""
    _move(mail_id, MailState.FAILED, reason=reason, last_error=error[:LONGEST_ERROR])


def note_skipped(mail_id: int, reason: str) -> None:
    """No longer wanted, so it is not sent."""
    _move(mail_id, MailState.SKIPPED, reason=reason)


def note_called_off(mail_id: int) -> None:
    """The office wants no more of it; whether one that was on its way has arrived, nobody knows."""
    _set(mail_id, [MailState.QUEUED, MailState.RETRY], state=MailState.SKIPPED, reason="cancelled")
    _set(mail_id, [MailState.SENDING, MailState.UNKNOWN], state=MailState.UNKNOWN, reason="cancelled")


def note_given_up(mail_id: int, error: str) -> None:
    """Nobody works on it any more, until the office has it tried again. One that was on its way may have arrived."""
    why = {"reason": rules.GIVEN_UP, "last_error": error[:LONGEST_ERROR]}
    _set(mail_id, [MailState.QUEUED, MailState.RETRY], state=MailState.FAILED, **why)
    _set(mail_id, [MailState.SENDING], state=MailState.UNKNOWN, **why)


def note_lost(mail: Outgoing, error: str) -> None:
    """Lost after its text was handed over: nobody knows whether it arrived."""
    reason = rules.lost_reason(mail.reason)
    _set(mail.id, [MailState.SENDING], state=MailState.UNKNOWN, reason=reason, last_error=error[:LONGEST_ERROR])


def _move(mail_id: int, to: MailState, **values: object) -> None:
    """Move a mail, if it is in a state from which it may go there."""
    _set(mail_id, [state for state in MailState if rules.may_move(state, to)], state=to, **values)


def _set(mail_id: int, states: Sequence[MailState], **values: object) -> None:
    db.session.execute(
        sa.update(Mail)
        .where(Mail.id == mail_id, Mail.state.in_(states))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
