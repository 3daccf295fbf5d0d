"""Places per activity or per session, terms of sign-up, offers, approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(26), "sqlite")  # as ecwi_events.kernel.columns.UtcDateTime
STATES_BEFORE = ("confirmed", "waiting", "offered", "withdrawn", "declined")
STATES = (*STATES_BEFORE, "pending")
CAPACITY_BEFORE = "capacity IS NULL OR (capacity > 0 AND taken <= capacity)"
CAPACITY = "capacity IS NULL OR (capacity > 0 AND taken <= capacity + overbooked)"
OFFERED = "place != 'offered' OR offer_expires_at IS NOT NULL"
WHOLE = {"sqlite_where": sa.text("session_id IS NULL"), "postgresql_where": sa.text("session_id IS NULL")}


def upgrade() -> None:
    """Let a session have places of its own, and activities their terms."""
    with op.batch_alter_table("places") as batch_op:
        batch_op.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("overbooked", sa.Integer(), server_default="0", nullable=False))
        batch_op.drop_constraint(op.f("uq_places_activity_id"), type_="unique")
        batch_op.drop_constraint(op.f("ck_places_capacity"), type_="check")
        batch_op.create_check_constraint(op.f("ck_places_capacity"), CAPACITY)
        batch_op.create_check_constraint(op.f("ck_places_overbooked"), "overbooked >= 0")
        batch_op.create_unique_constraint(op.f("uq_places_session_id"), ["session_id"])
        batch_op.create_foreign_key(op.f("fk_places_session_id"), "activity_session", ["session_id"], ["id"])
    op.create_index("uq_places_activity_id", "places", ["activity_id"], unique=True, **WHOLE)
    op.create_index("ix_places_activity_id", "places", ["activity_id"])
    with op.batch_alter_table("registration") as batch_op:
        batch_op.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("approved_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("offer_expires_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("offers", sa.SmallInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("signed_up_by_id", sa.Integer(), nullable=True))
        batch_op.drop_constraint(op.f("ck_registration_place"), type_="check")
        batch_op.create_check_constraint(op.f("ck_registration_place"), _states(STATES))
        batch_op.create_check_constraint(op.f("ck_registration_offered_has_end"), OFFERED)
        batch_op.create_foreign_key(op.f("fk_registration_session_id"), "activity_session", ["session_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_registration_signed_up_by_id"), "person", ["signed_up_by_id"], ["id"])
    op.create_index(op.f("ix_registration_session_id"), "registration", ["session_id"])
    op.create_index(op.f("ix_registration_offer_expires_at"), "registration", ["offer_expires_at"])
    _make_terms()


def downgrade() -> None:
    """Take the terms and the sessions' places away. Sign-ups for single sessions are lost."""
    for table in ("recount", "standing_sign_up", "sign_up_invitation", "sign_up_terms"):
        op.drop_table(table)
    op.execute(
        "DELETE FROM reminder WHERE registration_id IN (SELECT id FROM registration WHERE session_id IS NOT NULL)"
    )
    op.execute("DELETE FROM registration WHERE session_id IS NOT NULL")
    op.execute("DELETE FROM places WHERE session_id IS NOT NULL")
    op.execute("UPDATE registration SET place = 'declined' WHERE place = 'pending'")
    op.execute("UPDATE places SET capacity = taken WHERE capacity < taken")
    op.drop_index(op.f("ix_registration_offer_expires_at"), "registration")
    op.drop_index(op.f("ix_registration_session_id"), "registration")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.drop_constraint(op.f("fk_registration_session_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_registration_signed_up_by_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_registration_offered_has_end"), type_="check")
        batch_op.drop_constraint(op.f("ck_registration_place"), type_="check")
        batch_op.create_check_constraint(op.f("ck_registration_place"), _states(STATES_BEFORE))
        for column in ("session_id", "approved_at", "offer_expires_at", "offers", "signed_up_by_id"):
            batch_op.drop_column(column)
    op.drop_index("ix_places_activity_id", "places")
    op.drop_index("uq_places_activity_id", "places")
    with op.batch_alter_table("places") as batch_op:
        batch_op.drop_constraint(op.f("fk_places_session_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("uq_places_session_id"), type_="unique")
        batch_op.drop_constraint(op.f("ck_places_overbooked"), type_="check")
        batch_op.drop_constraint(op.f("ck_places_capacity"), type_="check")
        batch_op.create_check_constraint(op.f("ck_places_capacity"), CAPACITY_BEFORE)
        batch_op.create_unique_constraint(op.f("uq_places_activity_id"), ["activity_id"])
        for column in ("session_id", "overbooked"):
            batch_op.drop_column(column)


def _states(states: tuple[str, ...]) -> str:
    words = ", ".join(f"'{state}'" for state in states)
    return f"place IN ({words})"


def _make_terms() -> None:
    op.create_table(
        "sign_up_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column(
            "by",
            sa.Enum("activity", "session", name="by", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "who",
            sa.Enum("everyone", "members", "invited", name="who", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("most_per_organisation", sa.Integer(), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=True),
        sa.Column("offers_within_hours", sa.Integer(), nullable=True),
        sa.Column("offers_last_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "most_per_organisation IS NULL OR most_per_organisation > 0",
            name=op.f("ck_sign_up_terms_most_per_organisation"),
        ),
        sa.CheckConstraint(
            "offers_within_hours IS NULL OR offers_within_hours >= 0", name=op.f("ck_sign_up_terms_offers_within_hours")
        ),
        sa.CheckConstraint(
            "offers_last_minutes IS NULL OR offers_last_minutes > 0", name=op.f("ck_sign_up_terms_offers_last_minutes")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_sign_up_terms_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_terms")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_sign_up_terms_activity_id")),
    )
    op.create_table(
        "sign_up_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("normalised", sa.String(length=320), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_sign_up_invitation_activity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up_invitation")),
        sa.UniqueConstraint("activity_id", "normalised", name=op.f("uq_sign_up_invitation_activity_id_normalised")),
    )
    op.create_table(
        "recount",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recount")),
    )
    op.create_table(
        "standing_sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_standing_sign_up_activity_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_standing_sign_up_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_sign_up")),
        sa.UniqueConstraint("activity_id", "person_id", name=op.f("uq_standing_sign_up_activity_id_person_id")),
    )
    op.create_index(op.f("ix_standing_sign_up_person_id"), "standing_sign_up", ["person_id"])
