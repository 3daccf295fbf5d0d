"""What a move of status needs to remember, and what is asked for before the overview."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")
NEWS = ("cancelled", "postponed", "planned_again", "moved", "session_cancelled", "sessions_added")


def upgrade() -> None:
    """Remember what people are told about changes, whom the office asked, and what came back."""
    _announcements()
    _questions()
    op.add_column("places", sa.Column("is_halted", sa.Boolean(), nullable=False, server_default=sa.false()))


def _announcements() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column(
            "news", sa.Enum(*NEWS, name="news", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("was_starts_at", INSTANT, nullable=True),
        sa.Column("was_ends_at", INSTANT, nullable=True),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.Column("begun_at", INSTANT, nullable=True),
        sa.Column("told_with_id", sa.Integer(), nullable=True),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_announcement_activity_id")),
        sa.ForeignKeyConstraint(["session_id"], ["activity_session.id"], name=op.f("fk_announcement_session_id")),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_announcement_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index("ix_announcement_activity_id", "announcement", ["activity_id", "begun_at"])


def _questions() -> None:
    op.create_table(
        "overview_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_overview_question_organisation_id")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_overview_question_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overview_question")),
        sa.UniqueConstraint("uid", name=op.f("uq_overview_question_uid")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_overview_question_link_hash")),
    )
    op.create_index("ix_overview_question_year", "overview_question", ["year", "organisation_id"])
    op.create_table(
        "overview_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.Integer(), nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["overview_question.id"], name=op.f("fk_overview_answer_question_id")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_overview_answer_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overview_answer")),
    )
    op.create_index("ix_overview_answer_activity_id", "overview_answer", ["activity_id"])


def downgrade() -> None:
    """Take it out again."""
    op.drop_column("places", "is_halted")
    op.drop_table("overview_answer")
    op.drop_table("overview_question")
    op.drop_table("announcement")
