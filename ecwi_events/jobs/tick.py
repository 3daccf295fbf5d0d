"""The tick: every half minute, ask what has become due by time alone, and wake the workers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.jobs.drain import beat
from ecwi_events.jobs.heart import HEART
from ecwi_events.jobs.lanes import ALL
from ecwi_events.jobs.rounds import go_round
from ecwi_events.journal import acting
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.work import hearts, queries

if TYPE_CHECKING:
    from collections.abc import Collection

    from config import Settings

SILENT_TICKS = 3
TURN = 0.8  # of the time between two ticks: a beat that comes a little early still finds its turn


def tick(settings: Settings) -> bool:
    """Show that we live, derive what is due by time and write it down; return whether it was this tick's turn to derive.

    Of several beats one acts: a tick that comes before the last one's time is over derives nothing. By the database's
    clock, so that machines whose clocks differ agree.
    """
    beat()  # first: what is derived may take a while, and is no sign of life
    acts = is_our_turn(settings)
    if acts:
        derive()
    return acts


def queues_to_wake(settings: Settings) -> Collection[str]:
    """Return the queues that some worker takes: a ring that nobody hears would stay in the broker for ever."""
    since = clock.utc_now() - SILENT_TICKS * timedelta(seconds=settings.tick_seconds)
    return queries.queues_taken(since=since) or ALL


def is_our_turn(settings: Settings) -> bool:
    """Take the turn until shortly before the next tick is to come; return False if another tick has it."""
    milliseconds = round(settings.tick_seconds * 1000 * TURN)
    with transaction():
        return hearts.take_turn("tick", holder=HEART.name, milliseconds=milliseconds)


def derive() -> None:
    """Write down what time alone has made due, as `ecwi_events.jobs.rounds` lists it."""
    with acting.through("jobs"):
        go_round(now=clock.utc_now())
