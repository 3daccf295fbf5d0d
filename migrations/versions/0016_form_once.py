"""Forms that were sent, so that a double click makes one thing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "form_once",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_once")),
        sa.UniqueConstraint("digest", name=op.f("uq_form_once_digest")),
    )
    op.create_index(op.f("ix_form_once_sent_at"), "form_once", ["sent_at"])


def downgrade() -> None:
    """Take it away; forms that are open may be sent twice."""
    op.drop_table("form_once")
