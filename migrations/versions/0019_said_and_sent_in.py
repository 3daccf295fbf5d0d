"""That there are no resources; outcomes that were removed a moment ago; what was sent in and nobody has looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")


def upgrade() -> None:
    """Make the column and the tables; what was sent in before has become records already and stays accepted."""
    with op.batch_alter_table("activity") as batch_op:
        batch_op.add_column(sa.Column("no_resources_at", INSTANT, nullable=True))
    op.create_table(
        "removed_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("removed_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('planned', 'achieved')", name=op.f("ck_removed_outcome_kind")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_removed_outcome_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_outcome")),
    )
    op.create_index(op.f("ix_removed_outcome_activity_id"), "removed_outcome", ["activity_id"])
    op.create_table(
        "overview_sent_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("url", sa.String(500), nullable=True),
        sa.Column("looked_at", INSTANT, nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint("kind IN ('outcome', 'resource', 'no_resources')", name=op.f("ck_overview_sent_in_kind")),
        sa.CheckConstraint("(looked_at IS NULL) = (is_accepted IS NULL)", name=op.f("ck_overview_sent_in_looked")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_overview_sent_in_activity_id")),
        sa.ForeignKeyConstraint(["answer_id"], ["overview_answer.id"], name=op.f("fk_overview_sent_in_answer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overview_sent_in")),
    )
    op.create_index(op.f("ix_overview_sent_in_activity_id"), "overview_sent_in", ["activity_id"])
    op.create_index(op.f("ix_overview_sent_in_answer_id"), "overview_sent_in", ["answer_id"])


def downgrade() -> None:
    """Forget what the release before does not know; what nobody has looked at is lost."""
    op.drop_table("overview_sent_in")
    op.drop_table("removed_outcome")
    with op.batch_alter_table("activity") as batch_op:
        batch_op.drop_column("no_resources_at")
