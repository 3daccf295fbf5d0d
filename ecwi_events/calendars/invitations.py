"""The calendar object that travels with a mail about a sign-up.

One session: a proper invitation, which calendars take in by themselves, and its withdrawal. Several: one file to open,
because an invitation may hold one session only. Why: docs/decisions/0008-calendar-entries-in-mails.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.calendars import events, service
from ecwi_events.calendars.events import Method, Parties
from ecwi_events.mail.letters import CalendarFile
from ecwi_events.registration.models import Place

if TYPE_CHECKING:
    from datetime import datetime

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
    if len(mine.activity.sessions) != 1 or mine.address is None:
        return CalendarFile(events.download(entries), FILE)
    method = Method.REQUEST if mine.place is Place.CONFIRMED and not entries[0].is_cancelled else Method.CANCEL
    parties = Parties(sender.name, sender.address, mine.name, mine.address)
    return CalendarFile(events.invitation(entries[0], method, parties, now=now), INVITATION, method.value)
