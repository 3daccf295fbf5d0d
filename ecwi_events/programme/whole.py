"""Which activities have all that their record needs: read for one of them, and the same as a condition for many."""

from __future__ import annotations

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    Component,
    OrganisationRole,
    SessionStatus,
)
from ecwi_events.programme.record_rules import RecordFacts

SESSIONS = (
    sa.select(sa.func.count())
    .select_from(ActivitySession)
    .where(ActivitySession.activity_id == Activity.id, ActivitySession.status == SessionStatus.PLANNED)
    .correlate(Activity)
    .scalar_subquery()
)
COMPONENTS = (
    sa.select(sa.func.count())
    .select_from(Component)
    .where(Component.activity_id == Activity.id)
    .correlate(Activity)
    .scalar_subquery()
)
HAS_HOST = (
    sa.exists()
    .where(ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST)
    .correlate(Activity)
)
HAS_TEXT = sa.or_(sa.func.coalesce(Activity.summary, "") != "", sa.func.coalesce(Activity.description, "") != "")
# The same in SQL as `record_rules.missing_in_record`; a test compares the two.
INCOMPLETE = sa.or_(
    Activity.title == "",
    sa.not_(HAS_HOST),
    sa.and_(Activity.records_complete, SESSIONS == 0, COMPONENTS == 0),
    Activity.theme.is_(None),
    sa.not_(HAS_TEXT),
)


def record_facts(activity_id: int) -> RecordFacts:
    """Return what decides whether the record of an activity has all that it needs.

    Raises:
        NotFound: there is no such activity.
    """
    row = db.session.execute(
        sa.select(Activity.title, Activity.records_complete, Activity.theme, HAS_HOST, SESSIONS, COMPONENTS, HAS_TEXT)
        .where(Activity.id == activity_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("We cannot find this activity.")
    title, is_recorded, theme, has_host, sessions, components, has_text = row
    return RecordFacts(
        has_title=bool(title),
        has_host=bool(has_host),
        sessions=sessions,
        components=components,
        is_recorded=is_recorded,
        has_theme=theme is not None,
        has_text=bool(has_text),
    )
