"""Whether a withdrawn place was given to a colleague: then its page offers no way back."""

from __future__ import annotations

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.registration.models import Place, Registration


def was_passed_on(registration_id: int) -> bool:
    """Tell whether somebody gave this place to a colleague when they withdrew: it was written at the same instant."""
    giver, colleague = sa.orm.aliased(Registration), sa.orm.aliased(Registration)
    statement = (
        sa.select(colleague.id)
        .join(giver, giver.places_id == colleague.places_id)
        .where(
            giver.id == registration_id,
            giver.place == Place.WITHDRAWN,
            colleague.signed_up_by_id == giver.person_id,
            colleague.confirmed_at == giver.withdrawn_at,
        )
    )
    return db.session.scalar(statement.limit(1)) is not None
