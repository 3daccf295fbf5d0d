"""Before a group is signed up: who may do that for whom, and what would become of each line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import normalise_address
from ecwi_events.people.models import EmailAddress, MembershipSpell, Organisation, Person
from ecwi_events.registration import rows
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from ecwi_events.registration.rules_group_lists import GroupLine


def represented(organisation_ids: Collection[int], *, on: date) -> Sequence[tuple[int, str]]:
    """Return those of these organisations that are Members on a day, by name: their host people may bring groups."""
    found = db.session.execute(
        sa.select(Organisation.id, Organisation.name)
        .join(MembershipSpell, MembershipSpell.organisation_id == Organisation.id)
        .where(
            Organisation.id.in_(sorted(organisation_ids)),
            sa.or_(MembershipSpell.from_on.is_(None), MembershipSpell.from_on <= on),
            sa.or_(MembershipSpell.to_on.is_(None), MembershipSpell.to_on >= on),
        )
        .distinct()
        .order_by(Organisation.name)
    )
    return [(row.id, row.name) for row in found]


def signed_up_already(
    activity_id: int, lines: Sequence[GroupLine], *, of_organisations: Collection[int] | None
) -> dict[str, Place]:
    """Return what the addresses of a list have already, by the address as it is compared; of several the best.

    Args:
        activity_id: which activity.
        lines: the list.
        of_organisations: whose people the reader may know about; None for hosts of the activity and the office.
    """
    statement = (
        sa.select(EmailAddress.normalised, Registration.place)
        .join(Person, Person.id == EmailAddress.person_id)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            Registration.activity_id == activity_id,
            Registration.place.in_(rows.HELD),
            EmailAddress.normalised.in_([normalise_address(line.address) for line in lines if line.fault is None]),
        )
    )
    if of_organisations is not None:
        statement = statement.where(Person.organisation_id.in_(sorted(of_organisations)))
    rows_of_all = sorted(db.session.execute(statement), key=lambda row: rows.HELD.index(row.place), reverse=True)
    return {row.normalised: Place(row.place) for row in rows_of_all}
