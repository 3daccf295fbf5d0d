"""From a session's facts to an iCalendar object: feed, download, invitation and cancellation.

Feeds and downloads have no METHOD and no people; an invitation has exactly one session, one organiser and one attendee.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.calendars import timezones, writing
from ecwi_events.kernel import dates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PRODUCT = "-//ECWI//ecwi-events//EN"
FETCH_AGAIN = "PT1H"
FEED_COLOUR = "teal"


class Method(StrEnum):
    """What a mailed calendar object asks of the reader's calendar."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Entry:
    """One session as it stands in somebody's calendar."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    sequence: int
    is_cancelled: bool
    description: str
    place: str | None
    url: str
    category: str
    created_at: datetime
    updated_at: datetime
    is_postponed: bool = False
    is_private: bool = False  # it holds a personal link, so colleagues who share the calendar see only that it is there


@dataclass(frozen=True)
class FeedFacts:
    """What a subscription says about itself."""

    name: str
    description: str
    address: str
    page: str


@dataclass(frozen=True)
class Parties:
    """Who invites and who is invited: the From and the To of the mail."""

    organiser_name: str
    organiser: str
    attendee_name: str
    attendee: str


def feed(facts: FeedFacts, entries: Sequence[Entry]) -> bytes:
    """Return a subscription. The same facts give the same bytes: DTSTAMP is the time of the last change."""
    name, description = writing.text(facts.name), writing.text(facts.description)
    about = (
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"DESCRIPTION:{description}",
        f"X-WR-CALDESC:{description}",
        f"SOURCE;VALUE=URI:{facts.address}",
        f"URL:{facts.page}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{FETCH_AGAIN}",
        f"X-PUBLISHED-TTL:{FETCH_AGAIN}",
        f"COLOR:{FEED_COLOUR}",
    )
    return _written(about, entries)


def download(entries: Sequence[Entry]) -> bytes:
    """Return a file for "add to calendar": without a name, because Outlook would make a new calendar of it."""
    return _written((), entries)


def invitation(entry: Entry, method: Method, parties: Parties, *, now: datetime) -> bytes:
    """Return a mailed object for one session and one person."""
    return _written((f"METHOD:{method.value}",), [entry], parties=parties, stamp=now)


def _written(
    about: Sequence[str], entries: Sequence[Entry], *, parties: Parties | None = None, stamp: datetime | None = None
) -> bytes:
    entries = sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))
    blocks = _blocks(entries)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", *about]
    for block in blocks.values():
        lines += block
    if not entries:
        lines += timezones.utc_block()  # a calendar may not be empty
    for entry in entries:
        lines += _event(entry, local=_is_local(entry, blocks), stamp=stamp or entry.updated_at)
        lines += _people(parties) if parties else ()
        lines.append("END:VEVENT")
    return writing.body((*lines, "END:VCALENDAR"))


def _blocks(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Return a VTIMEZONE for each zone that some event will name, in the order of their names."""
    blocks = {}
    for zone in sorted({entry.zone for entry in entries}):
        named = [entry for entry in entries if entry.zone == zone and not _is_ambiguous(entry)]
        if not named:
            continue
        earliest, latest = min(entry.starts_at for entry in named), max(entry.ends_at for entry in named)
        if block := timezones.block(zone, earliest, latest):
            blocks[zone] = block
    return blocks


def _is_local(entry: Entry, blocks: dict[str, tuple[str, ...]]) -> bool:
    return entry.zone in blocks and not _is_ambiguous(entry)


def _is_ambiguous(entry: Entry) -> bool:
    return any(timezones.is_ambiguous(at, entry.zone) for at in (entry.starts_at, entry.ends_at))


def _event(entry: Entry, *, local: bool, stamp: datetime) -> list[str]:
    # In words as well, because several calendars show STATUS faintly or not at all.
    # A postponed session does not take place at its old time: it is cancelled until there is a new one.
    prefix = "Postponed: " if entry.is_postponed else "Cancelled: " if entry.is_cancelled else ""
    status = "CANCELLED" if entry.is_cancelled or entry.is_postponed else "CONFIRMED"
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"DTSTAMP:{writing.utc(stamp)}",
        _moment("DTSTART", entry.starts_at, entry.zone, local=local),
        _moment("DTEND", entry.ends_at, entry.zone, local=local),
        f"SUMMARY:{writing.text(prefix + entry.title)}",
        f"SEQUENCE:{entry.sequence}",
        f"STATUS:{status}",
        f"CREATED:{writing.utc(entry.created_at)}",
        f"LAST-MODIFIED:{writing.utc(entry.updated_at)}",
        f"DESCRIPTION:{writing.text(entry.description)}",
        *([f"LOCATION:{writing.text(entry.place)}"] if entry.place else []),
        f"URL:{entry.url}",
        f"CATEGORIES:{writing.text(entry.category)}",
        f"CLASS:{'PRIVATE' if entry.is_private else 'PUBLIC'}",
        f"TRANSP:{'OPAQUE' if status == 'CONFIRMED' else 'TRANSPARENT'}",
    ]


def _moment(name: str, at: datetime, zone: str, *, local: bool) -> str:
    if not local:
        return f"{name}:{writing.utc(at)}"
    return f"{name};TZID={zone}:{writing.wall(at.astimezone(dates.zone_info(zone)))}"


def _people(parties: Parties) -> list[str]:
    """The organiser, and the one attendee: signed up already, so there is nothing left to answer."""
    attendee = f"CN={writing.quoted(parties.attendee_name)};PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE"
    return [
        f"ORGANIZER;CN={writing.quoted(parties.organiser_name)}:mailto:{parties.organiser}",
        f"ATTENDEE;{attendee}:mailto:{parties.attendee}",
    ]
