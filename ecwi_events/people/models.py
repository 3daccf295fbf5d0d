"""Tables of people and organisations."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ecwi_events.kernel.columns import Line, Prose, UtcDateTime, state_of
from ecwi_events.kernel.db import Model
from ecwi_events.kernel.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine.default import DefaultExecutionContext

LONGEST_FOLDED_NAME = 800  # one letter may be spelled with four in Latin
LONGEST_FOLDED = 200


def folded_from(column: str, *, most: int) -> Callable[[DefaultExecutionContext], str]:
    """Return a default that folds another column of the same row, so that no insert can forget it."""

    def folded(context: DefaultExecutionContext) -> str:
        return fold(context.get_current_parameters().get(column) or "")[:most]  # type: ignore[no-untyped-call]

    return folded


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
    """Somebody who signs up, hosts, or works in the office.

    ``organisation_id`` or ``organisation_text`` say where somebody works now; `Affiliation` says where before. Somebody who
    was merged into another person stays as a stub that points there. Folded columns are what is searched.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Line(200))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    organisation_text: Mapped[str | None] = mapped_column(Line(200))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    language: Mapped[str] = mapped_column(sa.String(8), default="en")
    zone: Mapped[str | None] = mapped_column(sa.String(64))
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    folded: Mapped[str] = mapped_column(
        sa.String(LONGEST_FOLDED_NAME),
        default=folded_from("name", most=LONGEST_FOLDED_NAME),
        server_default="",
        index=True,
    )
    organisation_folded: Mapped[str] = mapped_column(
        sa.String(LONGEST_FOLDED),
        default=folded_from("organisation_text", most=LONGEST_FOLDED), server_default="", index=True,
    )  # fmt: skip
    # Since when somebody who may say so has said that the person works there: the office, a host, a representative.
    organisation_known_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


class EmailAddress(Model):
    """An address of a person; ``normalised`` decides who it is."""

    __tablename__ = "email_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    address: Mapped[str] = mapped_column(Line(320))
    normalised: Mapped[str] = mapped_column(sa.String(320), unique=True)
    folded: Mapped[str] = mapped_column(
        sa.String(LONGEST_FOLDED_NAME), default=folded_from("address", most=LONGEST_FOLDED_NAME), server_default=""
    )
    is_primary: Mapped[bool] = mapped_column(default=True)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AddressProof(Model):
    """An address that somebody wants to have, until a button behind a mailed link proves that it is theirs."""

    __tablename__ = "address_proof"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    address: Mapped[str] = mapped_column(Line(320))
    normalised: Mapped[str] = mapped_column(sa.String(320))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Affiliation(Model):
    """Where somebody worked before: up to ``to_on``; no ``from_on`` means: since before our records."""

    __tablename__ = "affiliation"
    __table_args__ = (sa.CheckConstraint("from_on IS NULL OR to_on >= from_on", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    organisation_text: Mapped[str | None] = mapped_column(Line(200))
    organisation_folded: Mapped[str] = mapped_column(
        sa.String(LONGEST_FOLDED),
        default=folded_from("organisation_text", most=LONGEST_FOLDED), server_default="", index=True,
    )  # fmt: skip
    from_on: Mapped[date | None] = mapped_column(sa.Date)
    to_on: Mapped[date] = mapped_column(sa.Date)


class Organisation(Model):
    """A body of the network or near it; one that was merged into another stays as a stub that points there."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(Line(200))
    short_name: Mapped[str | None] = mapped_column(Line(60))
    kind: Mapped[OrganisationKind] = mapped_column(state_of(OrganisationKind, "kind"), default=OrganisationKind.BODY)
    country: Mapped[str | None] = mapped_column(sa.String(2))
    note: Mapped[str | None] = mapped_column(Prose)
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    spells: Mapped[list[MembershipSpell]] = relationship(lazy="raise", back_populates="organisation")


class OrganisationAlias(Model):
    """A name of an organisation, its own among them; ``folded`` is compared, ``language`` says whose name it is."""

    __tablename__ = "organisation_alias"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(Line(200))
    folded: Mapped[str] = mapped_column(sa.String(200), unique=True)
    language: Mapped[str | None] = mapped_column(sa.String(8))


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


class LeftAsText(Model):
    """A typed organisation that the office decided to leave as it is, so that nobody is asked about it again."""

    __tablename__ = "left_as_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    folded: Mapped[str] = mapped_column(sa.String(LONGEST_FOLDED), unique=True)
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    left_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MergeOf(StrEnum):
    """What was merged."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Merge(Model):
    """Two records that became one: ``moved`` holds every changed value, before and after, so that it can be undone."""

    __tablename__ = "merge"
    __table_args__ = (sa.Index("ix_merge_kept", "of", "kept_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    of: Mapped[MergeOf] = mapped_column(state_of(MergeOf, "of"))
    kept_id: Mapped[int] = mapped_column(sa.Integer)
    merged_id: Mapped[int] = mapped_column(sa.Integer)
    moved: Mapped[list[dict[str, object]]] = mapped_column(sa.JSON)
    by_person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrganisationImport(Model):
    """A file of organisations between its preview and its confirmation; its rows go once it is taken over or replaced."""

    __tablename__ = "organisation_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Line(200))
    rows: Mapped[list[dict[str, object]]] = mapped_column(sa.JSON)
    by_person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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


@sa.event.listens_for(Person, "before_update")
def fold_person(_mapper: object, _connection: object, person: Person) -> None:
    """Keep what is searched equal to what is shown."""
    person.folded = fold(person.name)[:LONGEST_FOLDED_NAME]
    person.organisation_folded = fold(person.organisation_text or "")[:LONGEST_FOLDED]
