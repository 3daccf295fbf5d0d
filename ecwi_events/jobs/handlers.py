"""Which act does which kind of work. An older worker leaves kinds that it does not know alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.jobs.compiling import compile_edition
from ecwi_events.jobs.exporting import export_feed
from ecwi_events.jobs.mailing import send_mail
from ecwi_events.jobs.rounds import do_round, kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim

    Handler = Callable[[Flask, Claim, Settings], None]

HANDLERS: dict[str, Handler] = {
    "feed.export": export_feed,
    "mail.send": send_mail,
    "overview.compile": compile_edition,
    **dict.fromkeys(kinds(), do_round),
}
