"""people_and_organisations."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by the engineer of this part."""


def downgrade() -> None:
    """Filled in by the engineer of this part."""
