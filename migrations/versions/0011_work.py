"""Queues, progress, cancelling; a heartbeat for each worker; whose turn a tick is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
OPEN = {name: sa.text("state IN ('due', 'leased')") for name in ("sqlite_where", "postgresql_where")}
QUEUES = "queue IN ('urgent', 'normal', 'bulk', 'compile')"
STATES = "state IN ('due', 'leased', 'done', 'dead', 'cancelled')"
STATES_BEFORE = "state IN ('due', 'leased', 'done', 'dead')"
COLUMNS = {
    "holder": sa.String(120),
    "progress_done": sa.Integer(),
    "progress_total": sa.Integer(),
    "progress_text": sa.String(200),
    "cancel_asked_at": INSTANT,
    "claimed_at": INSTANT,
}
# As ecwi_events.work.rules.queue_of says for what was put before there were queues.
QUEUE_OF = """
    UPDATE work SET queue = CASE WHEN kind = 'overview.compile' THEN 'compile' WHEN priority <= 20 THEN 'urgent'
                                 WHEN priority >= 70 THEN 'bulk' ELSE 'normal' END
"""


def upgrade() -> None:
    op.drop_index("ix_work_open", "work")
    with op.batch_alter_table("work") as batch_op:
        batch_op.add_column(sa.Column("queue", sa.String(32), server_default="normal", nullable=False))
        for name, kind in COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.drop_constraint(op.f("ck_work_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_work_state"), STATES)
        batch_op.create_check_constraint(op.f("ck_work_queue"), QUEUES)
    op.execute(QUEUE_OF)
    op.create_index("ix_work_open", "work", ["queue", "priority", "due_at"], **OPEN)
    op.create_index("ix_work_state_finished_at", "work", ["state", "finished_at"])
    op.drop_table("heartbeat")  # it holds nothing that does not come again within a minute
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.Column("version", sa.String(40), server_default="", nullable=False),
        sa.Column("queues", sa.String(100), server_default="", nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("heard_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("name", name=op.f("uq_heartbeat_name")),
    )
    op.create_table(
        "turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn")),
        sa.UniqueConstraint("name", name=op.f("uq_turn_name")),
    )


def downgrade() -> None:
    op.drop_table("turn")
    op.drop_table("heartbeat")
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("name", name=op.f("uq_heartbeat_name")),
    )
    op.execute("UPDATE work SET state = 'dead' WHERE state = 'cancelled'")
    op.drop_index("ix_work_state_finished_at", "work")
    op.drop_index("ix_work_open", "work")
    with op.batch_alter_table("work") as batch_op:
        batch_op.drop_constraint(op.f("ck_work_queue"), type_="check")
        batch_op.drop_constraint(op.f("ck_work_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_work_state"), STATES_BEFORE)
        for name in ("queue", *COLUMNS):
            batch_op.drop_column(name)
    op.create_index("ix_work_open", "work", ["state", "priority", "due_at"], **OPEN)
