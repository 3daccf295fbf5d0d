"""Closing an account, opening it again, and forgetting who somebody was.

What is left of an erased person is a row without a name: organisation and country, by which the figures of past years are
counted, and the verdicts of attendance. Everything that says who it was goes, also from records that were merged into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.models_delivery import Bounce, MailStop, Suppression
from ecwi_events.mail.rules import NO_ADDRESS
from ecwi_events.people import browser_sessions
from ecwi_events.people.models import (
    AddressProof,
    Affiliation,
    EmailAddress,
    Merge,
    MergeOf,
    Person,
    Role,
    RoleGrant,
)
from ecwi_events.people.models_signing_in import BrowserSession, OneTimeCodes, Passkey, RecoveryCode, SignInToken

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

ERASED = "Erased person"
ABOUT_ONE = (
    EmailAddress, AddressProof, Affiliation, SignInToken, BrowserSession, OneTimeCodes, RecoveryCode, Passkey, RoleGrant,
    MailStop,
)  # fmt: skip
OPEN_MAIL = (MailState.QUEUED, MailState.RETRY)


def disable(person_id: int, *, by_person_id: int, now: datetime) -> None:
    """Close somebody's account: signed out everywhere, no sign-in, and nothing that one could stop (reminders, messages).

    Places stay as they are, and so do mails about them: nobody shall travel to what is cancelled.

    Raises:
        NotFound: there is no such person.
        Refused: it is one's own account, or an administrator's.
    """
    person = get_person(person_id)
    if person_id == by_person_id:
        raise Refused("own_account", "You cannot close your own account here. You can delete it in your settings.")
    refuse_for_administrators(person_id)
    if person.disabled_at:
        return
    person.disabled_at = now
    db.session.flush()
    browser_sessions.end_all(person_id, now=now)
    journal.note("disable", "person", person_id, before={"disabled_at": None}, after={"disabled_at": now}, now=now)


def enable(person_id: int, *, now: datetime) -> None:
    """Open a closed account again.

    Raises:
        NotFound: there is no such person.
        Refused: the person was erased or merged; there is nothing to open.
    """
    person = get_person(person_id)
    if person.erased_at or person.merged_into_id:
        raise Refused("gone", "This record was erased or merged. It cannot be opened again.")
    if person.disabled_at is None:
        return
    before = {"disabled_at": person.disabled_at}
    person.disabled_at = None
    db.session.flush()
    journal.note("enable", "person", person_id, before=before, after={"disabled_at": None}, now=now)


def forget_person(person_id: int, *, now: datetime) -> None:
    """Take away everything that says who a person was. The caller has freed the places before.

    Raises:
        NotFound: there is no such person.
    """
    get_person(person_id)
    everyone = with_merged(person_id)
    _forget_what_came_back(everyone)
    for table in ABOUT_ONE:
        db.session.execute(sa.delete(table).where(table.person_id.in_(everyone)))
    mails = sa.update(Mail).where(Mail.person_id.in_(everyone))
    db.session.execute(mails.where(Mail.state.in_(OPEN_MAIL)).values(state=MailState.SKIPPED, reason="erased"))
    db.session.execute(mails.values(address=NO_ADDRESS, last_error=None))
    theirs = sa.or_(Merge.kept_id.in_(everyone), Merge.merged_id.in_(everyone))
    db.session.execute(sa.delete(Merge).where(Merge.of == MergeOf.PERSON, theirs))
    for person in db.session.scalars(sa.select(Person).where(Person.id.in_(everyone))):
        person.name, person.organisation_text, person.zone, person.language = ERASED, None, None, "en"
        person.disabled_at = person.disabled_at or now
        person.erased_at = person.erased_at or now
    db.session.flush()
    journal.note("erase_person", "person", person_id, after={"erased_at": now}, now=now)
    for one in everyone:
        journal.forget(one)


def _forget_what_came_back(everyone: Collection[int]) -> None:
    """Take out the addresses in reports about mails; called while it is still known whose they are."""
    theirs = sa.select(EmailAddress.normalised).where(EmailAddress.person_id.in_(everyone))
    mails = sa.select(Mail.id).where(Mail.person_id.in_(everyone))
    db.session.execute(sa.delete(Bounce).where(sa.or_(Bounce.normalised.in_(theirs), Bounce.mail_id.in_(mails))))
    db.session.execute(sa.delete(Suppression).where(Suppression.normalised.in_(theirs)))


def get_person(person_id: int) -> Person:
    """Return a person.

    Raises:
        NotFound: there is no such person.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound("We cannot find this person.")
    return person


def refuse_for_administrators(person_id: int) -> None:
    """Refuse what must not happen to somebody who still administers.

    Raises:
        Refused: the person is an administrator.
    """
    role = sa.select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.role == Role.ADMINISTRATOR)
    if db.session.scalar(role):
        raise Refused(
            "administrator", "This person is an administrator. Another administrator takes the role back first."
        )


def with_merged(person_id: int) -> Collection[int]:
    """Return the person and every record that was merged into it, at any depth."""
    found, new = {person_id}, {person_id}
    while new:
        new = set(db.session.scalars(sa.select(Person.id).where(Person.merged_into_id.in_(new)))) - found
        found |= new
    return found
