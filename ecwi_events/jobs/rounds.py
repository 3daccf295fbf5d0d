"""What follows from time alone, as one table: add a line, and it happens.

An act takes ``now=`` and is called inside `transaction()`. It must do no harm when it is called twice, and keep its
transaction short: whoever has more to do does ``full`` at once, returns how many it did, and is called again until it did
fewer. Whoever has to look through much first does so in ``find``, before any transaction, and is then given what was found,
``full`` at a time. What takes long or talks to other machines puts work of its own kind instead, with a handler in
`ecwi_events.jobs.handlers`.

What happens at every tick is called by the tick itself. Hourly and nightly acts become work rows of the kind
``round.<name>``, one for each hour or night: so they are tried again, laid aside with their reason, and seen in the office
as all other work.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ecwi_events.calendars import service as calendars
from ecwi_events.jobs import bounces
from ecwi_events.journal import acting, sent_forms
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.mail import suppression
from ecwi_events.people import signing_in
from ecwi_events.programme import files, link_checks, outcomes
from ecwi_events.registration import offers, promotion, proving, re_resolving, reconciling
from ecwi_events.reminders import service as reminders
from ecwi_events.work import hearts
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim

log = logging.getLogger(__name__)


class Every(StrEnum):
    """How often."""

    TICK = "tick"
    HOUR = "hour"
    NIGHT = "night"  # at the first tick after 02:00 UTC


@dataclass(frozen=True)
class Round:
    """One act that time alone calls for."""

    name: str  # for ever: it names rows
    every: Every
    act: Callable[..., object]
    full: int | None = None
    find: Callable[..., Sequence[Any]] | None = None


ROUNDS: tuple[Round, ...] = (
    Round("feed", Every.TICK, calendars.export_daily),
    Round("offers", Every.TICK, offers.lapse_due, full=offers.AT_MOST),
    Round("free_places", Every.TICK, promotion.fill_all, full=promotion.AT_MOST),
    Round("recount", Every.HOUR, reconciling.recount),
    Round("reminders", Every.TICK, reminders.write_down, full=reminders.AT_MOST, find=reminders.find_due),
    Round("bounces", Every.TICK, bounces.ask),
    Round("old_bounces", Every.NIGHT, suppression.forget_old),
    Round("link_checks", Every.HOUR, link_checks.derive_due),
    Round("cut_off_files", Every.NIGHT, files.forget_drafts),
    Round("removed_outcomes", Every.NIGHT, outcomes.forget_removed),
    Round("sign_in_leftovers", Every.NIGHT, signing_in.forget_old),
    Round("expired_requests", Every.HOUR, proving.empty_expired, full=proving.AT_MOST),
    Round("sign_up_requests", Every.NIGHT, proving.forget_old, full=proving.AT_MOST),
    Round("time_zones", Every.NIGHT, re_resolving.re_resolve_sessions, full=re_resolving.AT_MOST),
    Round("sent_forms", Every.NIGHT, sent_forms.forget_old, full=sent_forms.AT_MOST),
    Round("old_work", Every.NIGHT, hearts.forget_old, full=hearts.AT_MOST),
)

KIND = "round."
NIGHT_BEGINS = timedelta(hours=2)
NOT_URGENT = 75
STAMPS = {Every.HOUR: "%Y-%m-%dT%H", Every.NIGHT: "%Y-%m-%d"}


def go_round(*, now: datetime) -> None:
    """Do what each tick does, and put what this hour and this night call for; one that fails does not keep the others.

    Raises:
        Exception: the last of those that failed, when all have had their turn.
    """
    fault: Exception | None = None
    with transaction():
        for item in ROUNDS:
            _put(item, now=now)
    for item in ROUNDS:
        if item.every is not Every.TICK:
            continue
        try:
            _do(item, now=now)
        except Exception as error:  # the others must have their turn
            log.exception("round %s failed", item.name)
            fault = error
    if fault:
        raise fault


def do_round(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Do an hourly or nightly act: the door of the work kinds ``round.…``."""
    name = piece.kind.removeprefix(KIND)
    _do(next(item for item in ROUNDS if item.name == name), now=clock.utc_now())


def do_now(name: str, *, now: datetime) -> None:
    """Do one act here and now, whatever its hour: at the start of a new release."""
    with acting.through("cli"):
        _do(next(item for item in ROUNDS if item.name == name), now=now)


def kinds() -> list[str]:
    """Return the work kinds of all hourly and nightly acts."""
    return [KIND + item.name for item in ROUNDS if item.every is not Every.TICK]


def _do(item: Round, *, now: datetime) -> None:
    if item.find is not None:
        _find_and_do(item, item.find(now=now), now=now)
        return
    did: object = item.full
    while did == item.full:
        with transaction():
            did = item.act(now=now)
        if item.full is None:
            return


def _find_and_do(item: Round, found: Sequence[Any], *, now: datetime) -> None:
    at_once = item.full or max(1, len(found))
    for start in range(0, len(found), at_once):
        with transaction():
            item.act(found[start : start + at_once], now=now)


def _put(item: Round, *, now: datetime) -> None:
    """Put the work of this hour or this night; the key makes it one, however many ticks ask."""
    if item.every is Every.TICK:
        return
    begun = now - NIGHT_BEGINS if item.every is Every.NIGHT else now
    key = f"{KIND}{item.name}:{begun:{STAMPS[item.every]}}"
    work.put(KIND + item.name, 0, dedup_key=key, now=now, priority=NOT_URGENT)
