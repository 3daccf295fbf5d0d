"""Keeping the tree alive: start in order, wait until healthy, start again what dies, stop in reverse.

The supervisor has one thread and sleeps in `Signals.wait`. A worker counts as alive when its heartbeat moves in the
database; whether its process exists proves nothing (docs/operating.md).
"""

from __future__ import annotations

import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from ecwi_events.cli.tree import Child

HEALTHY_WITHIN_SECONDS = 90
LOOK_EVERY_SECONDS = 1.0
LOOK_EVERY_SECONDS_AT_START = 0.1
LONGEST_PAUSE_SECONDS = 30.0
STARTING_SECONDS = 30.0  # what a fresh child gets before its silence counts
STEADY_AFTER_SECONDS = 60.0  # a child that ran this long starts again without a pause


class StartError(Exception):
    """A part of the tree could not start; the message is one line."""


class Signals:
    """SIGINT, SIGTERM and SIGHUP ask us to stop; these and the end of a child also end a wait early."""

    ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.stopping = False

    def __enter__(self) -> Self:
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._ear, False)
        os.set_blocking(self._mouth, False)
        signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._stop) for number in self.ASKING_TO_STOP}
        self._before[signal.SIGCHLD] = signal.signal(
            signal.SIGCHLD, lambda *_: None
        )  # without one it would not wake us
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._ear)
        os.close(self._mouth)

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until the next signal."""
        if self.stopping:
            return
        ready, _, _ = select.select([self._ear], [], [], seconds)
        if ready:
            os.read(self._ear, 512)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


@dataclass
class Pulse:
    """Whether something still moves: ``read`` gives a value, and it must change within ``limit`` seconds.

    Measured by the monotonic clock, so that neither a changed system clock nor a sleeping laptop looks like a dead worker.
    """

    read: Callable[[], object]
    limit: float
    _seen: object = None
    _seen_at: float = field(default_factory=time.monotonic)

    def moved(self) -> bool:
        """Look, and tell whether the value differs from the last look."""
        value = self.read()
        if value == self._seen:
            return False
        self._seen, self._seen_at = value, time.monotonic()
        return True

    def is_silent(self) -> bool:
        """Look, and tell whether it has not moved for too long."""
        return not self.moved() and time.monotonic() - self._seen_at > self.limit

    def forgive(self, seconds: float = 0.0) -> None:
        """Begin to count afresh, after this many seconds more: the cause is known, or was dealt with."""
        self._seen_at = time.monotonic() + seconds


@dataclass
class Part:
    """A child, how to tell that it is healthy, and how it stops."""

    child: Child
    is_healthy: Callable[[], bool]
    patience: float
    first: bool = False  # the others need it: wait for it before going on
    pulse: Pulse | None = None
    pause: float = 0.0
    started_at: float = 0.0
    again_at: float | None = None

    def start(self) -> None:
        """Start the child."""
        self.again_at = None
        self.started_at = time.monotonic()
        if self.pulse:
            self.pulse.forgive(STARTING_SECONDS)
        self.child.start()

    def plan_again(self) -> float:
        """Note when to start a child that has ended, later each time it ends young; return the seconds until then."""
        now = time.monotonic()
        steady = now - self.started_at > STEADY_AFTER_SECONDS
        self.pause = 0.0 if steady else min(max(2 * self.pause, 1.0), LONGEST_PAUSE_SECONDS)
        self.again_at = now + self.pause
        return self.pause


class Supervisor:
    """Runs the parts."""

    def __init__(self, parts: list[Part], signals: Signals, say: Callable[[str], None]) -> None:
        self._parts = parts
        self._signals = signals
        self._say = say

    def start(self) -> None:
        """Start all parts in order and wait until each is healthy, or until we are asked to stop.

        Raises:
            StartError: a part ended, or was not healthy in time.
        """
        for part in self._parts:
            if self._signals.stopping:
                return
            try:
                part.start()
            except OSError as error:  # no room for the log, no such program
                raise StartError(f"The {part.child.name} could not start: {error}") from error
            if part.first:
                self._wait_for(part)
        for part in self._parts:
            self._wait_for(part)

    def watch(self, look_after: Callable[[], None]) -> None:
        """Keep the parts running until we are asked to stop; ``look_after`` is called at every look."""
        while not self._signals.stopping:
            for part in self._parts:
                self._keep(part)
            look_after()
            self._signals.wait(LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """Stop all parts, the last one first."""
        for part in reversed(self._parts):
            part.child.stop(patience=part.patience)

    def restart(self, part: Part, reason: str) -> None:
        """Stop a part that lives but does not work, and start it again."""
        self._say(f"The {part.child.name} is started again: {reason}.")
        part.child.stop(patience=part.patience)
        part.start()

    def _wait_for(self, part: Part) -> None:
        until = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while not self._signals.stopping:
            if not part.child.is_running:
                raise StartError(f"The {part.child.name} could not start. {self._why(part)}")
            if part.is_healthy():
                return
            if time.monotonic() > until:
                raise StartError(
                    f"The {part.child.name} did not answer in {HEALTHY_WITHIN_SECONDS} s. {self._why(part)}"
                )
            self._signals.wait(LOOK_EVERY_SECONDS_AT_START)

    def _keep(self, part: Part) -> None:
        if part.child.is_running:
            return
        if part.again_at is None:
            pause = part.plan_again()
            self._say(
                f"The {part.child.name} ended (exit code {part.child.exit_code}) and is started again"
                f"{f' in {pause:.0f} s' if pause else ''}. See {part.child.log}."
            )
        elif time.monotonic() >= part.again_at:
            part.start()

    @staticmethod
    def _why(part: Part) -> str:
        words = part.child.last_words()
        return f"See {part.child.log}{f': {words}' if words else ''}"
