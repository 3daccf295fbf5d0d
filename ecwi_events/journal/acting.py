"""Who acts, and through which door: said once by the door, so that acts need not hand it down.

A door opens it with `through` (or `enter` and `leave`, where the framework has a hook for each). An act that writes in the
journal although no door was said is a bug, and fails; tests may allow it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.journal.rules import Door

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Acting:
    """A door, and a question for the person, which is asked only when something is written."""

    door: Door
    who: Callable[[], int | None]

    @property
    def person_id(self) -> int | None:
        """Return the person who acts, or None if nobody is known."""
        return self.who()


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)
_unknown_is_fine: list[bool] = []


@contextmanager
def through(door: Door | str, person_id: int | None = None) -> Iterator[None]:
    """Say for a block who acts and through which door."""
    before = enter(door, lambda: person_id)
    try:
        yield
    finally:
        leave(before)


def enter(door: Door | str, who: Callable[[], int | None]) -> Acting | None:
    """Say it until `leave` is called with what this returns."""
    before = _acting.get()
    _acting.set(Acting(Door(door), who))
    return before


def leave(before: Acting | None) -> None:
    """Go back to what was said before."""
    _acting.set(before)


def present() -> Acting:
    """Return who acts.

    Raises:
        RuntimeError: no door has said it.
    """
    acting = _acting.get()
    if acting is None and not _unknown_is_fine:
        raise RuntimeError("journal.acting.through() must say who acts before an act writes in the journal")
    return acting or Acting(Door.UNKNOWN, lambda: None)


def allow_unknown() -> None:
    """Let acts write without a door in this process: for tests, which call acts directly."""
    _unknown_is_fine[:] = [True]
