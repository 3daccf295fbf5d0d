"""The journal, which only grows, and the role of the auditor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")
DOORS = ("web", "link", "cli", "jobs", "unknown")
ROLES_BEFORE = ("host", "office", "administrator")
ROLES = (*ROLES_BEFORE, "auditor")
REFUSAL = "the journal only grows"

SQLITE_TRIGGERS = (
    f"CREATE TRIGGER journal_entry_no_update BEFORE UPDATE ON journal_entry BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER journal_entry_no_delete BEFORE DELETE ON journal_entry BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    # INSERT OR REPLACE takes a row away without the trigger on DELETE.
    (
        "CREATE TRIGGER journal_entry_no_replace BEFORE INSERT ON journal_entry "  # noqa: S608 - our own words
        "WHEN EXISTS (SELECT 1 FROM journal_entry WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    ),
)
POSTGRESQL_TRIGGERS = (
    (
        "CREATE FUNCTION journal_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    ),
    (
        "CREATE TRIGGER journal_entry_no_change BEFORE UPDATE OR DELETE ON journal_entry "
        "FOR EACH ROW EXECUTE FUNCTION journal_entry_only_grows()"
    ),
    (
        "CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_only_grows()"
    ),
)


def upgrade() -> None:
    """Make the journal and its guards, and let the role of the auditor be granted."""
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=True),
        sa.Column(
            "door", sa.Enum(*DOORS, name="door", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
    )
    op.create_index("ix_journal_entry_actor", "journal_entry", ["actor"])
    op.create_index("ix_journal_entry_at", "journal_entry", ["at"])
    op.create_index("ix_journal_entry_subject", "journal_entry", ["subject", "subject_id"])
    op.create_table(
        "journal_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_journal_key_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_key")),
        sa.UniqueConstraint("key", name=op.f("uq_journal_key_key")),
        sa.UniqueConstraint("person_id", name=op.f("uq_journal_key_person_id")),
    )
    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)
    _allow_roles(ROLES)


def downgrade() -> None:
    """Take the journal away; people who were auditors lose that role."""
    op.execute("DELETE FROM role_grant WHERE role = 'auditor'")
    _allow_roles(ROLES_BEFORE)
    op.drop_table("journal_entry")  # its triggers go with it
    op.drop_table("journal_key")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION journal_entry_only_grows()")


def _allow_roles(roles: tuple[str, ...]) -> None:
    """Write the check of the roles anew, and leave the table's other rules as they are."""
    words = ", ".join(f"'{role}'" for role in roles)
    with op.batch_alter_table("role_grant") as batch_op:
        batch_op.drop_constraint(op.f("ck_role_grant_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_role_grant_role"), f"role IN ({words})")
