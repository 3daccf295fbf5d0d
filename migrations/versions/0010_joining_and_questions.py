"""Questions of the sign-up form, joining links, groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
KINDS = sa.Enum(
    "text", "choice", "number", "yes_no", "consent", name="kind", native_enum=False, create_constraint=True, length=32
)


def upgrade() -> None:
    """Let activities ask, and keep what people answer."""
    op.create_table(
        "sign_up_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", KINDS, nullable=False),
        sa.Column("wording", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_sign_up_question_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_question")),
    )
    op.create_index(op.f("ix_sign_up_question_activity_id"), "sign_up_question", ["activity_id"])
    op.create_table(
        "sign_up_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_sign_up_answer_registration_id")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["sign_up_question.id"], name=op.f("fk_sign_up_answer_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_answer")),
        sa.UniqueConstraint(
            "registration_id", "question_id", name=op.f("uq_sign_up_answer_registration_id_question_id")
        ),
    )
    op.create_index(op.f("ix_sign_up_answer_question_id"), "sign_up_answer", ["question_id"])
    op.create_table(
        "sign_up_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["registration_id"], ["registration.id"], name=op.f("fk_sign_up_note_registration_id")),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_sign_up_note_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_note")),
    )
    op.create_index(op.f("ix_sign_up_note_registration_id"), "sign_up_note", ["registration_id"])


def downgrade() -> None:
    """Take the questions away, with the answers."""
    op.drop_table("sign_up_note")
    op.drop_table("sign_up_answer")
    op.drop_table("sign_up_question")
