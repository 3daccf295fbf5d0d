"""What an organisation hosts, whatever its status: the list by which hosts find the pages of their activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.programme.models import Activity, ActivityOrganisation, OrganisationRole

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Hosted:
    """An activity in the list of its host."""

    id: int
    title: str
    status: str
    home_year: int


def hosted_activities(organisation_ids: Collection[int]) -> list[Hosted]:
    """Return every activity of these hosts and co-hosts, drafts too, the latest year first."""
    theirs = sa.select(ActivityOrganisation.activity_id).where(
        ActivityOrganisation.organisation_id.in_(organisation_ids),
        ActivityOrganisation.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)),
    )
    rows = db.session.execute(
        sa.select(Activity.id, Activity.title, Activity.status, Activity.home_year)
        .where(Activity.id.in_(theirs))
        .order_by(Activity.home_year.desc(), Activity.title, Activity.id)
    )
    return [Hosted(row.id, row.title, row.status.value, row.home_year) for row in rows]
