"""Sign-ups that wait for the proof of an address, organisations that are only claimed, and offers that have lapsed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")


def upgrade() -> None:
    """Make the table and the columns; terms that are there ask for no more proof than before."""
    op.create_table(
        "sign_up_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("normalised", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("zone", sa.String(64), nullable=True),
        sa.Column("session_ids", sa.JSON(), nullable=False),
        sa.Column("later_too", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("link_hash", sa.String(64), nullable=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("spent_at", INSTANT, nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_sign_up_request_activity_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_sign_up_request_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_request")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_up_request_token_hash")),
    )
    op.create_index("ix_sign_up_request_activity_id", "sign_up_request", ["activity_id", "normalised"])
    op.create_index(op.f("ix_sign_up_request_expires_at"), "sign_up_request", ["expires_at"])
    op.create_index(op.f("ix_sign_up_request_registration_id"), "sign_up_request", ["registration_id"])
    with op.batch_alter_table("registration") as batch_op:
        batch_op.add_column(sa.Column("lapsed_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("claimed_organisation", sa.String(200), nullable=True))
    with op.batch_alter_table("sign_up_terms") as batch_op:
        batch_op.add_column(sa.Column("asks_for_proof", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("organisation_known_at", INSTANT, nullable=True))


def downgrade() -> None:
    """Forget what the release before does not know; requests that wait are lost, and their people sign up again."""
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_column("organisation_known_at")
    with op.batch_alter_table("sign_up_terms") as batch_op:
        batch_op.drop_column("asks_for_proof")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.drop_column("claimed_organisation")
        batch_op.drop_column("lapsed_at")
    op.drop_table("sign_up_request")
