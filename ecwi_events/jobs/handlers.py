"""Which act does which kind of work. An older worker leaves kinds that it does not know alone.

A handler gets the application, the piece and the settings, in an application context and outside any transaction. It must
bear being called twice for the same piece. Long ones call `ecwi_events.work.service.checkpoint` now and then: it shows how
far they are, prolongs the lease, and stops them when the office has cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.attendance import messages
from ecwi_events.jobs.bounces import read_bounces
from ecwi_events.jobs.compiling import compile_edition
from ecwi_events.jobs.exporting import export_feed
from ecwi_events.jobs.left_behind import check_link, purge_file
from ecwi_events.jobs.mailing import send_mail
from ecwi_events.jobs.messaging import put_message
from ecwi_events.jobs.rounds import do_round, kinds
from ecwi_events.jobs.telling import tell_all
from ecwi_events.mail import service as mail
from ecwi_events.overview import service as overview
from ecwi_events.registration import telling

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim

    Handler = Callable[[Flask, Claim, Settings], None]

HANDLERS: dict[str, Handler] = {
    "feed.export": export_feed,
    "file.purge": purge_file,
    "mail.send": send_mail,
    messages.WORK_KIND: put_message,
    "mail.read_bounces": read_bounces,
    "overview.compile": compile_edition,
    telling.WORK_KIND: tell_all,
    "resource.check_link": check_link,
    **dict.fromkeys(kinds(), do_round),
}

# What else is to be settled when the office cancels work of a kind, in the same transaction.
CALLED_OFF: dict[str, Callable[[int, datetime], None]] = {
    messages.WORK_KIND: lambda message_id, now: messages.call_off(message_id, now=now),
    telling.WORK_KIND: lambda announcement_id, now: telling.stop_telling(announcement_id, now=now),
    "mail.send": lambda mail_id, _now: mail.note_called_off(mail_id),
    "overview.compile": lambda run_id, now: overview.note_trouble(
        run_id, "The office cancelled it.", final=True, now=now
    ),
}

# The same when work of a kind is given up, with the reason.
GIVEN_UP: dict[str, Callable[[int, str, datetime], None]] = {
    "mail.send": lambda mail_id, why, _now: mail.note_given_up(mail_id, why),
    "overview.compile": lambda run_id, why, now: overview.note_trouble(run_id, why, final=True, now=now),
}
