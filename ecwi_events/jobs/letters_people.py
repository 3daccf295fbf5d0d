"""Mails about somebody's account: the link to sign in, the proof of an address, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.journal import queries as journal
from ecwi_events.kernel import dates, links
from ecwi_events.mail import rules as mail_rules
from ecwi_events.mail.letters import Letter, NotWanted
from ecwi_events.people import account_mail, addresses, signing_in

if TYPE_CHECKING:
    from datetime import datetime

    from ecwi_events.mail.letters import Sender
    from ecwi_events.mail.queries import Outgoing


def sign_in(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the link and the code."""
    found = signing_in.find_mail(mail.subject_id, now=now)
    if found is None or mail.not_after is None:
        return NotWanted("late")
    return Letter(
        found.name,
        {
            "greeting": mail_rules.greeting(found.name),
            "link": links.absolute(f"/sign-in/{found.link}"),
            "code": f"{found.code[:3]} {found.code[3:]}",
            "minutes": max(1, round((mail.not_after - now).total_seconds() / 60)),
            "sender": sender,
        },
    )


def prove_address(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return the link that proves an address, or the word that it is somebody's already."""
    token = addresses.token_of(mail.subject_id)
    found = addresses.find_proof(token, now=now)
    if found is None:
        return NotWanted("late")
    # Whoever has the address already reads no more about the other person than that somebody asked.
    link = "" if found.is_taken else links.absolute(f"/me/addresses/prove/{token}")
    name = "" if found.is_taken else found.name
    facts = {"greeting": mail_rules.greeting(name).strip(), "link": link, "address": found.address, "sender": sender}
    return Letter(name, facts)


def account_changed(mail: Outgoing, sender: Sender, now: datetime) -> Letter | NotWanted:
    """Return what changed and what to do if it was somebody else."""
    entry = journal.find_entry(mail.subject_id)
    name = account_mail.find_name(mail.person_id) if mail.person_id else None
    if entry is None or name is None:
        return NotWanted("erased")
    facts = {
        "greeting": mail_rules.greeting(name),
        "change": account_mail.CHANGES[entry.act],
        "when": dates.moment(entry.at, "UTC", now=now),
        "settings": links.absolute("/me/settings"),
        "devices": links.absolute("/me/devices"),
        "sender": sender,
    }
    return Letter(name, facts)
