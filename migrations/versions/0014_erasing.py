"""When a person was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")


def upgrade() -> None:
    """Add the instant."""
    op.add_column("person", sa.Column("erased_at", INSTANT, nullable=True))


def downgrade() -> None:
    """Take it away; who was erased stays without a name."""
    op.drop_column("person", "erased_at")
