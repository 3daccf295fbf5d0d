"""Requests are looked for by address across all activities too; the index began with the activity."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Turn the index round: it serves both questions now."""
    op.drop_index(op.f("ix_sign_up_request_activity_id"), "sign_up_request")
    op.create_index(op.f("ix_sign_up_request_normalised"), "sign_up_request", ["normalised", "activity_id"])


def downgrade() -> None:
    """Turn it back."""
    op.drop_index(op.f("ix_sign_up_request_normalised"), "sign_up_request")
    op.create_index(op.f("ix_sign_up_request_activity_id"), "sign_up_request", ["activity_id", "normalised"])
