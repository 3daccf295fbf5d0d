"""What counts as news for people who signed up, measured from what they know. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.registration.models_announcements import News

if TYPE_CHECKING:
    from datetime import datetime

WORDS = {
    News.CANCELLED: "It is cancelled",
    News.POSTPONED: "It is postponed",
    News.PLANNED_AGAIN: "It takes place",
    News.MOVED: "A session has a new time",
    News.SESSION_CANCELLED: "A session is cancelled",
    News.SESSIONS_ADDED: "There are new sessions",
}
ABOUT_SESSIONS = (News.MOVED, News.SESSION_CANCELLED, News.SESSIONS_ADDED)


@dataclass(frozen=True)
class Times:
    """A session's time that people know."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class SessionChange:
    """What happened to one session."""

    activity_id: int
    session_id: int
    news: News
    was: Times | None  # its time before; None for one that was not there
    present: Times
    reason: str | None
    by_person_id: int | None


@dataclass(frozen=True)
class Told:
    """One session in the news."""

    session_id: int
    was: Times | None
    reason: str | None


@dataclass(frozen=True)
class Story:
    """What one mail says; ``is_current`` is False once something newer has been decided."""

    news: News
    reason: str | None
    sessions: tuple[Told, ...]
    is_current: bool


@dataclass(frozen=True)
class Audience:
    """How many would be told."""

    with_place: int = 0
    waiting: int = 0

    @property
    def people(self) -> int:
        """All of them."""
        return self.with_place + self.waiting


@dataclass(frozen=True)
class NewsLine:
    """One line of what people were told."""

    at: datetime
    words: str
    state: str


def state_words(*, is_left_out: bool, is_done: bool, told: int) -> str:
    """Say how far the telling has come."""
    if is_left_out:
        return "left out, because something newer was decided before it went out"
    if not is_done:
        return "goes out in some minutes" if not told else f"{told} mails so far"
    return f"{told} {'mail' if told == 1 else 'mails'}" if told else "nobody to tell"


def what_to_tell(untold: tuple[News, Times | None] | None, change: SessionChange) -> tuple[News, Times | None] | None:
    """Return the news measured from what people know, and the time that they know; None if that has come true again.

    Args:
        untold: the first change of this session that nobody was told yet, with the time before it.
        change: what happens now.
    """
    if untold is None:
        return None if change.news is News.MOVED and change.was == change.present else (change.news, change.was)
    first, known = untold
    if first is News.SESSIONS_ADDED:  # nobody has heard of it
        return None if change.news is News.SESSION_CANCELLED else (News.SESSIONS_ADDED, None)
    if change.news is News.SESSION_CANCELLED:
        return change.news, known
    return None if known == change.present else (News.MOVED, known)  # moved again, or back after all
