"""Announcements know whom they are for, a session may take place after all, and the office may stop the telling."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")
NEWS = ("cancelled", "postponed", "planned_again", "moved", "session_cancelled", "sessions_added")


def upgrade() -> None:
    """Add the columns, empty: an announcement of before is for everybody who came before it."""
    with op.batch_alter_table("announcement") as batch_op:
        batch_op.add_column(sa.Column("came_after_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("came_by_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("stopped_at", INSTANT, nullable=True))
    _allow((*NEWS, "session_restored"))


def downgrade() -> None:
    """Call a session that takes place after all a new one, as it was; what is only for those who came later is left out."""
    op.execute(
        "UPDATE announcement SET superseded_at = created_at WHERE begun_at IS NULL AND superseded_at IS NULL "
        "AND (came_after_at IS NOT NULL OR stopped_at IS NOT NULL)"
    )
    op.execute(
        "UPDATE announcement SET news = 'sessions_added', was_starts_at = NULL, was_ends_at = NULL "
        "WHERE news = 'session_restored'"
    )
    op.execute(
        "UPDATE mail SET kind = 'registration.sessions_added' "
        "WHERE kind = 'registration.session_restored' AND state IN ('queued', 'retry')"
    )
    _allow(NEWS)
    with op.batch_alter_table("announcement") as batch_op:
        batch_op.drop_column("stopped_at")
        batch_op.drop_column("came_by_at")
        batch_op.drop_column("came_after_at")


def _allow(values: tuple[str, ...]) -> None:
    words = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table("announcement") as batch_op:
        batch_op.drop_constraint(op.f("ck_announcement_news"), type_="check")
        batch_op.create_check_constraint(op.f("ck_announcement_news"), f"news IN ({words})")
