"""Money, outcomes and resources of an activity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ecwi_events.kernel.text import fold

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
KINDS = "'handout', 'slides', 'recording', 'guide', 'article', 'podcast', 'link'"
THEMES = "'standards', 'training', 'mentoring', 'recognition'"
FILE = "REFERENCES stored_file (id)"
# The type of an instant on SQLite and on PostgreSQL.
INSTANTS = {"sqlite": "VARCHAR(26)", "postgresql": "TIMESTAMP WITH TIME ZONE"}
COLUMNS = {
    ("money_line", "payer_id"): "INTEGER CONSTRAINT fk_money_line_payer_id REFERENCES organisation (id)",
    ("money_line", "rate_millionths"): "BIGINT CONSTRAINT ck_money_line_rate_millionths CHECK (rate_millionths > 0)",
    ("money_line", "rate_on"): "DATE",
    ("money_line", "booked_on"): "DATE",
    ("money_line", "evidence_id"): f"INTEGER CONSTRAINT fk_money_line_evidence_id {FILE}",
    ("money_line", "evidence_name"): "VARCHAR(200)",
    ("resource", "kind"): f"VARCHAR(32) DEFAULT 'link' NOT NULL CONSTRAINT ck_resource_kind CHECK (kind IN ({KINDS}))",
    ("resource", "folded"): "VARCHAR(900) DEFAULT '' NOT NULL",
    ("resource", "file_id"): f"INTEGER CONSTRAINT fk_resource_file_id {FILE}",
    ("resource", "file_name"): "VARCHAR(200)",
    ("resource", "language"): "VARCHAR(8)",
    ("resource", "country"): "VARCHAR(2)",
    ("resource", "theme"): f"VARCHAR(32) CONSTRAINT ck_resource_theme CHECK (theme IN ({THEMES}))",
    ("resource", "licence"): "VARCHAR(80)",
    ("resource", "audience"): (
        "VARCHAR(32) DEFAULT 'everyone' NOT NULL "
        "CONSTRAINT ck_resource_audience CHECK (audience IN ('everyone', 'members', 'signed_up'))"
    ),
    ("resource", "available_at"): "{instant}",
    ("resource", "checked_at"): "{instant}",
    ("resource", "check_result"): "VARCHAR(100)",
    ("resource", "silent_since"): "{instant}",
}


def upgrade() -> None:
    """Add the columns in place on both engines, and fold the titles that are there."""
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("digest", name=op.f("uq_stored_file_digest")),
    )
    connection = op.get_bind()
    instant = INSTANTS[connection.dialect.name]
    for (table, column), kind in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(instant=instant)}")
    op.create_index(op.f("ix_money_line_evidence_id"), "money_line", ["evidence_id"])
    op.create_index(op.f("ix_resource_file_id"), "resource", ["file_id"])
    resource = sa.table("resource", sa.column("id"), sa.column("title"), sa.column("folded"))
    for row in connection.execute(sa.select(resource.c.id, resource.c.title)).all():
        connection.execute(sa.update(resource).where(resource.c.id == row.id).values(folded=fold(row.title)[:900]))


def downgrade() -> None:
    """Take the columns out; the files themselves stay in the data folder."""
    op.drop_index(op.f("ix_resource_file_id"), "resource")
    op.drop_index(op.f("ix_money_line_evidence_id"), "money_line")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)
    op.drop_table("stored_file")
