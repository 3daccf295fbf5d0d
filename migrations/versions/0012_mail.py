"""Bounces, suppression, messages written by hosts and the office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
TOPICS = ("reminders", "thanks", "messages", "news")
AT = "'1970-01-01 00:00:00.000000'"  # nobody knows when the old wishes were made


def upgrade() -> None:
    """Make the tables; keep what people have stopped before."""
    _stops()
    _delivery()
    _messages()


def _messages() -> None:
    """What hosts and the office write to the people of an activity."""
    op.create_table(
        "activity_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column(
            "audience", _choice("audience", "confirmed", "waiting", "pending", "present", "absent"), nullable=False
        ),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.String(length=320), nullable=True),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("put_up_to", sa.Integer(), nullable=False),
        sa.Column("put", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_message_activity_id")),
        sa.ForeignKeyConstraint(["session_id"], ["activity_session.id"], name=op.f("fk_activity_message_session_id")),
        sa.ForeignKeyConstraint(["by_person_id"], ["person.id"], name=op.f("fk_activity_message_by_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_message")),
        sa.UniqueConstraint("key", name=op.f("uq_activity_message_key")),
    )
    op.create_index("ix_activity_message_activity_id", "activity_message", ["activity_id"])


def _delivery() -> None:
    """Addresses that we do not write to, what came back, and the pace of each domain."""
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("normalised", sa.String(length=320), nullable=False),
        sa.Column("why", _choice("why", "gone", "unreachable"), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("normalised", name=op.f("uq_suppression_normalised")),
    )
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_key", sa.String(length=64), nullable=False),
        sa.Column("kind", _choice("kind", "hard", "soft", "ignored", "foreign"), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("normalised", sa.String(length=320), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint("report_key", name=op.f("uq_bounce_report_key")),
    )
    op.create_index("ix_bounce_normalised", "bounce", ["normalised", "at"])
    op.create_index("ix_bounce_mail_id", "bounce", ["mail_id"])
    op.create_table(
        "mail_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("minute_at", INSTANT, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pace")),
        sa.UniqueConstraint("domain", name=op.f("uq_mail_pace_domain")),
    )
    op.add_column("mail", sa.Column("turn_at", INSTANT, nullable=True))
    op.create_index("ix_mail_about", "mail", ["kind", "subject_id"])
    only = sa.text("state = 'sending'")
    op.create_index("ix_mail_sending", "mail", ["address"], sqlite_where=only, postgresql_where=only)


def _stops() -> None:
    op.create_table(
        "mail_stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("topic", _choice("topic", *TOPICS), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_stop_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_stop")),
        sa.UniqueConstraint("person_id", "topic", "activity_id", name=op.f("uq_mail_stop_person_id_topic_activity_id")),
    )
    at = AT if op.get_bind().dialect.name == "sqlite" else f"timestamptz {AT[:-1]}+00'"
    op.execute(
        "INSERT INTO mail_stop (person_id, topic, activity_id, stopped_at) "  # noqa: S608 - our own words
        f"SELECT id, 'reminders', 0, {at} FROM person WHERE NOT wants_reminders"
    )
    op.drop_column("person", "wants_reminders")


def downgrade() -> None:
    """Go back; of what people have stopped, the reminders stay stopped."""
    op.drop_index("ix_mail_sending", "mail")
    op.drop_index("ix_mail_about", "mail")
    op.drop_column("mail", "turn_at")
    for table in ("activity_message", "mail_pace", "bounce", "suppression"):
        op.drop_table(table)
    op.execute("ALTER TABLE person ADD COLUMN wants_reminders BOOLEAN DEFAULT TRUE NOT NULL")
    op.execute(
        "UPDATE person SET wants_reminders = FALSE WHERE id IN "
        "(SELECT person_id FROM mail_stop WHERE topic = 'reminders' AND activity_id = 0)"
    )
    op.drop_table("mail_stop")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
