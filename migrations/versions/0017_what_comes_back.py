"""Complaints and wishes that come back by mail; when a resource could be opened first, and of which session it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")
BOUNCES = ("hard", "soft", "ignored", "foreign")
SLOTS = ("week_before", "day_before", "hour_before", "starting", "own", "host_roster", "host_link", "thanks")


def upgrade() -> None:
    """Add the values and the columns; what could be opened before is no news, so it has no instant."""
    _allow("bounce", "kind", (*BOUNCES, "complaint", "stopped"))
    for table in ("reminder", "slot_switch"):
        _allow(table, "slot", (*SLOTS, "recording"))
    with op.batch_alter_table("resource") as batch_op:
        batch_op.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("published_at", INSTANT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_resource_session_id"), "activity_session", ["session_id"], ["id"]
        )  # fmt: skip
    op.create_index(op.f("ix_resource_session_id"), "resource", ["session_id"])


def downgrade() -> None:
    """Forget what the release before does not know."""
    op.drop_index(op.f("ix_resource_session_id"), "resource")
    with op.batch_alter_table("resource") as batch_op:
        batch_op.drop_constraint(op.f("fk_resource_session_id"), type_="foreignkey")
        batch_op.drop_column("published_at")
        batch_op.drop_column("session_id")
    for table in ("reminder", "slot_switch"):
        op.execute(f"DELETE FROM {table} WHERE slot = 'recording'")  # noqa: S608 - our own words
        _allow(table, "slot", SLOTS)
    op.execute("UPDATE bounce SET kind = 'ignored' WHERE kind IN ('complaint', 'stopped')")
    _allow("bounce", "kind", BOUNCES)


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    words = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({words})")
