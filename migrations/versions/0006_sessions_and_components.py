"""Sessions that move or are cancelled with a reason, components, own wordings."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = {
    ("activity", "period_wording"): "VARCHAR(80)",
    ("activity", "structure_wording"): "VARCHAR(300)",
    ("activity", "shown_zones"): "VARCHAR(200)",
    ("activity_session", "place"): "VARCHAR(200)",
    ("activity_session", "reason"): "VARCHAR(300)",
    ("activity_session", "moved_from_at"): "{instant}",
    ("activity_session", "cancelled_at"): "{instant}",
    (
        "activity_session",
        "changed_by_id",
    ): "INTEGER CONSTRAINT fk_activity_session_changed_by_id REFERENCES person (id)",
    ("activity_session", "revision"): "INTEGER DEFAULT 1 NOT NULL",
}
HELD = ("online_session", "webinar", "in_person_session", "hybrid_session", "study_visit")
# A check cannot be changed in place on SQLite; nothing points to this table, so it may be copied.
COPY = """
CREATE TABLE component_new (
    id INTEGER NOT NULL,
    activity_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    format VARCHAR(32) NOT NULL,
    count INTEGER,
    minutes_each INTEGER,
    destination VARCHAR(2),
    is_planned_only BOOLEAN NOT NULL,
    CONSTRAINT pk_component PRIMARY KEY (id),
    CONSTRAINT ck_component_count CHECK (count IS NULL OR count > 0),
    CONSTRAINT ck_component_minutes_each CHECK (minutes_each IS NULL OR minutes_each > 0),
    CONSTRAINT fk_component_activity_id FOREIGN KEY(activity_id) REFERENCES activity (id),
    CONSTRAINT ck_component_format CHECK ({check})
)
"""


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    instant = "VARCHAR(26)" if is_sqlite else "TIMESTAMP WITH TIME ZONE"  # as ecwi_events.kernel.columns.UtcDateTime
    for (table, column), kind in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(instant=instant)}")
    _allow((*HELD, "translation"))


def downgrade() -> None:
    op.execute("DELETE FROM component WHERE format = 'translation'")
    _allow(HELD)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)


def _allow(kinds: tuple[str, ...]) -> None:
    """Say anew which kinds of component there are."""
    check = f"format IN ({', '.join(repr(kind) for kind in kinds)})"
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE component DROP CONSTRAINT ck_component_format")
        op.execute(f"ALTER TABLE component ADD CONSTRAINT ck_component_format CHECK ({check})")
        return
    columns = "id, activity_id, position, format, count, minutes_each, destination, is_planned_only"
    op.execute(COPY.format(check=check))
    op.execute(f"INSERT INTO component_new ({columns}) SELECT {columns} FROM component")  # noqa: S608 - names of ours
    op.drop_table("component")
    op.execute("ALTER TABLE component_new RENAME TO component")
    op.create_index("ix_component_activity_id", "component", ["activity_id"])
