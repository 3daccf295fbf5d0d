"""Which queues this process drains at the same time, so that one thread is always left for what is urgent.

A worker that takes everything keeps one of its threads for the urgent queue: the others share the rest. A worker that was
given one queue (``-Q bulk``) puts all its threads there. With a single thread there is nothing to share: each drain takes
everything, by priority, twenty pieces at a time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecwi_events.work.models import Queue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

ALL = tuple(queue.value for queue in Queue)


@dataclass
class Lane:
    """Queues that are drained together, by at most ``width`` threads at once."""

    queues: tuple[str, ...]
    width: int
    busy: int = 0
    again: bool = False


@dataclass
class Lanes:
    """The lanes of one process."""

    lanes: list[Lane] = field(default_factory=lambda: [Lane(ALL, 1)])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def share_out(self, queues: Collection[str], threads: int) -> None:
        """Make lanes for a worker with so many threads that takes these queues."""
        taken = tuple(queue for queue in ALL if queue in queues) or ALL
        others = tuple(queue for queue in taken if queue != Queue.URGENT)
        if len(taken) == 1 or threads == 1 or not others or len(others) == len(taken):
            self.lanes = [Lane(taken, threads)]
        else:
            self.lanes = [Lane((Queue.URGENT.value,), threads), *_shared(others, threads - 1)]

    def walk(self, queue: str, drain: Callable[[tuple[str, ...]], object]) -> bool:
        """Drain the lane of a queue; return False if as many threads as may are at it, which then look once more."""
        lane = next((lane for lane in self.lanes if queue in lane.queues), self.lanes[0])
        with self._lock:
            if lane.busy >= lane.width:
                lane.again = True
                return False
            lane.busy += 1
        try:
            while True:
                drain(lane.queues)
                with self._lock:
                    if not lane.again:
                        return True
                    lane.again = False
        finally:
            with self._lock:
                lane.busy -= 1


def _shared(queues: tuple[str, ...], threads: int) -> list[Lane]:
    """Give each queue threads of its own if there are enough, else all of them together what there is."""
    if threads < len(queues):
        return [Lane(queues, threads)]
    return [Lane((queue,), threads // len(queues)) for queue in queues]
