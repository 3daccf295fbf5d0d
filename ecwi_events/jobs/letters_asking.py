"""The mail that asks a host for what the overview still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.overview import asking, board
from ecwi_events.people import queries as people

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing


def ask_host(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what a host still owes at this moment, or say that nothing is left to ask for."""
    asked = asking.find_question(mail.subject_id, now=now)
    if asked is None:
        return NotWanted("late")
    hosts = board.board(asked.year, zone="UTC", now=now, host_id=asked.organisation_id)
    lines = [line for host in hosts for line in host.lines if line.owed_by_host]
    if not lines:
        return NotWanted("settled")
    person_id = mail.person_id or 0
    name = people.names_of([person_id]).get(person_id, "")
    facts = {
        "greeting": mail_rules.greeting(name).strip(),
        "organisation": asked.organisation,
        "year": asked.year,
        "lines": [{"title": line.state.title, "gaps": [gap.words for gap in line.owed_by_host]} for line in lines],
        "marks": any(gap.code == "marks" for line in lines for gap in line.owed_by_host),
        "link": links.absolute(f"/ask/{asking.token_of(asked.uid)}"),
        "until": dates.day_label(asked.expires_at.date()),
        "sender": sender,
    }
    return Letter(name, facts)
