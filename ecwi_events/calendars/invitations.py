"""The calendar object that travels with a mail about a sign-up.

One session: a proper invitation, which calendars take in by themselves, and its withdrawal. Several: one file to open,
because an invitation may hold one session only. Why: docs/decisions/0008-calendar-entries-in-mails.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import events, service
from ecwi_events.calendars.events import Method, Parties
from ecwi_events.kernel import links
from ecwi_events.mail.letters import CalendarFile
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from ecwi_events.calendars.events import Entry
    from ecwi_events.mail.letters import Sender
    from ecwi_events.registration.queries import MySignUp

INVITATION = "invite.ics"
FILE = "sessions.ics"


def for_sign_up(mine: MySignUp, sender: Sender, *, now: datetime) -> CalendarFile | None:
    """Return the calendar object for a sign-up as it stands now; None if the person never had a place."""
    if mine.confirmed_at is None:
        return None
    entries = service.personal_entries(mine)
    if not entries:
        return None
    if len(mine.sessions) != 1 or mine.address is None:
        return CalendarFile(events.download(entries), FILE)
    return _invitation(entries[0], mine, mine.address, sender, now=now)


def for_sign_ups(chosen: Sequence[MySignUp]) -> CalendarFile | None:
    """Return one file with the sessions that somebody has chosen and has a place in; None if there is none."""
    entries = service.entries_of(chosen)
    return CalendarFile(events.download(entries), FILE) if entries else None


def for_news(mine: MySignUp, session_ids: Collection[int], sender: Sender, *, now: datetime) -> CalendarFile | None:
    """Return the calendar object for news about some sessions; None if the person never had a place.

    One changed session is a proper invitation or its withdrawal, also in a series; for everything else it is the file.
    """
    uids = {f"session-{session.uid}@{links.host()}" for session in mine.activity.sessions if session.id in session_ids}
    if len(uids) != 1 or mine.address is None or mine.confirmed_at is None:
        return for_sign_up(mine, sender, now=now)
    entry = next((one for one in service.personal_entries(mine) if one.uid in uids), None)
    return _invitation(entry, mine, mine.address, sender, now=now) if entry else None


def _invitation(entry: Entry, mine: MySignUp, address: str, sender: Sender, *, now: datetime) -> CalendarFile:
    method = Method.REQUEST if mine.place is Place.CONFIRMED and not entry.is_cancelled else Method.CANCEL
    parties = Parties(sender.name, sender.address, mine.name, address)
    return CalendarFile(events.invitation(entry, method, parties, now=now), INVITATION, method.value)
