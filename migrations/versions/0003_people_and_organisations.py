"""People and organisations: proofs of addresses, work before, merges, imports; folded columns that are searched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ecwi_events.kernel.text import fold

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
AT_ONCE = 1000
COLUMNS = {
    ("person", "wants_reminders"): "BOOLEAN DEFAULT TRUE NOT NULL",
    ("person", "merged_into_id"): "INTEGER CONSTRAINT fk_person_merged_into_id REFERENCES person (id)",
    ("person", "folded"): "VARCHAR(800) DEFAULT '' NOT NULL",
    ("person", "organisation_folded"): "VARCHAR(200) DEFAULT '' NOT NULL",
    (
        "organisation",
        "merged_into_id",
    ): "INTEGER CONSTRAINT fk_organisation_merged_into_id REFERENCES organisation (id)",
    ("email_address", "folded"): "VARCHAR(800) DEFAULT '' NOT NULL",
    ("organisation_alias", "language"): "VARCHAR(8)",
}


def upgrade() -> None:
    _add_columns()
    _fill("person", "name", "folded", most=800)
    _fill("person", "organisation_text", "organisation_folded", most=200)
    _fill("email_address", "address", "folded", most=800)
    op.create_table(
        "address_proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("normalised", sa.String(length=320), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("spent_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_address_proof_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_proof")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_address_proof_token_hash")),
    )
    op.create_index(op.f("ix_address_proof_person_id"), "address_proof", ["person_id"])
    op.create_table(
        "affiliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("organisation_text", sa.String(length=200), nullable=True),
        sa.Column("organisation_folded", sa.String(length=200), server_default="", nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.CheckConstraint("from_on IS NULL OR to_on >= from_on", name=op.f("ck_affiliation_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_affiliation_person_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_affiliation_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliation")),
    )
    for column in ("person_id", "organisation_id", "organisation_folded"):
        op.create_index(op.f(f"ix_affiliation_{column}"), "affiliation", [column])
    op.create_table(
        "left_as_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("left_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_left_as_text_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_as_text")),
        sa.UniqueConstraint("folded", name=op.f("uq_left_as_text_folded")),
    )
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "of",
            sa.Enum("person", "organisation", name="of", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("merged_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_merge_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index("ix_merge_kept", "merge", ["of", "kept_id"])
    op.create_table(
        "organisation_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_organisation_import_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_import")),
    )
    op.create_index(op.f("ix_organisation_import_by_person_id"), "organisation_import", ["by_person_id"])


def downgrade() -> None:
    for table in ("organisation_import", "merge", "left_as_text", "affiliation", "address_proof"):
        op.drop_table(table)
    for column in ("organisation_folded", "folded", "merged_into_id"):
        op.drop_index(op.f(f"ix_person_{column}"), "person")
    op.drop_index(op.f("ix_organisation_merged_into_id"), "organisation")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)


def _add_columns() -> None:
    """Add columns in place on both engines: SQLite could not copy a table to which others point."""
    for (table, column), kind in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    for column in ("organisation_folded", "folded", "merged_into_id"):
        op.create_index(op.f(f"ix_person_{column}"), "person", [column])
    op.create_index(op.f("ix_organisation_merged_into_id"), "organisation", ["merged_into_id"])


def _fill(name: str, source: str, target: str, *, most: int) -> None:
    """Fold what is there already."""
    table = sa.table(name, sa.column("id"), sa.column(source), sa.column(target))
    connection = op.get_bind()
    rows = connection.execute(sa.select(table.c.id, table.c[source]).where(table.c[source].is_not(None))).all()
    change = sa.update(table).where(table.c.id == sa.bindparam("row")).values({target: sa.bindparam("text")})
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        connection.execute(change, [{"row": row[0], "text": fold(row[1])[:most]} for row in part])
