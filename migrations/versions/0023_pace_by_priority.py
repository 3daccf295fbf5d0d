"""The pace of a domain by priority, and a mail that repeats another names it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime


def upgrade() -> None:
    """Begin the counts anew: they are good for a minute. Mails that wait for a turn ask when it has come."""
    op.drop_table("mail_pace")
    op.create_table(
        "mail_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("minute_at", INSTANT, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("line_at", INSTANT, nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("again_at", INSTANT, nullable=True),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pace")),
        sa.UniqueConstraint("domain", "priority", name=op.f("uq_mail_pace_domain_priority")),
    )
    op.add_column("mail", sa.Column("first_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Begin the counts anew, one for each domain."""
    op.drop_column("mail", "first_id")
    op.drop_table("mail_pace")
    op.create_table(
        "mail_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("minute_at", INSTANT, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pace")),
        sa.UniqueConstraint("domain", name=op.f("uq_mail_pace_domain")),
    )
