"""What a mail is made from: the facts for its words, and the files that travel with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel import product

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class CalendarFile:
    """A calendar object; with a ``method`` it is an invitation (or its withdrawal), without one a file to open."""

    body: bytes
    name: str
    method: str | None = None


@dataclass(frozen=True)
class Letter:
    """Everything that a kind of mail says to one person."""

    to_name: str
    facts: Mapping[str, object]
    language: str = "en"
    thread: str | None = None  # mails with the same thread are shown as one conversation
    calendar: CalendarFile | None = None
    activity_id: int = 0  # of which the mails of this kind can be stopped alone
    reply_to: str | None = None  # where answers go; to the sender if not given


@dataclass(frozen=True)
class WayOut:
    """How a reader stops mails of this kind: a link for people, which mail programs can use as well."""

    topic: str
    words: str
    link: str
    by_mail: str = ""  # the same by writing a mail, where somebody reads what comes back

    @property
    def ways(self) -> list[str]:
        """All of them, the best one first."""
        return [way for way in (self.link, self.by_mail) if way]


@dataclass(frozen=True)
class NotWanted:
    """The mail has lost its point; the reason is kept in its row."""

    reason: str


@dataclass(frozen=True)
class Sender:
    """Who writes: the From of every mail, and the organiser of every invitation."""

    address: str
    name: str = product.NAME
