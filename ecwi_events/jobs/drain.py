"""Draining: claim what is due, do it, finish it; each piece in transactions of its own."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.jobs import mail_batch
from ecwi_events.jobs.handlers import CALLED_OFF, GIVEN_UP, HANDLERS
from ecwi_events.jobs.heart import HEART
from ecwi_events.jobs.trying import PutOff, Sent, TryAgain
from ecwi_events.journal import acting
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.mail.transports import hang_up
from ecwi_events.work import hearts
from ecwi_events.work import service as work
from ecwi_events.work.models import Queue, WorkState
from ecwi_events.work.rules import ENDED_IN_THE_MIDDLE, TRIES, is_too_late, is_used_up

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim

BATCH = 20
LARGE_BATCH = 50  # where nothing urgent can come: what is read once for a batch then costs less a piece
HEARTBEAT = "drain"

log = logging.getLogger(__name__)


@dataclass
class Drained:
    """What one drain did."""

    done: int = 0
    failed: int = 0


def drain(
    app: Flask, settings: Settings, *, queues: Collection[str] | None = None, beating: bool = False
) -> Drained:  # fmt: skip
    """Do everything that is due now, in the order of its priority; needs an application context.

    A worker is ``beating``: each batch shows in the database that it is at work, so that nobody takes hours of mail for
    a silence. One that is asked to stop ends after the piece in hand and gives the others back.

    Args:
        app: the application.
        settings: how long a lease is, how mail goes out.
        queues: only what stands in these; everything if not given.
        beating: whether this is a worker.
    """
    try:
        return _drain(app, settings, queues, beating=beating)
    finally:
        hang_up()


def _drain(app: Flask, settings: Settings, queues: Collection[str] | None, *, beating: bool) -> Drained:
    drained = Drained()
    while not HEART.stopping.is_set():
        claimed_at = time.monotonic()
        pieces = _claim(settings, queues)
        if not pieces:
            break
        with mail_batch.of(pieces, leased_at=claimed_at, now=clock.utc_now()):
            _do_all(app, pieces, settings, drained, claimed_at=claimed_at)
        if beating:
            beat()
    if drained.done or drained.failed:
        log.info("drained: %s done, %s failed", drained.done, drained.failed)
    return drained


def _do_all(app: Flask, pieces: Sequence[Claim], settings: Settings, drained: Drained, *, claimed_at: float) -> None:
    for place, piece in enumerate(pieces):
        if piece.kind != mail_batch.KIND:
            mail_batch.settle()  # other work may take long
        if HEART.stopping.is_set():
            _put_back(pieces[place:])
            break
        if time.monotonic() - claimed_at > settings.lease_seconds / 2 and not _still_ours(piece, settings):
            continue
        if _do(app, piece, settings):
            drained.done += 1
        else:
            drained.failed += 1


def beat() -> None:
    """Write that the workers drain: what rang for it came through the broker."""
    with transaction():
        hearts.beat(HEARTBEAT, now=clock.utc_now())


def _claim(settings: Settings, queues: Collection[str] | None) -> Sequence[Claim]:
    with transaction():
        pieces = work.claim(
            tuple(HANDLERS),
            now=clock.utc_now(),
            limit=BATCH if queues is None or Queue.URGENT in queues else LARGE_BATCH,
            lease_seconds=settings.lease_seconds,
            queues=queues,
            holder=HEART.name,
        )
    return _without_suspects(pieces)


def _without_suspects(pieces: Sequence[Claim]) -> Sequence[Claim]:
    """Keep a piece that may be what ends its workers for itself, so that no other loses its tries beside it."""
    if not any(piece.is_suspect for piece in pieces):
        return pieces
    kept = pieces[:1] if pieces[0].is_suspect else [piece for piece in pieces if not piece.is_suspect]
    _put_back([piece for piece in pieces if piece not in kept])
    return kept


def _put_back(pieces: Sequence[Claim]) -> None:
    with transaction():
        for piece in pieces:
            work.put_back(piece)


def _still_ours(piece: Claim, settings: Settings) -> bool:
    with transaction():
        return work.extend(piece, lease_seconds=settings.lease_seconds)


def _do(app: Flask, piece: Claim, settings: Settings) -> bool:
    now = clock.utc_now()
    if piece.is_called_off:
        _call_off(piece)
        return True
    if is_too_late(piece.not_after, now=now):
        return _give_up(piece, "too late")
    if is_used_up(piece.attempts):
        return _give_up(piece, f"tried {TRIES} times: {ENDED_IN_THE_MIDDLE}")
    try:
        with acting.through("jobs"):
            HANDLERS[piece.kind](app, piece, settings)
    except Sent:
        return True
    except Exception as error:  # noqa: BLE001 - a poisoned row must not stop the others
        mail_batch.settle()
        return _settle(piece, error)
    mail_batch.settle()
    with transaction():
        work.finish(piece, now=clock.utc_now())
    return True


def _settle(piece: Claim, error: Exception) -> bool:
    """Do what a handler said by an exception; return False if the work has failed for now."""
    if isinstance(error, work.CalledOff):
        _call_off(piece)
        return True
    if isinstance(error, PutOff):
        with transaction():
            work.put_off(piece, until=error.until, why=str(error))
        return True
    is_bug = not isinstance(error, TryAgain)  # else there is no story to tell in the log
    log.warning("work %s (%s): %s", piece.id, piece.kind, error, exc_info=error if is_bug else None)
    words, now = f"{type(error).__name__}: {error}" if is_bug else str(error), clock.utc_now()
    with acting.through("jobs"), transaction():
        if work.fail(piece, words, now=now) is WorkState.DEAD and (settle := GIVEN_UP.get(piece.kind)):
            settle(piece.reference, words, now)
    return False


def _give_up(piece: Claim, why: str) -> bool:
    """Lay it aside for the office, and settle what else hangs on it; return False, as it has failed."""
    now = clock.utc_now()
    with acting.through("jobs"), transaction():
        if work.give_up(piece, why, now=now) and (settle := GIVEN_UP.get(piece.kind)):
            settle(piece.reference, why, now)
    return False


def _call_off(piece: Claim) -> None:
    """Write that it was cancelled, and settle what else hangs on it; nothing at all if somebody else holds it."""
    now = clock.utc_now()
    with acting.through("jobs"), transaction():
        if work.call_off(piece, now=now) and (settle := CALLED_OFF.get(piece.kind)):
            settle(piece.reference, now)
