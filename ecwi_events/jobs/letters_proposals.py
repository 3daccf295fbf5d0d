"""Mails to the host who proposed an activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import currencies, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.people import queries as people
from ecwi_events.programme import queries_proposals as proposals

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing

STATES = {"proposals.approved": "approved", "proposals.declined": "declined"}


def decided(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:  # noqa: ARG001 - every writer's signature
    """Return what the office has decided about a proposal."""
    found = proposals.find_proposal(mail.subject_id)
    name = people.names_of([mail.person_id]).get(mail.person_id) if mail.person_id else None
    if found is None or name is None:
        return NotWanted("erased")
    if found.state != STATES[mail.kind]:
        return NotWanted("superseded")
    budget = currencies.exactly(found.granted_minor, found.currency) if found.granted_minor else ""
    facts = {
        "greeting": mail_rules.greeting(name),
        "proposal": found,
        "budget": budget,
        "page": links.absolute(f"/host/proposals/{found.id}"),
        "activity_page": links.absolute(f"/host/activities/{found.activity_id}/sessions") if found.activity_id else "",
        "sender": sender,
    }
    return Letter(name, facts)
