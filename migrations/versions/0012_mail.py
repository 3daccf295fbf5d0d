"""Bounces, suppression, messages written by hosts and the office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.db.UtcDateTime
TOPICS = ("reminders", "thanks", "messages", "news")
AT = "'1970-01-01 00:00:00.000000'"  # nobody knows when the old wishes were made


def upgrade() -> None:
    """Keep what people have stopped in a table of its own, and what they stopped before."""
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
    op.execute("ALTER TABLE person ADD COLUMN wants_reminders BOOLEAN DEFAULT TRUE NOT NULL")
    op.execute(
        "UPDATE person SET wants_reminders = FALSE WHERE id IN "
        "(SELECT person_id FROM mail_stop WHERE topic = 'reminders' AND activity_id = 0)"
    )
    op.drop_table("mail_stop")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
