"""The addresses of a person: each is proved by a button behind a mailed link, and one of them is the primary one.

Whoever adds an address learns nothing about it: the page and the rows are the same for free, taken and own addresses.
Only the mail differs, and only the owner of the address reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, normalise_address
from ecwi_events.mail import service as mail
from ecwi_events.mail import suppression
from ecwi_events.people import account_mail, rules
from ecwi_events.people.models import AddressProof, EmailAddress, Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PURPOSE = "address"
OLD_LINK = "This link no longer works. Add the address again in your settings."


@dataclass(frozen=True)
class Address:
    """An address as its owner sees it."""

    id: int
    address: str
    is_primary: bool
    proved_at: datetime | None


@dataclass(frozen=True)
class PendingProof:
    """An address that a button would give to somebody; ``is_taken``: it belongs to somebody else."""

    address: str
    person_id: int
    name: str
    is_taken: bool


def addresses_of(person_id: int) -> Sequence[Address]:
    """Return the addresses of a person, the primary one first."""
    rows = db.session.execute(
        sa.select(EmailAddress.id, EmailAddress.address, EmailAddress.is_primary, EmailAddress.proved_at)
        .where(EmailAddress.person_id == person_id)
        .order_by(EmailAddress.is_primary.desc(), EmailAddress.id)
    )
    return [Address(*row) for row in rows]


def waiting_addresses(person_id: int, *, now: datetime) -> Sequence[str]:
    """Return the addresses that a person wants to add and has not proved yet."""
    rows = db.session.scalars(
        sa.select(AddressProof.address)
        .where(AddressProof.person_id == person_id, AddressProof.spent_at.is_(None), AddressProof.expires_at > now)
        .order_by(AddressProof.id)
    )
    return list(dict.fromkeys(rows))


def ask_for_proof(person_id: int, address: str, *, now: datetime) -> None:
    """Mail a link that proves an address; the answer is the same whoever has the address.

    Raises:
        Invalid: this is no address.
        Refused: the person has asked for too many today.
    """
    if fault := rules.address_fault(address):
        raise Invalid({"address": fault})
    since = now - rules.PROOF_LIVES
    asked = sa.select(sa.func.count()).where(AddressProof.person_id == person_id, AddressProof.created_at > since)
    if (db.session.scalar(asked) or 0) >= rules.MOST_PROOFS_A_DAY:
        raise Refused("too_many", "You have asked for many links today. Try again tomorrow.")
    row = _new_proof(person_id, address, now=now)
    mail.queue(
        mail.NewMail(
            "people.prove_address",
            person_id=None,
            address=clean_line(address),
            subject_id=row.id,
            dedup_key=f"address:{row.id}",
            not_after=row.expires_at,
        ),
        now=now,
    )


def token_of(proof_id: int) -> str:
    """Return the token of a proof: derived, so that the mail can carry it and the table need not."""
    return tokens.derived(PURPOSE, str(proof_id))


def find_proof(token: str, *, now: datetime) -> PendingProof | None:
    """Return what the link would prove, or None if it is unknown, spent or too old. Reading spends nothing."""
    row = db.session.execute(
        sa.select(AddressProof.address, AddressProof.person_id, Person.name, EmailAddress.person_id.label("owner_id"))
        .join(Person, Person.id == AddressProof.person_id)
        .outerjoin(EmailAddress, EmailAddress.normalised == AddressProof.normalised)
        .where(
            AddressProof.token_hash == tokens.digest(token),
            AddressProof.spent_at.is_(None),
            AddressProof.expires_at > now,
            Person.disabled_at.is_(None),
            Person.merged_into_id.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return PendingProof(row.address, row.person_id, row.name, is_taken=row.owner_id not in {None, row.person_id})


def prove(token: str, *, now: datetime) -> str:
    """Spend the link: the address belongs to the person from now on; return the address.

    Raises:
        Refused: the link is unknown, spent or too old, or the address belongs to somebody else.
    """
    found = find_proof(token, now=now)
    spent = found and db.session.execute(
        sa.update(AddressProof)
        .where(AddressProof.token_hash == tokens.digest(token), AddressProof.spent_at.is_(None))
        .values(spent_at=now)
    )
    if found is None or not spent or spent.rowcount != 1 or found.is_taken:  # type: ignore[attr-defined]
        raise Refused("link_too_old", OLD_LINK)
    normalised = normalise_address(found.address)
    row = {
        "person_id": found.person_id, "address": found.address, "normalised": normalised,
        "is_primary": not addresses_of(found.person_id), "proved_at": now,
    }  # fmt: skip
    if not insert_unless_there(EmailAddress, [row], key=["normalised"]):
        own = (EmailAddress.normalised == normalised, EmailAddress.person_id == found.person_id)
        known = db.session.execute(sa.update(EmailAddress).where(*own).values(proved_at=now))
        if known.rowcount != 1:  # type: ignore[attr-defined]  # somebody else was faster
            raise Refused("link_too_old", OLD_LINK)
    suppression.lift(found.address, now=now)  # whoever opened the link reads its mails again
    after = {"addresses": len(addresses_of(found.person_id))}
    entry = journal.note("prove_address", "person", found.person_id, after=after, now=now)
    account_mail.tell_owner(found.person_id, entry, now=now)
    return found.address


def note_proved(address: str, *, now: datetime) -> None:
    """Keep that whoever has this address reads its mails: they pressed a button behind a link that only went there."""
    not_yet = (EmailAddress.normalised == normalise_address(address), EmailAddress.proved_at.is_(None))
    db.session.execute(sa.update(EmailAddress).where(*not_yet).values(proved_at=now))
    suppression.lift(address, now=now)


def is_proved(person_id: int, address: str) -> bool:
    """Tell whether an address belongs to a person and a mail to it has proved that."""
    own = sa.select(EmailAddress.id).where(
        EmailAddress.person_id == person_id,
        EmailAddress.normalised == normalise_address(address),
        EmailAddress.proved_at.is_not(None),
    )
    return db.session.scalar(own) is not None


def make_primary(person_id: int, address_id: int, *, now: datetime) -> None:
    """Choose where we write to.

    Raises:
        NotFound: the person has no such address.
        Refused: the address is not proved yet.
    """
    chosen = _own(person_id, address_id)
    if chosen.proved_at is None:
        raise Refused("not_proved", "Open the link in our mail to this address first.")
    if chosen.is_primary:
        return
    mine = sa.update(EmailAddress).where(EmailAddress.person_id == person_id)
    db.session.execute(mine.values(is_primary=sa.case((EmailAddress.id == address_id, sa.true()), else_=sa.false())))
    before, after = {"address": "old"}, {"address": "new"}
    entry = journal.note("make_primary", "person", person_id, before=before, after=after, now=now)
    account_mail.tell_owner(person_id, entry, now=now)


def remove(person_id: int, address_id: int, *, now: datetime) -> None:
    """Take an address away.

    Raises:
        NotFound: the person has no such address.
        Refused: it is the primary one.
    """
    gone = _own(person_id, address_id)
    if gone.is_primary:
        raise Refused("primary", "We write to this address. Choose another one first.")
    db.session.execute(sa.delete(EmailAddress).where(EmailAddress.id == address_id))
    left = len(addresses_of(person_id))
    before, after = {"addresses": left + 1}, {"addresses": left}
    entry = journal.note("remove_address", "person", person_id, before=before, after=after, now=now)
    account_mail.tell_owner(person_id, entry, also=[gone.address] if gone.proved_at else [], now=now)


def _own(person_id: int, address_id: int) -> Address:
    found = next((one for one in addresses_of(person_id) if one.id == address_id), None)
    if found is None:
        raise NotFound("We cannot find this address.")
    return found


def _new_proof(person_id: int, address: str, *, now: datetime) -> AddressProof:
    row = AddressProof(
        person_id=person_id, address=address, normalised=normalise_address(address),
        token_hash=tokens.digest(tokens.fresh()),  # until the row has the id that its token is derived from
        expires_at=now + rules.PROOF_LIVES, created_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    row.token_hash = tokens.digest(token_of(row.id))
    db.session.flush()
    return row
