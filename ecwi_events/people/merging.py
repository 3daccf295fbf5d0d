"""Merging, as far as people and organisations themselves are concerned: what belongs to one record goes to the other.

What the rooms above hold (sign-ups, presences, reminders; roles in activities) is moved there, into the same ledger:
`ecwi_events.reminders.merging` and `ecwi_events.programme.merging` are the acts that doors call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.mail.models_delivery import MailStop
from ecwi_events.people import rules
from ecwi_events.people.ledger import row_of
from ecwi_events.people.models import (
    AddressProof,
    Affiliation,
    EmailAddress,
    MembershipSpell,
    Merge,
    MergeOf,
    Organisation,
    OrganisationAlias,
    Person,
    Role,
    RoleGrant,
)
from ecwi_events.people.models_signing_in import BrowserSession, SignInToken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.people.ledger import Ledger

FILLED_IN = ("country", "zone")


@dataclass(frozen=True)
class Done:
    """A merge as the page of the record that is left shows it."""

    id: int
    merged_id: int
    merged_at: datetime
    undone_at: datetime | None
    may_undo: bool


def merges_into(of: MergeOf, kept_id: int, *, now: datetime) -> Sequence[Done]:
    """Return what was merged into a record, the latest first."""
    rows = db.session.execute(
        sa.select(Merge.id, Merge.merged_id, Merge.merged_at, Merge.undone_at)
        .where(Merge.of == of, Merge.kept_id == kept_id)
        .order_by(Merge.id.desc())
    )
    return [Done(*row, may_undo=rules.may_undo_merge(row.merged_at, row.undone_at, now=now)) for row in rows]


def left_person_id(person_id: int) -> int:
    """Return the person that somebody was merged into, at the end of the way, or the same person."""
    return _end_of_the_way(Person, person_id)


def left_organisation_id(organisation_id: int) -> int:
    """Return the organisation that one was merged into, at the end of the way, or the same one."""
    return _end_of_the_way(Organisation, organisation_id)


def check_people(kept_id: int, merged_id: int, *, by_administrator: bool) -> None:
    """Say whether two people may be merged by somebody.

    Raises:
        NotFound: one of the two is nobody.
        Refused: they may not.
    """
    rows = db.session.execute(
        sa.select(Person.id, Person.merged_into_id, Person.erased_at)
        .where(Person.id.in_((kept_id, merged_id)))
        .with_for_update()
    ).all()
    if len(rows) != len({kept_id, merged_id}):
        raise NotFound("We cannot find this person.")
    if any(row.erased_at for row in rows):
        raise Refused("merge", "One of the two is erased, so nobody can tell that they are one person.")
    house_roles = sa.select(RoleGrant.person_id).where(
        RoleGrant.person_id.in_((kept_id, merged_id)), RoleGrant.role != Role.HOST
    )
    hidden = not by_administrator and db.session.scalar(house_roles.limit(1)) is not None
    is_merged = any(row.merged_into_id for row in rows)
    if fault := rules.merge_fault(kept_id, merged_id, is_merged=is_merged, hidden_rights=hidden):
        raise Refused("merge", fault)


def check_organisations(kept_id: int, merged_id: int) -> None:
    """Say whether two organisations may be merged.

    Raises:
        NotFound: one of the two does not exist.
        Refused: they may not.
    """
    rows = db.session.execute(
        sa.select(Organisation.merged_into_id).where(Organisation.id.in_((kept_id, merged_id))).with_for_update()
    ).all()
    if kept_id == merged_id:
        raise Refused("merge", "Choose two different organisations.")
    if len(rows) != len({kept_id, merged_id}):
        raise NotFound("We cannot find this organisation.")
    if any(row.merged_into_id for row in rows):
        raise Refused("merge", "One of the two is merged already. Open the record that is left.")


def move_person(kept_id: int, merged_id: int, ledger: Ledger, *, now: datetime) -> None:
    """Move addresses, roles, earlier work and mails; fill in what is not known; leave a stub that cannot sign in."""
    _move_addresses(kept_id, merged_id, ledger)
    _move_roles("person_id", kept_id, merged_id, ledger)
    _move_affiliations(kept_id, merged_id, ledger)
    ledger.move(Mail, "person_id", merged_id, kept_id)
    _move_stops(kept_id, merged_id, ledger)
    kept, merged = row_of(Person, kept_id), row_of(Person, merged_id)
    filled = {name: merged[name] for name in FILLED_IN if not kept[name]}
    if not kept["organisation_id"] and not kept["organisation_text"]:
        names = ("organisation_id", "organisation_text", "organisation_folded", "organisation_known_at")
        filled |= {name: merged[name] for name in names}
    ledger.change(Person, kept_id, **filled)
    ledger.change(Person, merged_id, merged_into_id=kept_id)
    _close_ways_in(merged_id, now=now)
    _close_ways_in(kept_id, now=now)  # rights may have come with the roles: nobody gets them in an open browser


def move_organisation(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move people, earlier work, names, memberships and host people; leave a stub.

    Raises:
        Refused: both have a membership of another class for the same days.
    """
    for table in (Person, Affiliation, OrganisationAlias):
        ledger.move(table, "organisation_id", merged_id, kept_id)
    _move_roles("organisation_id", kept_id, merged_id, ledger)
    _join_spells(kept_id, merged_id, ledger)
    kept, merged = row_of(Organisation, kept_id), row_of(Organisation, merged_id)
    ledger.change(
        Organisation, kept_id, **{name: merged[name] for name in ("country", "short_name", "note") if not kept[name]}
    )
    ledger.change(Organisation, merged_id, merged_into_id=kept_id)


def keep_record(
    of: MergeOf, kept_id: int, merged_id: int, ledger: Ledger, *, by_person_id: int | None, now: datetime
) -> int:
    """Write down what was moved, and return the id of the merge."""
    row = Merge(
        of=of, kept_id=kept_id, merged_id=merged_id, moved=ledger.entries, by_person_id=by_person_id, merged_at=now
    )
    db.session.add(row)
    db.session.flush()
    after = {"merged_into_id": kept_id}
    journal.note("merge", of.value, merged_id, before={"merged_into_id": None}, after=after, now=now)
    journal.note("merge", of.value, kept_id, after={"merged": merged_id}, now=now)
    return row.id


def begin_undo(of: MergeOf, merge_id: int, *, now: datetime) -> Merge:
    """Return the merge that is to be undone, and mark it as undone.

    Raises:
        NotFound: there is no such merge.
        Refused: it is undone already, too old, or the record that is left was merged again since.
    """
    row = db.session.scalar(sa.select(Merge).where(Merge.id == merge_id, Merge.of == of).with_for_update())
    if row is None:
        raise NotFound("We cannot find this merge.")
    if not rules.may_undo_merge(row.merged_at, row.undone_at, now=now):
        raise Refused(
            "undo_merge", "This merge cannot be undone any more: it is undone already, or older than 30 days."
        )
    table = Person if of is MergeOf.PERSON else Organisation
    if row_of(table, row.kept_id)["merged_into_id"]:
        raise Refused("undo_merge", "This record was merged into another one later. Undo that merge first.")
    later = sa.select(Merge.id).where(
        Merge.of == of, Merge.kept_id == row.kept_id, Merge.id > row.id, Merge.undone_at.is_(None)
    )
    if db.session.scalar(later.limit(1)) is not None:
        raise Refused("undo_merge", "Another record was merged into this one later. Undo that merge first.")
    row.undone_at = now
    db.session.flush()
    journal.note("undo_merge", of.value, row.merged_id, before={"merged_into_id": row.kept_id},
                 after={"merged_into_id": None}, now=now)  # fmt: skip
    return row


def _end_of_the_way(table: type[Person | Organisation], row_id: int) -> int:
    seen = {row_id}
    while (after := db.session.scalar(sa.select(table.merged_into_id).where(table.id == row_id))) and after not in seen:
        seen.add(after)
        row_id = after
    return row_id


def _move_addresses(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    has_any = db.session.scalar(sa.select(EmailAddress.id).where(EmailAddress.person_id == kept_id).limit(1))
    ids = db.session.scalars(sa.select(EmailAddress.id).where(EmailAddress.person_id == merged_id)).all()
    for row_id in ids:
        if has_any:
            ledger.change(EmailAddress, row_id, person_id=kept_id, is_primary=False)
        else:
            ledger.change(EmailAddress, row_id, person_id=kept_id)


def _move_roles(column: str, kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move what the other has not; a role that both have stays with the stub, where it is worth nothing."""
    rows = db.session.execute(
        sa.select(RoleGrant.id, RoleGrant.person_id, RoleGrant.role, RoleGrant.organisation_id)
        .where(getattr(RoleGrant, column).in_((kept_id, merged_id)))
        .order_by(RoleGrant.id)
    ).all()
    other = "organisation_id" if column == "person_id" else "person_id"
    held = {(row.role, getattr(row, other)) for row in rows if getattr(row, column) == kept_id}
    for row in rows:
        if getattr(row, column) == merged_id and (row.role, getattr(row, other)) not in held:
            ledger.change(RoleGrant, row.id, **{column: kept_id})


def _move_stops(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """What one of the two has stopped stays stopped."""
    rows = db.session.execute(
        sa.select(MailStop.id, MailStop.person_id, MailStop.topic, MailStop.activity_id)
        .where(MailStop.person_id.in_((kept_id, merged_id)))
        .order_by(MailStop.id)
    ).all()
    known = {(row.topic, row.activity_id) for row in rows if row.person_id == kept_id}
    for row in rows:
        if row.person_id == merged_id and (row.topic, row.activity_id) not in known:
            ledger.change(MailStop, row.id, person_id=kept_id)


def _move_affiliations(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move earlier work that does not contradict what is known already."""
    rows = db.session.execute(
        sa.select(Affiliation.id, Affiliation.person_id, Affiliation.from_on, Affiliation.to_on)
        .where(Affiliation.person_id.in_((kept_id, merged_id)))
        .order_by(Affiliation.id)
    ).all()
    known = [(row.from_on, row.to_on) for row in rows if row.person_id == kept_id]
    for row in rows:
        if row.person_id == merged_id and not any(rules.overlap((row.from_on, row.to_on), one) for one in known):
            ledger.change(Affiliation, row.id, person_id=kept_id)


def _close_ways_in(person_id: int, *, now: datetime) -> None:
    """End all browsers and open links of a person; these stay ended when the merge is undone."""
    for table, column in ((BrowserSession, "ended_at"), (SignInToken, "spent_at"), (AddressProof, "spent_at")):
        open_rows = (table.person_id == person_id, getattr(table, column).is_(None))
        db.session.execute(
            sa.update(table).where(*open_rows).values({column: now}).execution_options(synchronize_session=False)
        )


def _join_spells(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move memberships; one that overlaps with another of the same class makes that one longer."""
    rows = db.session.execute(
        sa.select(
            MembershipSpell.id, MembershipSpell.organisation_id, MembershipSpell.membership_class,
            MembershipSpell.from_on, MembershipSpell.to_on,
        )
        .where(MembershipSpell.organisation_id.in_((kept_id, merged_id)))
        .order_by(MembershipSpell.id)
    ).all()  # fmt: skip
    known = {row.id: (row.membership_class, row.from_on, row.to_on) for row in rows if row.organisation_id == kept_id}
    for row in rows:
        if row.organisation_id != merged_id:
            continue
        period = (row.from_on, row.to_on)
        touched = [key for key, (_, *other) in known.items() if rules.overlap(period, (other[0], other[1]))]
        if not touched:
            ledger.change(MembershipSpell, row.id, organisation_id=kept_id)
            continue
        if any(known[key][0] is not row.membership_class for key in touched):
            raise Refused(
                "merge", "Both have a membership for the same days, but of another class. Change one of them first."
            )
        periods = [period, *((known[key][1], known[key][2]) for key in touched)]
        longest = (
            None if any(one[0] is None for one in periods) else min(one[0] for one in periods if one[0]),
            None if any(one[1] is None for one in periods) else max(one[1] for one in periods if one[1]),
        )
        for key in touched[1:]:
            ledger.take_out(MembershipSpell, key)
            del known[key]
        ledger.take_out(MembershipSpell, row.id)
        ledger.change(MembershipSpell, touched[0], from_on=longest[0], to_on=longest[1])
        known[touched[0]] = (row.membership_class, *longest)
