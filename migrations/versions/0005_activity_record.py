"""What an activity is as a record: who may see it, languages, who speaks, texts per language; proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
# Added in place on both engines: SQLite could not copy a table to which others point.
COLUMNS = {
    "audience": "VARCHAR(300)",
    "languages": "VARCHAR(120) DEFAULT '' NOT NULL",
    "interpretation": "VARCHAR(120) DEFAULT '' NOT NULL",
    "visibility": (
        "VARCHAR(32) DEFAULT 'public' NOT NULL "
        "CONSTRAINT ck_activity_visibility CHECK (visibility IN ('public', 'members', 'invited'))"
    ),
    "link_version": "INTEGER DEFAULT 1 NOT NULL",
    "link_hash": "VARCHAR(64)",
    "text_revision": "INTEGER DEFAULT 1 NOT NULL",
    "translations": "VARCHAR(120) DEFAULT '' NOT NULL",
}
ROLES = ("presenter", "trainer", "contributor")
STATES = ("proposed", "approved", "declined", "withdrawn")


def upgrade() -> None:
    for column, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE activity ADD COLUMN {column} {kind}")
    op.create_index("ix_activity_link_hash", "activity", ["link_hash"], unique=True)
    _contributors_and_texts()
    _proposals()


def downgrade() -> None:
    for table in ("proposal", "proposal_call", "activity_text", "activity_contributor"):
        op.drop_table(table)
    op.drop_index("ix_activity_link_hash", "activity")
    for column in reversed(COLUMNS):
        op.drop_column("activity", column)


def _contributors_and_texts() -> None:
    op.create_table(
        "activity_contributor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "name IS NOT NULL OR organisation_id IS NOT NULL", name=op.f("ck_activity_contributor_named")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_contributor_activity_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_activity_contributor_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_contributor")),
    )
    for column in ("activity_id", "organisation_id"):
        op.create_index(op.f(f"ix_activity_contributor_{column}"), "activity_contributor", [column])
    op.create_table(
        "activity_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("strapline", sa.String(length=200), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("of_revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_text_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_text")),
        sa.UniqueConstraint("activity_id", "language", name=op.f("uq_activity_text_activity_id_language")),
    )


def _proposals() -> None:
    op.create_table(
        "proposal_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_proposal_call_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_call")),
        sa.UniqueConstraint("year", name=op.f("uq_proposal_call_year")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("months", sa.String(length=40), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sessions_idea", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("granted_minor", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_person_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("budget_minor IS NULL OR budget_minor >= 0", name=op.f("ck_proposal_budget")),
        sa.CheckConstraint("granted_minor IS NULL OR granted_minor >= 0", name=op.f("ck_proposal_granted")),
        sa.CheckConstraint("(state = 'approved') = (activity_id IS NOT NULL)", name=op.f("ck_proposal_approved")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_proposal_organisation_id")),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_proposal_by_person_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_proposal_activity_id")),
        sa.ForeignKeyConstraint(["decided_by_person_id"], ["person.id"], name=op.f("fk_proposal_decided_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("once", name=op.f("uq_proposal_once")),
    )
    for column in ("year", "organisation_id", "by_person_id"):
        op.create_index(op.f(f"ix_proposal_{column}"), "proposal", [column])
