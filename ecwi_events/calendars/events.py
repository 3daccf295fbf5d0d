"""From a session's facts to an iCalendar object: feed, download, invitation and cancellation.

Feeds and downloads have no METHOD and no people; an invitation has exactly one session, one organiser and one attendee.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from icalendar import Calendar, Event, vCalAddress, vDuration, vText, vUri

from ecwi_events.calendars import timezones
from ecwi_events.kernel import dates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icalendar import Timezone

PRODUCT = "-//ECWI//ecwi-events//EN"
FETCH_AGAIN = timedelta(hours=1)
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
    calendar = _calendar()
    calendar.add("name", vText(facts.name))
    calendar.add("x-wr-calname", vText(facts.name))
    calendar.add("description", vText(facts.description))
    calendar.add("x-wr-caldesc", vText(facts.description))
    calendar.add("source", vUri(facts.address, params={"VALUE": "URI"}))
    calendar.add("url", facts.page)
    calendar.add("refresh-interval", vDuration(FETCH_AGAIN, params={"VALUE": "DURATION"}))
    calendar.add("x-published-ttl", vDuration(FETCH_AGAIN))
    calendar.add("color", FEED_COLOUR)
    return _written(calendar, entries)


def download(entries: Sequence[Entry]) -> bytes:
    """Return a file for "add to calendar": without a name, because Outlook would make a new calendar of it."""
    return _written(_calendar(), entries)


def invitation(entry: Entry, method: Method, parties: Parties, *, now: datetime) -> bytes:
    """Return a mailed object for one session and one person."""
    calendar = _calendar()
    calendar.add("method", method.value)
    return _written(calendar, [entry], parties=parties, stamp=now)


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _written(
    calendar: Calendar, entries: Sequence[Entry], *, parties: Parties | None = None, stamp: datetime | None = None
) -> bytes:
    entries = sorted(entries, key=lambda entry: (entry.starts_at, entry.uid))
    blocks = _blocks(entries)
    for block in blocks.values():
        calendar.add_component(block)
    if not entries:
        calendar.add_component(timezones.utc_block())  # a calendar may not be empty
    for entry in entries:
        calendar.add_component(_event(entry, local=_is_local(entry, blocks), stamp=stamp, parties=parties))
    return bytes(calendar.to_ical())


def _blocks(entries: Sequence[Entry]) -> dict[str, Timezone]:
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


def _is_local(entry: Entry, blocks: dict[str, Timezone]) -> bool:
    return entry.zone in blocks and not _is_ambiguous(entry)


def _is_ambiguous(entry: Entry) -> bool:
    return any(timezones.is_ambiguous(at, entry.zone) for at in (entry.starts_at, entry.ends_at))


def _event(entry: Entry, *, local: bool, stamp: datetime | None, parties: Parties | None) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", stamp or entry.updated_at)
    for name, at in (("dtstart", entry.starts_at), ("dtend", entry.ends_at)):
        event.add(name, at.astimezone(dates.zone_info(entry.zone)) if local else at)
    # In words as well, because several calendars show STATUS faintly or not at all.
    prefix = "Cancelled: " if entry.is_cancelled else "Postponed: " if entry.is_postponed else ""
    event.add("summary", vText(prefix + entry.title))
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.is_cancelled else "TENTATIVE" if entry.is_postponed else "CONFIRMED")
    event.add("created", entry.created_at)
    event.add("last-modified", entry.updated_at)
    event.add("description", vText(entry.description))
    if entry.place:
        event.add("location", vText(entry.place))
    event.add("url", entry.url)
    event.add("categories", [entry.category])
    event.add("class", "PRIVATE" if entry.is_private else "PUBLIC")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled or entry.is_postponed else "OPAQUE")
    if parties:
        event.add("organizer", _address(parties.organiser_name, parties.organiser))
        attendee = _address(parties.attendee_name, parties.attendee)
        # They signed up themselves: there is nothing left to answer.
        attendee.params.update({"PARTSTAT": "ACCEPTED", "RSVP": "FALSE", "ROLE": "REQ-PARTICIPANT"})
        event.add("attendee", attendee)
    return event


def _address(name: str, address: str) -> vCalAddress:
    value = vCalAddress(f"mailto:{address}")
    value.params["CN"] = name.replace('"', "'")
    return value
