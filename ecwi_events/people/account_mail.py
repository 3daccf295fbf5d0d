"""Telling people by mail that something about their account changed, so that a change by somebody else is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail import service as mail
from ecwi_events.people.models import EmailAddress, Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

KIND = "people.account_changed"
# What is told, by the act in the journal. A name or a time zone that changes opens no door to anybody.
CHANGES = {
    "prove_address": "A new email address was added to your account.",
    "make_primary": "Our mails to you go to another email address now.",
    "remove_address": "An email address was removed from your account.",
    "add_second_factor": "A new way to confirm who you are was added to your account.",
    "remove_second_factor": "A way to confirm who you are was removed from your account.",
    "make_recovery_codes": "New recovery codes were made for your account. The old ones no longer work.",
    "use_recovery_code": "Somebody signed in to your account with one of your recovery codes.",
}


def tell_owner(person_id: int, entry_id: int | None, *, also: Iterable[str] = (), now: datetime) -> None:
    """Write one mail to each proved address of a person about an entry of the journal.

    Args:
        person_id: whose account it is.
        entry_id: what changed; None if nothing did, and then nobody is told.
        also: addresses that were the person's until this change.
        now: the door's instant.
    """
    if entry_id is None:
        return
    proved = db.session.scalars(
        sa.select(EmailAddress.address)
        .where(EmailAddress.person_id == person_id, EmailAddress.proved_at.is_not(None))
        .order_by(EmailAddress.id)
    ).all()
    mail.queue_all(
        [
            mail.NewMail(
                KIND,
                person_id=person_id,
                address=address,
                subject_id=entry_id,
                dedup_key=f"account:{entry_id}:{number}",
            )
            for number, address in enumerate(dict.fromkeys([*proved, *also]))
        ],
        now=now,
    )


def find_name(person_id: int) -> str | None:
    """Return the name of a person who is still there, or None."""
    return db.session.scalar(sa.select(Person.name).where(Person.id == person_id, Person.disabled_at.is_(None)))
