"""Slots of reminders, for participants and host people; several sessions in one mail; slots that an activity switches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")
SLOTS = ("week_before", "day_before", "hour_before", "starting", "own", "host_roster", "host_link", "thanks")
KEY_BEFORE = "uq_reminder_registration_id_session_id_slot_revision"
KEY = "uq_reminder_recipient_session_id_slot_minutes_revision"
WHO = "(registration_id IS NULL) != (person_id IS NULL)"


def upgrade() -> None:
    """Name each recipient, add the slots, and let activities switch them."""
    with op.batch_alter_table("reminder") as batch_op:
        batch_op.add_column(sa.Column("recipient", sa.String(16), nullable=True))
        batch_op.add_column(sa.Column("person_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("minutes", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE reminder SET recipient = 'r' || registration_id")
    with op.batch_alter_table("reminder") as batch_op:
        batch_op.alter_column("recipient", existing_type=sa.String(16), nullable=False)
        batch_op.alter_column("registration_id", existing_type=sa.Integer(), nullable=True)
        batch_op.drop_constraint(op.f("ck_reminder_slot"), type_="check")
        batch_op.create_check_constraint(op.f("ck_reminder_slot"), _is_one_of(SLOTS))
        batch_op.create_check_constraint(op.f("ck_reminder_recipient"), WHO)
        batch_op.drop_constraint(op.f(KEY_BEFORE), type_="unique")
        batch_op.create_unique_constraint(op.f(KEY), ["recipient", "session_id", "slot", "minutes", "revision"])
        batch_op.create_foreign_key(op.f("fk_reminder_person_id"), "person", ["person_id"], ["id"])
    for column in ("registration_id", "person_id", "mail_id"):
        op.create_index(op.f(f"ix_reminder_{column}"), "reminder", [column])
    op.create_table(
        "slot_switch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column(
            "slot", sa.Enum(*SLOTS, name="slot", native_enum=False, create_constraint=True, length=32), nullable=False
        ),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(slot = 'own') = (minutes > 0)", name=op.f("ck_slot_switch_minutes")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_slot_switch_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_switch")),
        sa.UniqueConstraint("activity_id", "slot", "minutes", name=op.f("uq_slot_switch_activity_id_slot_minutes")),
    )
    op.add_column("activity_session", sa.Column("scheduled_at", INSTANT, nullable=True))


def downgrade() -> None:
    """Forget all slots but the day before."""
    op.drop_column("activity_session", "scheduled_at")
    op.drop_table("slot_switch")
    op.execute("DELETE FROM reminder WHERE slot != 'day_before'")
    for column in ("registration_id", "person_id", "mail_id"):
        op.drop_index(op.f(f"ix_reminder_{column}"), "reminder")
    with op.batch_alter_table("reminder") as batch_op:
        batch_op.drop_constraint(op.f("fk_reminder_person_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f(KEY), type_="unique")
        batch_op.drop_constraint(op.f("ck_reminder_recipient"), type_="check")
        batch_op.drop_constraint(op.f("ck_reminder_slot"), type_="check")
        batch_op.create_check_constraint(op.f("ck_reminder_slot"), _is_one_of(("day_before",)))
        batch_op.create_unique_constraint(op.f(KEY_BEFORE), ["registration_id", "session_id", "slot", "revision"])
        batch_op.alter_column("registration_id", existing_type=sa.Integer(), nullable=False)
        for column in ("recipient", "person_id", "minutes"):
            batch_op.drop_column(column)


def _is_one_of(slots: tuple[str, ...]) -> str:
    words = ", ".join(f"'{slot}'" for slot in slots)
    return f"slot IN ({words})"
