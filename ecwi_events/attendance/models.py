"""Evidence is only ever added; presence is what follows from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class Source(StrEnum):
    """Where a row of evidence comes from."""

    HOST = "host"
    JOINING_LINK = "joining_link"
    CHECK_IN = "check_in"
    IMPORT = "import"


class Verdict(StrEnum):
    """Whether a person was there. Unknown is not absent."""

    PRESENT = "present"
    BRIEF = "brief"
    ABSENT = "absent"
    EXCUSED = "excused"
    UNKNOWN = "unknown"


class Evidence(Model):
    """One observation. A visitor without an address is named and stays unidentified."""

    __tablename__ = "evidence"
    __table_args__ = (sa.CheckConstraint("person_id IS NOT NULL OR visitor_name IS NOT NULL", name="who"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("activity_session.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    visitor_name: Mapped[str | None] = mapped_column(Line(200))
    source: Mapped[Source] = mapped_column(state_of(Source, "source"))
    mark: Mapped[Verdict | None] = mapped_column(state_of(Verdict, "mark"))
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Presence(Model):
    """The verdict for one person (or one named visitor) in one session, derived from the evidence."""

    __tablename__ = "presence"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "person_id"),
        sa.UniqueConstraint("session_id", "visitor_name"),
        sa.CheckConstraint("(person_id IS NULL) != (visitor_name IS NULL)", name="who"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("activity_session.id"))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    visitor_name: Mapped[str | None] = mapped_column(Line(200))
    verdict: Mapped[Verdict] = mapped_column(state_of(Verdict, "verdict"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
