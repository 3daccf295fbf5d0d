"""Reminders written before their transaction begins, so that it is one short statement.

What they say is read together for a batch. Mails to people in one zone about one session differ in a few words: they are
rendered once and filled in for each reader. Nothing of this is believed when a mail starts: the statement that starts it
asks whether sign-up, session and activity are still as they were read. If not, the mail is written anew, or dropped.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ecwi_events.jobs import letters_reminders, mail_batch
from ecwi_events.kernel import links
from ecwi_events.mail import message, rendering, stopping
from ecwi_events.mail.letters import Letter
from ecwi_events.mail.service import Still
from ecwi_events.registration import unchanged

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender, WayOut
    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.mail.rendering import Rendered
    from ecwi_events.programme.queries import ActivityPage, SessionView
    from ecwi_events.registration.queries import MySignUp

GOOD_FOR = timedelta(seconds=1)  # how long what was rendered is used again: it says "in 12 minutes"
MOST_KNOWN = 200
_thread = threading.local()


@dataclass(frozen=True)
class Ahead:
    """A mail that is written, how its reader stops such mails, and what must still hold for it to go."""

    text: bytes
    stop: stopping.Stop | None
    still: Still


@dataclass
class Known:
    """What was rendered a moment ago."""

    activity: ActivityPage
    made_at: datetime
    words: Rendered

    def is_good(self, activity: ActivityPage, *, now: datetime) -> bool:
        """Tell whether it says the same of this activity now; another object is compared once."""
        if not self.made_at <= now < self.made_at + GOOD_FOR:
            return False
        if self.activity is activity:
            return True
        if self.activity != activity:
            return False
        self.activity = activity
        return True


def written(mail: Outgoing, sender: Sender, write_to: str = "", *, now: datetime) -> Ahead | None:
    """Write a reminder from what was read for the batch; None if it is another kind of mail, or may not be wanted.

    Args:
        mail: to write.
        sender: whose name it bears.
        write_to: where mails that stop it are read, as in `ecwi_events.mail.stopping.way_out`.
        now: the door's instant.
    """
    if mail.kind not in letters_reminders.BEFORE:
        return None
    mine = mail_batch.current().sign_ups.get(mail.subject_id)
    session = letters_reminders.session_of(mine, mail) if mine else None
    if mine is None or session is None:
        return None
    letter = Letter(mine.name, {}, thread=letters_reminders.thread_of(mine))
    stop = stopping.of_mail(mail, letter)
    way_out = stopping.way_out(stop, write_to=write_to)
    envelope = message.Envelope(sender, mail.address, mail.message_id, mail.kind, now, way_out)
    text = message.build(envelope, letter, _words(mail.kind, mine, session, sender, way_out, now=now))
    return Ahead(text, stop, Still(unchanged.IS_UNCHANGED, unchanged.asked_of(mine, session)))


def _words(
    kind: str, mine: MySignUp, session: SessionView, sender: Sender, way_out: WayOut | None, *, now: datetime
) -> Rendered:
    gaps = letters_reminders.own_facts_before(mine, session, now=now)
    key = (kind, session.id, mine.zone, sender, way_out is None, links.absolute("/"), *gaps)
    known: dict[object, Known] = _thread.__dict__.setdefault("known", {})
    there = known.get(key)
    if there is None or not there.is_good(mine.activity, now=now):
        if len(known) >= MOST_KNOWN:
            known.clear()
        facts = letters_reminders.shared_facts(session, mine.activity, mine.zone, sender, now=now)
        there = known[key] = Known(mine.activity, now, rendering.pattern(kind, facts, gaps, way_out))
    if way_out:
        gaps[rendering.WAY_OUT] = way_out.link
    return rendering.filled(there.words, gaps)
