"""Tables of the programme."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecwi_events.kernel.columns import Codes, Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.people.models import Organisation
from ecwi_events.programme.models_files import Audience, ResourceKind, folded_title


class ActivityKind(StrEnum):
    """A Peer Learning Activity, or a webinar (a series of webinars is one activity)."""

    PLA = "pla"
    WEBINAR = "webinar"


class ActivityStatus(StrEnum):
    """Where an activity stands; ``ongoing`` means that no end is planned, not that it is running."""

    DRAFT = "draft"
    APPROVED = "approved"
    PLANNED = "planned"
    RUNNING = "running"
    ONGOING = "ongoing"
    COMPLETED = "completed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class Visibility(StrEnum):
    """Who may see a published activity; nobody else can tell it from one that does not exist."""

    PUBLIC = "public"
    MEMBERS = "members"  # people of Member organisations, signed in
    INVITED = "invited"  # whoever holds the invitation link


class Theme(StrEnum):
    """The four themes of the initiative."""

    STANDARDS = "standards"
    TRAINING = "training"
    MENTORING = "mentoring"
    RECOGNITION = "recognition"


class Format(StrEnum):
    """How a session or a component is held."""

    ONLINE_SESSION = "online_session"
    WEBINAR = "webinar"
    IN_PERSON_SESSION = "in_person_session"
    HYBRID_SESSION = "hybrid_session"
    STUDY_VISIT = "study_visit"


class ComponentKind(StrEnum):
    """What a component is: held like a session, or a translation, which nobody comes to."""

    ONLINE_SESSION = "online_session"
    WEBINAR = "webinar"
    IN_PERSON_SESSION = "in_person_session"
    HYBRID_SESSION = "hybrid_session"
    STUDY_VISIT = "study_visit"
    TRANSLATION = "translation"


class OrganisationRole(StrEnum):
    """What an organisation is in an activity."""

    HOST = "host"
    CO_HOST = "co_host"
    CONTRIBUTOR = "contributor"
    FUNDER = "funder"


class SessionStatus(StrEnum):
    """Whether a session takes place."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


class Payer(StrEnum):
    """Who paid: an axis of its own, apart from where the money came from."""

    MEMBERS = "members"
    SECRETARIAT = "secretariat"
    OTHER = "other"


class MoneyStage(StrEnum):
    """How sure an amount is."""

    PLANNED = "planned"
    COMMITTED = "committed"
    ACTUAL = "actual"


class OutcomeKind(StrEnum):
    """Whether an outcome was hoped for or reached."""

    PLANNED = "planned"
    ACHIEVED = "achieved"


class Activity(Model):
    """What people sign up for."""

    __tablename__ = "activity"
    __table_args__ = (
        sa.CheckConstraint("period_end IS NULL OR period_start IS NULL OR period_end >= period_start", name="period"),
        sa.CheckConstraint("NOT (open_end AND period_end IS NOT NULL)", name="open_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    slug: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[ActivityKind] = mapped_column(state_of(ActivityKind, "kind"))
    status: Mapped[ActivityStatus] = mapped_column(state_of(ActivityStatus, "status"), default=ActivityStatus.DRAFT)
    title: Mapped[str] = mapped_column(Line(200))
    strapline: Mapped[str | None] = mapped_column(Line(200))
    summary: Mapped[str | None] = mapped_column(Prose)
    description: Mapped[str | None] = mapped_column(Prose)
    theme: Mapped[Theme | None] = mapped_column(state_of(Theme, "theme"))
    language: Mapped[str] = mapped_column(sa.String(8), default="en")  # of its texts, and the first that is spoken
    languages: Mapped[tuple[str, ...]] = mapped_column(Codes(120), default=(), server_default="")  # spoken besides
    interpretation: Mapped[tuple[str, ...]] = mapped_column(Codes(120), default=(), server_default="")
    audience: Mapped[str | None] = mapped_column(Line(300))
    visibility: Mapped[Visibility] = mapped_column(
        state_of(Visibility, "visibility"), default=Visibility.PUBLIC, server_default="public"
    )
    # The invitation link: only its hash is kept, and a higher version makes the old link void.
    link_version: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")
    link_hash: Mapped[str | None] = mapped_column(sa.String(64), index=True, unique=True)
    # Rises when a text of the original changes, so that translations of an older state are known to be stale.
    text_revision: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")
    translations: Mapped[tuple[str, ...]] = mapped_column(Codes(120), default=(), server_default="")
    target_region: Mapped[str | None] = mapped_column(Line(80))
    home_year: Mapped[int] = mapped_column(sa.Integer, index=True)
    display_order: Mapped[int] = mapped_column(sa.Integer, default=0)
    approved_on: Mapped[date | None] = mapped_column(sa.Date)
    # The period of the publication, by month: first day of the first month, first day of the last month.
    period_start: Mapped[date | None] = mapped_column(sa.Date)
    period_end: Mapped[date | None] = mapped_column(sa.Date)
    open_end: Mapped[bool] = mapped_column(default=False)
    replanned: Mapped[str | None] = mapped_column(Line(60))
    structure_note: Mapped[str | None] = mapped_column(Line(200))
    participants_note: Mapped[str | None] = mapped_column(Line(200))
    # Own wordings stand instead of the lines that are made from sessions and components.
    period_wording: Mapped[str | None] = mapped_column(Line(80))
    structure_wording: Mapped[str | None] = mapped_column(Line(300))
    # Up to three zones, with commas: in these cities the office sees each session's time beside its own.
    shown_zones: Mapped[str | None] = mapped_column(sa.String(200))
    resources_heading: Mapped[str | None] = mapped_column(Line(60))
    sign_up_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # False: what is known was declared (typed in from a publication), not recorded person by person.
    records_complete: Mapped[bool] = mapped_column(default=True)
    no_resources_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when somebody said that there are none
    revision: Mapped[int] = mapped_column(sa.Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    sessions: Mapped[list[ActivitySession]] = relationship(
        lazy="raise", back_populates="activity", order_by="ActivitySession.starts_at"
    )
    roles: Mapped[list[ActivityOrganisation]] = relationship(
        lazy="raise", back_populates="activity", order_by="ActivityOrganisation.position"
    )
    components: Mapped[list[Component]] = relationship(lazy="raise", order_by="Component.position")
    outcomes: Mapped[list[Outcome]] = relationship(lazy="raise", order_by="Outcome.position")
    resources: Mapped[list[Resource]] = relationship(lazy="raise", order_by="Resource.position")


class ActivitySession(Model):
    """One meeting. Wall time and zone are the promise; the instants are derived from them."""

    __tablename__ = "activity_session"
    __table_args__ = (
        sa.CheckConstraint("duration_minutes > 0", name="duration"),
        sa.CheckConstraint("fold IN (0, 1)", name="fold"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    title: Mapped[str] = mapped_column(Line(200))
    summary: Mapped[str | None] = mapped_column(Prose)
    format: Mapped[Format] = mapped_column(state_of(Format, "format"), default=Format.ONLINE_SESSION)
    starts_local: Mapped[datetime] = mapped_column(sa.DateTime)
    fold: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    zone: Mapped[str] = mapped_column(sa.String(64))
    duration_minutes: Mapped[int] = mapped_column(sa.Integer)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tzdata_version: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(8), default="en")
    place: Mapped[str | None] = mapped_column(Line(200))
    meeting_url: Mapped[str | None] = mapped_column(Line(500))
    status: Mapped[SessionStatus] = mapped_column(state_of(SessionStatus, "status"), default=SessionStatus.PLANNED)
    ical_sequence: Mapped[int] = mapped_column(sa.Integer, default=0)
    schedule_revision: Mapped[int] = mapped_column(sa.Integer, default=1)
    # Why it was moved or cancelled, and by whom; everybody reads the reason, so it is written for everybody.
    reason: Mapped[str | None] = mapped_column(Line(300))
    moved_from_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the instants that hold now were set, if that was later than the session itself: whoever was told of them then
    # needs no reminder that would have been due before.
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    # Rises with every change of this session, so that of two people who edit it the second one is told.
    revision: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship(lazy="raise", back_populates="sessions")


class ActivityOrganisation(Model):
    """An organisation's role in an activity."""

    __tablename__ = "activity_organisation"
    __table_args__ = (
        sa.UniqueConstraint("activity_id", "organisation_id", "role"),
        sa.Index(
            "uq_activity_organisation_host", "activity_id", unique=True,
            sqlite_where=sa.text("role = 'host'"), postgresql_where=sa.text("role = 'host'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    role: Mapped[OrganisationRole] = mapped_column(state_of(OrganisationRole, "role"))
    position: Mapped[int] = mapped_column(sa.Integer, default=0)

    activity: Mapped[Activity] = relationship(lazy="raise", back_populates="roles")
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class Component(Model):
    """What an activity is made of, for the structure line: 5 webinars of 90 minutes, 2 study visits."""

    __tablename__ = "component"
    __table_args__ = (
        sa.CheckConstraint("count IS NULL OR count > 0", name="count"),
        sa.CheckConstraint("minutes_each IS NULL OR minutes_each > 0", name="minutes_each"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    format: Mapped[ComponentKind] = mapped_column(state_of(ComponentKind, "format"))
    count: Mapped[int | None] = mapped_column(sa.Integer)
    minutes_each: Mapped[int | None] = mapped_column(sa.Integer)
    destination: Mapped[str | None] = mapped_column(sa.String(2))
    is_planned_only: Mapped[bool] = mapped_column(default=False)


class MoneyLine(Model):
    """An amount of money or its worth in kind, in minor units of its currency."""

    __tablename__ = "money_line"
    __table_args__ = (sa.CheckConstraint("rate_millionths IS NULL OR rate_millionths > 0", name="rate_millionths"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    payer: Mapped[Payer] = mapped_column(state_of(Payer, "payer"))
    payer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    funder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    in_kind: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[MoneyStage] = mapped_column(state_of(MoneyStage, "stage"))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3), default="EUR")
    # How many units of the currency one euro was, in millionths, and on which day; nothing for euros.
    rate_millionths: Mapped[int | None] = mapped_column(sa.BigInteger)
    rate_on: Mapped[date | None] = mapped_column(sa.Date)
    booked_on: Mapped[date | None] = mapped_column(sa.Date)
    note: Mapped[str | None] = mapped_column(Line(200))
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_file.id"), index=True)
    evidence_name: Mapped[str | None] = mapped_column(Line(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Outcome(Model):
    """Something learned or changed: hoped for, or reached."""

    __tablename__ = "outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    kind: Mapped[OutcomeKind] = mapped_column(state_of(OutcomeKind, "kind"), default=OutcomeKind.ACHIEVED)
    text: Mapped[str] = mapped_column(Line(500))


class Resource(Model):
    """Something made or used in an activity that others can use: an address, a file, or a title alone."""

    __tablename__ = "resource"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer, default=0)
    kind: Mapped[ResourceKind] = mapped_column(state_of(ResourceKind, "kind"), default=ResourceKind.LINK)
    title: Mapped[str] = mapped_column(Line(300))
    folded: Mapped[str] = mapped_column(sa.String(900), default=folded_title)  # what the library searches
    url: Mapped[str | None] = mapped_column(Line(500))
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_file.id"), index=True)
    file_name: Mapped[str | None] = mapped_column(Line(200))
    language: Mapped[str | None] = mapped_column(sa.String(8))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    theme: Mapped[Theme | None] = mapped_column(state_of(Theme, "theme"))
    licence: Mapped[str | None] = mapped_column(Line(80))
    audience: Mapped[Audience] = mapped_column(state_of(Audience, "audience"), default=Audience.EVERYONE)
    available_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity_session.id"), index=True)
    # Since when participants could open it but for its day; empty for what was there before we noted it.
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What the last look at the address said, and since when it has not answered.
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    check_result: Mapped[str | None] = mapped_column(Line(100))
    silent_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StatusChange(Model):
    """Who moved an activity to which status, when and why."""

    __tablename__ = "status_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    status: Mapped[ActivityStatus] = mapped_column(state_of(ActivityStatus, "status"))
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(Line(300))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
