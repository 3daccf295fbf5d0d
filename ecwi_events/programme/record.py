"""The record of an activity, edited as a whole by the office. Of two people who edit at once, the second one is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.people import queries as people
from ecwi_events.people.models import Organisation
from ecwi_events.programme import invitations, queries, record_rules, rules, sessions
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivityOrganisation,
    OrganisationRole,
    Theme,
    Visibility,
)
from ecwi_events.programme.models_record import ActivityContributor, ContributorRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

EDITED = "edited"
TEXTS = ("title", "strapline", "summary", "description", "language")  # what translations are made from
_LINES = ("title", "strapline", "audience", "target_region")
_PROSE = ("summary", "description")
_AS_THEY_ARE = ("kind", "theme", "language", "languages", "interpretation", "home_year", "display_order", "visibility")
COLUMNS = (*_LINES, *_PROSE, *_AS_THEY_ARE)


@dataclass(frozen=True)
class Contributor:
    """Somebody who speaks or trains: by name, by organisation, or both."""

    role: ContributorRole
    name: str = ""
    organisation_id: int | None = None


@dataclass(frozen=True)
class Record:
    """Everything of an activity that the office types besides sessions, money, outcomes and resources."""

    kind: ActivityKind
    title: str
    home_year: int
    strapline: str = ""
    summary: str = ""
    description: str = ""
    theme: Theme | None = None
    language: str = "en"
    languages: Sequence[str] = ()  # spoken besides
    interpretation: Sequence[str] = ()
    audience: str = ""
    target_region: str = ""
    display_order: int = 0
    visibility: Visibility = Visibility.PUBLIC
    host_id: int | None = None
    co_host_ids: Sequence[int] = ()
    funder_ids: Sequence[int] = ()
    contributors: Sequence[Contributor] = ()


@dataclass(frozen=True)
class SpeakerLine:
    """A contributor as pages show it."""

    role: str
    name: str
    organisation: str


def get_record(activity_id: int) -> tuple[Record, int]:
    """Return the record of an activity and its revision.

    Raises:
        NotFound: there is no such activity.
    """
    activity = sessions.get_activity(activity_id)
    return _record_of(activity), activity.revision


_C = sa.inspect(ActivityContributor).local_table
_O = sa.inspect(Organisation).local_table
SPEAKERS_PART = (
    sa.select(_C.c.role, _C.c.name, _O.c.name.label("organisation"))
    .outerjoin(_O, _O.c.id == _C.c.organisation_id)
    .where(_C.c.activity_id == queries.WANTED.c.id)
    .order_by(_C.c.position)
)


def speakers(rows: Sequence[Any]) -> tuple[SpeakerLine, ...]:
    """Return who speaks or trains in an activity, in the order in which they were typed, from the part of a bundle."""
    return tuple(SpeakerLine(row.role.value, row.name or "", row.organisation or "") for row in rows)


def edit_activity(activity_id: int, new: Record, *, revision: int, now: datetime) -> bool:
    """Make the record of an activity the new one; return False if nothing was different.

    Args:
        activity_id: which.
        new: the whole record, as it shall be.
        revision: the revision that the editor saw.
        now: the door's instant.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken.
        Refused: ``edited``, the activity was changed since that revision; nothing is written.
    """
    activity = _hold(activity_id)
    if activity.revision != revision:
        raise Refused(EDITED, "Somebody else changed this activity in the meantime.")
    new = _tidy(new)
    if faults := _faults(activity, new):
        raise Invalid(faults)
    old = _record_of(activity)
    if new == old:
        return False
    _put_columns(activity, old, new)
    _put_roles(activity_id, old, new)
    sessions.touch(activity, now=now)
    journal.note("edit_activity", "activity", activity_id, before=_noted(old), after=_noted(new), now=now)
    return True


def _hold(activity_id: int) -> Activity:
    """Return the activity and keep other writers out until the end of the transaction."""
    held = db.session.scalar(
        sa.select(Activity)
        .where(Activity.id == activity_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound("We cannot find this activity.")
    return held


def _record_of(activity: Activity) -> Record:
    of = ActivityOrganisation
    roles = db.session.execute(
        sa.select(of.role, of.organisation_id).where(of.activity_id == activity.id).order_by(of.position, of.id)
    ).all()

    def holding(role: OrganisationRole) -> tuple[int, ...]:
        return tuple(row.organisation_id for row in roles if row.role is role)

    hosts = holding(OrganisationRole.HOST)
    texts: dict[str, Any] = {name: getattr(activity, name) or "" for name in (*_LINES, *_PROSE)}
    return Record(
        **texts,
        **{name: getattr(activity, name) for name in _AS_THEY_ARE},
        host_id=hosts[0] if hosts else None,
        co_host_ids=holding(OrganisationRole.CO_HOST),
        funder_ids=holding(OrganisationRole.FUNDER),
        contributors=_contributors(activity.id, holding(OrganisationRole.CONTRIBUTOR)),
    )


def _contributors(activity_id: int, organisation_ids: Sequence[int]) -> tuple[Contributor, ...]:
    """Return who contributes, with the organisations of which an import knew no more than that."""
    rows = db.session.scalars(
        sa.select(ActivityContributor)
        .where(ActivityContributor.activity_id == activity_id)
        .order_by(ActivityContributor.position)
    ).all()
    known = {row.organisation_id for row in rows}
    return (
        *(Contributor(row.role, row.name or "", row.organisation_id) for row in rows),
        *(Contributor(ContributorRole.CONTRIBUTOR, "", one) for one in organisation_ids if one not in known),
    )


def _tidy(new: Record) -> Record:
    """Clean the texts as the table will, and say nothing twice."""
    lines: dict[str, Any] = {name: clean_line(getattr(new, name)) for name in _LINES}
    prose: dict[str, Any] = {name: clean_prose(getattr(new, name)) for name in _PROSE}
    others = dict.fromkeys(code for code in new.languages if code != new.language)
    contributors = [Contributor(one.role, clean_line(one.name), one.organisation_id) for one in new.contributors]
    return Record(
        kind=new.kind,
        home_year=new.home_year,
        theme=new.theme,
        language=new.language,
        display_order=new.display_order,
        visibility=new.visibility,
        host_id=new.host_id,
        **lines,
        **prose,
        languages=tuple(others),
        interpretation=tuple(dict.fromkeys(new.interpretation)),
        co_host_ids=tuple(dict.fromkeys(one for one in new.co_host_ids if one != new.host_id)),
        funder_ids=tuple(dict.fromkeys(new.funder_ids)),
        contributors=tuple(one for one in contributors if one.name or one.organisation_id),
    )


def _faults(activity: Activity, new: Record) -> dict[str, str]:
    faults = record_rules.text_faults(asdict(new)) | record_rules.language_faults(
        new.language, new.languages, new.interpretation
    )
    if fault := rules.year_fault(new.home_year):
        faults["home_year"] = fault
    if new.display_order not in record_rules.ORDERS:
        faults["display_order"] = f"Enter a number from 0 to {record_rules.ORDERS[-1]}"
    if new.language in activity.translations:
        faults["language"] = "There is a translation into this language. Take it away first"
    if new.host_id is None and rules.is_public(activity.status):
        faults["host_id"] = "Choose the host organisation: a published activity needs one"
    return faults | _organisation_faults(new)


def _organisation_faults(new: Record) -> dict[str, str]:
    wanted = {
        "host_id": [new.host_id] if new.host_id is not None else [],
        "co_host_ids": new.co_host_ids,
        "funder_ids": new.funder_ids,
        "contributors": [one.organisation_id for one in new.contributors if one.organisation_id is not None],
    }
    known = people.known_organisations([one for ids in wanted.values() for one in ids])
    faults = {
        name: "Choose from the list of organisations" for name, ids in wanted.items() if not known.issuperset(ids)
    }
    if fault := record_rules.contributors_fault([one.name for one in new.contributors]):
        faults["contributors"] = fault
    return faults


def _put_columns(activity: Activity, old: Record, new: Record) -> None:
    for name in COLUMNS:
        value = getattr(new, name)
        setattr(activity, name, value if value or name not in (*_LINES, *_PROSE) else None)
    if any(getattr(old, name) != getattr(new, name) for name in TEXTS):
        activity.text_revision += 1
    if new.visibility is Visibility.INVITED:
        invitations.make_link(activity)


def _put_roles(activity_id: int, old: Record, new: Record) -> None:
    """Write the organisations' roles and the contributors anew, if they are others than before."""
    wanted, had = _roles(new), _roles(old)
    if wanted != had:
        db.session.execute(sa.delete(ActivityOrganisation).where(ActivityOrganisation.activity_id == activity_id))
        rows = [
            {"activity_id": activity_id, "organisation_id": organisation_id, "role": role, "position": position}
            for position, (role, organisation_id) in enumerate(wanted)
        ]
        db.session.execute(sa.insert(ActivityOrganisation), rows) if rows else None
    if new.contributors != old.contributors:
        db.session.execute(sa.delete(ActivityContributor).where(ActivityContributor.activity_id == activity_id))
        people_of = [
            {**asdict(one), "name": one.name or None, "activity_id": activity_id, "position": position}
            for position, one in enumerate(new.contributors)
        ]
        db.session.execute(sa.insert(ActivityContributor), people_of) if people_of else None


def _roles(record: Record) -> list[tuple[OrganisationRole, int]]:
    contributing = dict.fromkeys(one.organisation_id for one in record.contributors if one.organisation_id)
    return [
        *([(OrganisationRole.HOST, record.host_id)] if record.host_id else []),
        *((OrganisationRole.CO_HOST, one) for one in record.co_host_ids),
        *((OrganisationRole.CONTRIBUTOR, one) for one in contributing),
        *((OrganisationRole.FUNDER, one) for one in record.funder_ids),
    ]


def _noted(record: Record) -> dict[str, object]:
    """Return what the journal compares; who contributes are names, of which it keeps the number alone."""
    names = [f"{one.role} {one.name} {one.organisation_id}" for one in record.contributors]
    return {**asdict(record), "contributors": len(record.contributors), "contributors_named": names}
