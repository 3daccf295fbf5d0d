"""Sending one mail: the door of the work kind ``mail.send``.

Who writes to whom is settled with the mail server first, while the mail is still ``queued``. Then one transaction asks
again whether the mail is wanted, writes its words and commits ``sending``; only after that the text is handed over. So
whatever dies where, the row says what may have happened.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ecwi_events.jobs import ahead, mail_batch
from ecwi_events.jobs.letters import letter_of
from ecwi_events.jobs.trying import PutOff, Sent, TryAgain
from ecwi_events.kernel import clock, links
from ecwi_events.kernel.db import transaction
from ecwi_events.mail import bouncing, message, pacing, queries, rendering, rules, service, stopping, suppression
from ecwi_events.mail.kinds import kind_of
from ecwi_events.mail.letters import NotWanted, Sender
from ecwi_events.mail.models import MailState
from ecwi_events.mail.transports import Away, Folder, Lost, Never, NotNow, Relay
from ecwi_events.work import rules as work_rules
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.mail.transports import Opened, Transport
    from ecwi_events.work.service import Claim

REST = 1 / 3  # of a lease: how long to leave a mail server alone that did not answer
ENOUGH = "enough mails to this domain for now"
CROWDED = timedelta(seconds=5)  # how long to leave a domain alone to which enough mails are on their way
_away_until: dict[tuple[str, int], datetime] = {}  # of this process only: each finds out for itself


def send_mail(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Send the mail, or find that it needs no sending.

    That it was sent is written together with what comes next: with thousands of mails, each commit counts.

    Raises:
        TryAgain: it could not be handed over for now.
        PutOff: it is not its turn yet.
        Sent: it was handed over, which `mail_batch` notes.
    """
    now = clock.utc_now()
    mail = _found(piece.reference)
    if mail is None or not rules.may_start(mail.state, mail.reason, mail.kind):
        return
    if reason := _no_use(mail, now=now):
        with transaction():
            service.note_skipped(mail.id, reason)
        return
    try:
        recipient = message.wire_address(mail.address)
    except ValueError as error:
        with transaction():
            service.note_failed(mail.id, "address", str(error))
        return
    _wait_for_turn(mail, piece, settings, now=now)
    try:
        with _transport(settings, mail, piece, now=now).open(_envelope_from(mail, settings), recipient) as opened:
            _write_and_hand_over(opened, mail, piece, settings)
    except Never as error:
        _note_refused(mail, error)
    except NotNow as error:
        if isinstance(error, Away):
            _away_until[settings.mail.host, settings.mail.port] = now + _rest(settings)
        _put_off(mail, piece, str(error), settings)


def _found(mail_id: int) -> Outgoing | None:
    """Read the mail; one that is still ``sending`` was left behind by a worker that died."""
    mail = mail_batch.current().take(mail_id)
    if mail is None or mail.state is not MailState.SENDING:
        return mail
    with transaction():
        service.note_lost(mail, "the worker that sent it ended in the middle")
        return queries.find_mail(mail_id)


def _no_use(mail: Outgoing, *, now: datetime) -> str | None:
    """Say why it is of no use to ask the mail server at all."""
    if rules.is_too_late(mail.not_after, now=now):
        return "late"
    if not kind_of(mail.kind).is_asked_for and mail_batch.current().is_suppressed(mail.address, now=now):
        return "suppressed"
    return None


def _wait_for_turn(mail: Outgoing, piece: Claim, settings: Settings, *, now: datetime) -> None:
    """Go on if it is this mail's turn: the mail server was not away a moment ago, and its domain has room.

    Raises:
        PutOff: it is not.
    """
    away_until = _away_until.get((settings.mail.host, settings.mail.port), now)
    # Waiting for it once more with every mail would keep the other work from being done. A longer rest than ours is one from
    # before the clock was put back.
    if now < away_until <= now + _rest(settings):
        why = "the mail server did not answer a moment ago"
        with transaction():
            service.note_retry(mail, why)
        raise PutOff(away_until, why)
    if per_minute := _pace(mail, settings):
        with transaction():
            turn = pacing.put_off(mail, piece.priority, per_minute=per_minute, now=now)
        if turn:
            raise PutOff(turn, ENOUGH)


def _take_turn(mail: Outgoing, piece: Claim, settings: Settings, *, now: datetime) -> None:
    """Count the mail, which starts now.

    Raises:
        PutOff: others have filled the minute since it asked.
    """
    per_minute = _pace(mail, settings)
    if per_minute and not pacing.take_turn(mail, piece.priority, per_minute=per_minute, now=now):
        raise PutOff(now + pacing.A_MINUTE, ENOUGH)


def _pace(mail: Outgoing, settings: Settings) -> int:
    """Return how many mails a minute its domain gets; 0 for no limit."""
    return 0 if kind_of(mail.kind).is_asked_for else settings.mail.per_minute


def _write_and_hand_over(opened: Opened, mail: Outgoing, piece: Claim, settings: Settings) -> None:
    text = _write(mail, piece, settings)
    if text is None:
        return
    started = time.monotonic()
    try:
        opened.hand_over(text)
    except Lost as error:
        with transaction():
            if _is_ours(piece, settings):  # else somebody else may be sending it at this moment
                service.note_lost(mail, str(error))
        raise TryAgain(f"lost: {error}") from error
    mail_batch.owe(piece, now=clock.utc_now())
    if time.monotonic() - started > settings.lease_seconds * mail_batch.OWED_FOR:
        mail_batch.settle()
    raise Sent


def _write(mail: Outgoing, piece: Claim, settings: Settings) -> bytes | None:
    """Commit that it is on its way, and that the mail before it was sent; return its text, or None if it does not go.

    On SQLite none of it waits for the disk, unless the mail may never go out twice.
    """
    waiting = mail.kind in rules.NEVER_TWICE
    if text := _write_ahead(mail, piece, settings, waiting=waiting):
        return text
    with transaction(waiting=waiting):
        text = _words_if_wanted(mail, piece, settings, now=clock.utc_now())
        if text is None:
            mail_batch.note_owed()
    mail_batch.paid()
    return text


def _write_ahead(mail: Outgoing, piece: Claim, settings: Settings, *, waiting: bool) -> bytes | None:
    """Do the same for a mail that can be written before the transaction; None if it must be read anew."""
    now = clock.utc_now()
    if settings.mail.at_once or settings.mail.per_minute or rules.is_too_late(mail.not_after, now=now):
        return None
    if not mail_batch.is_fresh(mail_batch.RENEWED_AFTER, settings.lease_seconds):
        return None
    there = ahead.written(mail, Sender(settings.mail_from), settings.comes_back_to, now=now)
    if there is None:
        return None
    owed = mail_batch.current().owed
    with transaction(waiting=waiting, alone=True):
        starts = service.begin_sending(mail, piece, there.stop, owed, still=there.still)
    mail_batch.paid()
    return there.text if starts else None


def _words_if_wanted(mail: Outgoing, piece: Claim, settings: Settings, *, now: datetime) -> bytes | None:
    """Ask for the last time whether it is wanted, write its words, and note that it is on its way."""
    sender, lease = Sender(settings.mail_from), settings.lease_seconds
    if not mail_batch.is_fresh(mail_batch.RENEWED_AFTER, lease) and not work.extend(piece, lease_seconds=lease):
        return None  # the mail server was so slow that somebody else holds this work now
    letter = letter_of(mail, sender, now=now)
    if isinstance(letter, NotWanted) or rules.is_too_late(mail.not_after, now=now):
        service.note_skipped(mail.id, letter.reason if isinstance(letter, NotWanted) else "late")
        return None
    _check_crowd(mail, settings, now=now)
    stop = stopping.of_mail(mail, letter)
    way_out = stopping.way_out(stop, write_to=settings.comes_back_to)
    envelope = message.Envelope(sender, mail.address, mail.message_id, mail.kind, now, way_out)
    text = message.build(envelope, letter, rendering.render(mail.kind, letter.facts, way_out))
    if service.begin_sending(mail, piece, stop, mail_batch.current().owed):
        _take_turn(mail, piece, settings, now=now)  # last of all: one that does not go takes none
        return text
    if stop and stopping.is_stopped(stop.person_id, stop.topic, stop.activity_id):
        service.note_skipped(mail.id, "opted_out")
    return None


def _check_crowd(mail: Outgoing, settings: Settings, *, now: datetime) -> None:
    at_once = settings.mail.at_once
    if at_once:
        mail_batch.note_owed()  # it is not on its way any more
    if at_once and pacing.is_crowded(pacing.domain_of(mail.address), at_once=at_once, now=now):
        raise PutOff(now + CROWDED, "enough mails are on their way to this domain")


def _note_refused(mail: Outgoing, error: Never) -> None:
    """Stop: the mail has failed, and an address that is gone is left alone from now on."""
    answer, now = str(error), clock.utc_now()
    status = rules.status_of(answer)
    hardness = rules.hardness(status, about_recipient=error.about_recipient)
    with transaction():
        service.note_failed(mail.id, "refused", answer)
        suppression.note_refusal(
            suppression.Refusal(
                mail.address, mail.id, hardness, status, answer, suppression.BY_SERVER, key=f"refused:{mail.id}"
            ),
            now=now,
        )
    mail_batch.read_anew()  # another mail of this batch may go to the same address


def _put_off(mail: Outgoing, piece: Claim, error: str, settings: Settings) -> None:
    given_up = piece.attempts >= work_rules.TRIES
    with transaction():
        if not _is_ours(piece, settings):
            pass  # somebody else may be sending it at this moment
        elif given_up:
            service.note_failed(mail.id, "given_up", error)
        else:
            service.note_retry(mail, error)
    raise TryAgain(error)


def _is_ours(piece: Claim, settings: Settings) -> bool:
    return work.extend(piece, lease_seconds=settings.lease_seconds)


def _keep(piece: Claim, settings: Settings) -> bool:
    """Keep our lease while the mail server takes its time over a text; return False if it is no longer ours."""
    with suppress(DBAPIError), transaction():  # a database that is away now is no reason to hang up
        return _is_ours(piece, settings)
    return True


def _rest(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.lease_seconds * REST)


def _envelope_from(mail: Outgoing, settings: Settings) -> str:
    """Return where reports about this mail go."""
    return bouncing.envelope_from(mail.id, settings.mail.bounce_address) or settings.mail_from


def _transport(settings: Settings, mail: Outgoing, piece: Claim, *, now: datetime) -> Transport:
    setting = settings.mail
    if setting.folder is not None:
        return Folder(setting.folder, now, mail.message_id)
    patience = min(15.0, settings.lease_seconds / 3)  # an answer that comes later than our lease helps nobody
    return Relay(
        setting.host, setting.port, setting.user, setting.password, setting.tls, hello=links.host(), patience=patience,
        before_connecting=mail_batch.settle, while_waiting=partial(_keep, piece, settings),
    )  # fmt: skip
