"""Declared figures and texts, the compiling of an edition, and the frozen edition itself."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model


class Qualifier(StrEnum):
    """How exact a declared value is; ``more_than`` and ``over`` are strict lower bounds."""

    EXACT = "exact"
    MORE_THAN = "more_than"
    OVER = "over"
    AT_LEAST = "at_least"
    ABOUT = "about"


class Basis(StrEnum):
    """What a declared number of participants counts."""

    PEOPLE = "people"
    ATTENDANCES = "attendances"
    REGISTRATIONS = "registrations"
    UNSPECIFIED = "unspecified"


class Additive(StrEnum):
    """Whether the parts of a declared figure may be summed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class EditionState(StrEnum):
    """Where an edition stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class RunState(StrEnum):
    """Where a compile stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class DeclaredFigure(Model):
    """A figure that was typed in because no record holds it: always with its source.

    ``year`` is the edition it belongs to; ``activity_id`` narrows it to one activity; ``label`` tells the parts of a
    breakdown apart ("education", "supervision", "members", "secretariat") and is empty for a whole. An override is printed
    although the records say another value; its note is the reason.
    """

    __tablename__ = "declared_figure"
    __table_args__ = (
        sa.Index(
            "uq_declared_figure_year", "year", "statistic", "label", "is_override", unique=True,
            sqlite_where=sa.text("activity_id IS NULL"), postgresql_where=sa.text("activity_id IS NULL"),
        ),
        sa.Index(
            "uq_declared_figure_activity", "year", "activity_id", "statistic", "label", "is_override", unique=True,
            sqlite_where=sa.text("activity_id IS NOT NULL"), postgresql_where=sa.text("activity_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer)
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    statistic: Mapped[str] = mapped_column(sa.String(64))
    label: Mapped[str] = mapped_column(Line(80), default="")
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    value: Mapped[int] = mapped_column(sa.BigInteger)  # whole numbers; money in minor units, shares in percent
    qualifier: Mapped[Qualifier] = mapped_column(state_of(Qualifier, "qualifier"), default=Qualifier.EXACT)
    basis: Mapped[Basis] = mapped_column(state_of(Basis, "basis"), default=Basis.UNSPECIFIED)
    additive: Mapped[Additive] = mapped_column(state_of(Additive, "additive"), default=Additive.UNKNOWN)
    source: Mapped[str] = mapped_column(Line(300))
    note: Mapped[str | None] = mapped_column(Line(500))
    as_of: Mapped[date | None] = mapped_column(sa.Date)
    is_override: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EditionText(Model):
    """A text block of a year's edition (about, introduction, support, contact …), typed in by the office."""

    __tablename__ = "edition_text"
    __table_args__ = (sa.UniqueConstraint("year", "block"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer)
    block: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(Prose)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CompileRun(Model):
    """One compile of one year, with its progress; a second start joins the run that is under way."""

    __tablename__ = "compile_run"
    __table_args__ = (
        sa.Index(
            "uq_compile_run_under_way", "year", unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running')"),
            postgresql_where=sa.text("state IN ('queued', 'running')"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer)
    as_of: Mapped[date] = mapped_column(sa.Date)
    state: Mapped[RunState] = mapped_column(state_of(RunState, "state"), default=RunState.QUEUED)
    step: Mapped[int] = mapped_column(sa.Integer, default=0)
    steps: Mapped[int] = mapped_column(sa.Integer, default=1)
    message: Mapped[str] = mapped_column(Line(200), default="")
    error: Mapped[str | None] = mapped_column(Prose)
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Edition(Model):
    """A frozen snapshot of a year: canonical JSON and its hash. All outputs are made from it and nothing else."""

    __tablename__ = "edition"
    __table_args__ = (
        sa.UniqueConstraint("year", "number"),
        sa.Index(
            "uq_edition_published", "year", unique=True,
            sqlite_where=sa.text("state = 'published'"), postgresql_where=sa.text("state = 'published'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.Integer)
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[EditionState] = mapped_column(state_of(EditionState, "state"), default=EditionState.DRAFT)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("compile_run.id"), unique=True)
    as_of: Mapped[date] = mapped_column(sa.Date)
    snapshot: Mapped[str] = mapped_column(sa.Text)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    compiled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))


class EditionOutput(Model):
    """A rendered output of an edition, kept so that a download costs one read."""

    __tablename__ = "edition_output"
    __table_args__ = (sa.UniqueConstraint("edition_id", "format"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("edition.id"))
    format: Mapped[str] = mapped_column(sa.String(16))
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
