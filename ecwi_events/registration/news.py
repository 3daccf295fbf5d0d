"""What counts as news for people who signed up, measured from what they know. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.registration.models_announcements import News

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WORDS = {
    News.CANCELLED: "It is cancelled",
    News.POSTPONED: "It is postponed",
    News.PLANNED_AGAIN: "It takes place",
    News.MOVED: "A session has a new time",
    News.SESSION_CANCELLED: "A session is cancelled",
    News.SESSIONS_ADDED: "There are new sessions",
    News.SESSION_RESTORED: "A session takes place after all",
}
ABOUT_SESSIONS = (News.MOVED, News.SESSION_CANCELLED, News.SESSIONS_ADDED, News.SESSION_RESTORED)


@dataclass(frozen=True)
class Times:
    """A session's time that people know."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Seen:
    """A session as somebody knows it; without times they have not heard of it."""

    times: Times | None = None
    is_cancelled: bool = False


@dataclass(frozen=True)
class SessionChange:
    """What happened to one session."""

    activity_id: int
    session_id: int
    was: Seen
    present: Seen
    reason: str | None
    by_person_id: int | None


@dataclass(frozen=True)
class Span:
    """Who is meant, by when they came (signed up, or got their place): after one instant, up to another."""

    after: datetime | None  # None: from the beginning
    by: datetime


@dataclass(frozen=True)
class Told:
    """One session in the news, and how its reader knew it before."""

    session_id: int
    known: Seen
    reason: str | None


@dataclass(frozen=True)
class Story:
    """What one mail says; ``is_current`` is False once something newer has been decided.

    ``waits_until``: something newer has happened and is not told yet. It may be taken back, so that this still holds.
    """

    news: News
    reason: str | None
    sessions: tuple[Told, ...]
    is_current: bool
    waits_until: datetime | None = None


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

    id: int
    at: datetime
    words: str
    state: str
    may_be_told: bool = False  # it was stopped, and nothing newer has taken its place


def state_words(*, is_left_out: bool, is_stopped: bool, is_given_up: bool, is_done: bool, told: int) -> str:
    """Say how far the telling has come."""
    mails = f"{told} {'mail' if told == 1 else 'mails'}"
    if is_left_out:
        return "left out, because something newer was decided before it went out"
    if is_stopped:
        return f"was stopped by the office {f'after {mails}' if told else 'before anybody was told'}"
    if is_given_up:
        return f"could not go out{f' after {mails}' if told else ''}: the office finds it in the list of work"
    if not is_done:
        return "goes out in some minutes" if not told else f"{mails} so far"
    return mails if told else "nobody to tell"


def news_between(known: Seen, present: Seen) -> News | None:
    """Return what is news for somebody who knows a session in one way, now that it is another; None if nothing is."""
    if known.times is None:
        return None if present.is_cancelled else News.SESSIONS_ADDED
    if present.is_cancelled:
        return None if known.is_cancelled else News.SESSION_CANCELLED
    if known.is_cancelled:
        return News.SESSION_RESTORED
    return News.MOVED if known.times != present.times else None


def known_before(news: News, was: Times | None) -> Seen:
    """Return how those to whom something is news know the session."""
    return Seen(was, is_cancelled=news is News.SESSION_RESTORED)


def who_to_tell(untold: Sequence[tuple[Seen, Span]], change: SessionChange, now: datetime) -> list[tuple[Seen, Span]]:
    """Return how each person knows the session, by when they came, from those who came first to those who came last.

    Args:
        untold: how those know it who came before earlier changes, which nobody was told yet.
        change: what happens now; everybody else knows how it was before.
        now: the instant of the change.
    """
    others = [(change.was, span) for span in _gaps([span for _, span in untold], now)]
    return sorted([*untold, *others], key=lambda one: one[1].by)


def _gaps(spans: Sequence[Span], until: datetime) -> list[Span]:
    """Return what lies between spans that do not overlap, up to an instant."""
    found: list[Span] = []
    reached: datetime | None = None  # the beginning
    for span in sorted(spans, key=lambda one: one.by):
        if span.after is not None and span.after != reached:
            found.append(Span(reached, span.after))
        reached = span.by
    return [*found, Span(reached, until)] if reached is None or reached < until else found
