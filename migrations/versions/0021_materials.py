"""Materials have a mail of their own, so that a recording which comes later can be told of."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SLOTS = (
    "week_before", "day_before", "hour_before", "starting", "own", "host_roster", "host_link", "thanks", "recording",
)  # fmt: skip
TABLES = ("reminder", "slot_switch")


def upgrade() -> None:
    """Allow the slot. The mails of before stay those of recordings, whatever they told of."""
    for table in TABLES:
        _allow(table, (*SLOTS, "materials"))


def downgrade() -> None:
    """Call all of it a mail about the recording, where there was none."""
    op.execute(
        "DELETE FROM reminder WHERE slot = 'materials' AND EXISTS (SELECT 1 FROM reminder AS other WHERE "
        "other.recipient = reminder.recipient AND other.session_id = reminder.session_id AND "
        "other.revision = reminder.revision AND other.slot = 'recording')"
    )
    op.execute("UPDATE reminder SET slot = 'recording' WHERE slot = 'materials'")
    for table in TABLES:
        _allow(table, SLOTS)


def _allow(table: str, values: tuple[str, ...]) -> None:
    words = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_slot"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_slot"), f"slot IN ({words})")
