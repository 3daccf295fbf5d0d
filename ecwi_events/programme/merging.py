"""Merging two organisations that are one, and undoing it. The lowest room that sees their roles in activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people import ledger as ledgers
from ecwi_events.people import membership, merging, organisations
from ecwi_events.people.ledger import Ledger
from ecwi_events.people.models import MergeOf
from ecwi_events.programme.models import ActivityOrganisation, MoneyLine, OrganisationRole
from ecwi_events.programme.models_proposals import Proposal
from ecwi_events.programme.models_record import ActivityContributor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.people.membership import Spell
    from ecwi_events.people.organisations import HostPerson, Name

_RANK = {OrganisationRole.HOST: 0, OrganisationRole.CO_HOST: 1}


@dataclass(frozen=True)
class Preview:
    """What merging would move to the organisation that stays."""

    people: int
    names: Sequence[Name]
    spells: Sequence[Spell]
    hosts: Sequence[HostPerson]
    activities: int


@dataclass(frozen=True)
class Undone:
    """What came of undoing a merge; ``left_alone`` counts what has changed since."""

    kept_id: int
    merged_id: int
    left_alone: int


def preview(kept_id: int, merged_id: int) -> Preview:
    """Return what merging would move; nothing is changed.

    Raises:
        NotFound: one of the two does not exist.
        Refused: they may not be merged.
    """
    merging.check_organisations(kept_id, merged_id)
    activities = sa.select(sa.func.count(sa.distinct(ActivityOrganisation.activity_id))).where(
        ActivityOrganisation.organisation_id == merged_id
    )
    return Preview(
        organisations.number_of_people(merged_id),
        organisations.names_of(merged_id),
        membership.spells_of(merged_id),
        organisations.host_people(merged_id),
        db.session.scalar(activities) or 0,
    )


def merge_organisations(kept_id: int, merged_id: int, *, by_person_id: int | None, now: datetime) -> int:
    """Make one organisation of two, and return the id of the merge.

    Raises:
        NotFound: one of the two does not exist.
        Refused: they may not be merged.
    """
    merging.check_organisations(kept_id, merged_id)
    ledger = Ledger()
    _move_roles(kept_id, merged_id, ledger)
    ledger.move(MoneyLine, "funder_id", merged_id, kept_id)
    for table in (ActivityContributor, Proposal):
        ledger.move(table, "organisation_id", merged_id, kept_id)
    ledger.move(MoneyLine, "payer_id", merged_id, kept_id)
    merging.move_organisation(kept_id, merged_id, ledger)
    db.session.expire_all()
    return merging.keep_record(MergeOf.ORGANISATION, kept_id, merged_id, ledger, by_person_id=by_person_id, now=now)


def undo_merge(merge_id: int, *, now: datetime) -> Undone:
    """Make two organisations of one again, as they were; what has changed since is left alone.

    Raises:
        NotFound: there is no such merge.
        Refused: it cannot be undone any more.
    """
    row = merging.begin_undo(MergeOf.ORGANISATION, merge_id, now=now)
    kept_id, merged_id = row.kept_id, row.merged_id
    left_alone = ledgers.undo(row.moved)
    db.session.expire_all()
    return Undone(kept_id, merged_id, left_alone)


def _move_roles(kept_id: int, merged_id: int, ledger: Ledger) -> None:
    """Move roles in activities; who would be host and co-host, or the same twice, keeps the first of both."""
    rows = db.session.execute(
        sa.select(
            ActivityOrganisation.id, ActivityOrganisation.activity_id, ActivityOrganisation.organisation_id,
            ActivityOrganisation.role,
        ).where(ActivityOrganisation.organisation_id.in_((kept_id, merged_id)))
    ).all()  # fmt: skip
    held: set[tuple[int, str]] = set()
    for row in sorted(rows, key=lambda row: (_RANK.get(row.role, 2), row.organisation_id == merged_id, row.id)):
        what = "host" if row.role in _RANK else row.role.value
        if (row.activity_id, what) in held:
            ledger.take_out(ActivityOrganisation, row.id)
            continue
        held.add((row.activity_id, what))
        ledger.change(ActivityOrganisation, row.id, organisation_id=kept_id)
