"""Tables of people and organisations."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecwi_events.kernel.db import Line, Model, Prose, UtcDateTime, state_of


class Role(StrEnum):
    """What a person may do beyond being a participant."""

    HOST = "host"
    OFFICE = "office"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"  # reads what the office reads, changes nothing


class OrganisationKind(StrEnum):
    """What sort of body it is; whether it is a Member is said by its membership spells alone."""

    BODY = "body"
    SECRETARIAT = "secretariat"
    FUNDER = "funder"
    PROJECT = "project"


class MembershipClass(StrEnum):
    """The class of a membership; both count as Member."""

    FULL = "full"
    AFFILIATE = "affiliate"


class Person(Model):
    """Somebody who signs up, hosts, or works in the office."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Line(200))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    organisation_text: Mapped[str | None] = mapped_column(Line(200))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    language: Mapped[str] = mapped_column(sa.String(8), default="en")
    zone: Mapped[str | None] = mapped_column(sa.String(64))
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


class EmailAddress(Model):
    """An address of a person; ``normalised`` decides who it is."""

    __tablename__ = "email_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    address: Mapped[str] = mapped_column(Line(320))
    normalised: Mapped[str] = mapped_column(sa.String(320), unique=True)
    is_primary: Mapped[bool] = mapped_column(default=True)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Organisation(Model):
    """A body of the network or near it."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(Line(200))
    short_name: Mapped[str | None] = mapped_column(Line(60))
    kind: Mapped[OrganisationKind] = mapped_column(state_of(OrganisationKind, "kind"), default=OrganisationKind.BODY)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    note: Mapped[str | None] = mapped_column(Prose)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    spells: Mapped[list[MembershipSpell]] = relationship(lazy="raise", back_populates="organisation")


class OrganisationAlias(Model):
    """Another name of an organisation; ``folded`` is compared."""

    __tablename__ = "organisation_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(Line(200))
    folded: Mapped[str] = mapped_column(sa.String(200), unique=True)


class MembershipSpell(Model):
    """From when to when an organisation was a Member; no ``from_on`` means: since before our records."""

    __tablename__ = "membership_spell"
    __table_args__ = (sa.CheckConstraint("to_on IS NULL OR from_on IS NULL OR to_on >= from_on", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    membership_class: Mapped[MembershipClass] = mapped_column(state_of(MembershipClass, "class"))
    from_on: Mapped[date | None] = mapped_column(sa.Date)
    to_on: Mapped[date | None] = mapped_column(sa.Date)
    source: Mapped[str] = mapped_column(Line(200))

    organisation: Mapped[Organisation] = relationship(lazy="raise", back_populates="spells")


class RoleGrant(Model):
    """A role of a person; ``host`` names the organisation for which it holds."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "role", "organisation_id"),
        sa.CheckConstraint("(role = 'host') = (organisation_id IS NOT NULL)", name="host_of"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(state_of(Role, "role"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInToken(Model):
    """A mailed or printed way in: one purpose, a short life, spent once by a button."""

    __tablename__ = "sign_in_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BrowserSession(Model):
    """A signed-in browser. Ending the row ends the sign-in, whatever cookie is replayed."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
