"""Reads of attendance, named by their question."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import rules
from ecwi_events.attendance.models import Evidence, Presence, Source, Verdict
from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import fold
from ecwi_events.people.models import Organisation, Person
from ecwi_events.programme import queries as programme
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place, Registration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import ActivityPage, SessionView


@dataclass(frozen=True)
class RosterRow:
    """One person (or named visitor) on the attendance page."""

    person_id: int | None
    visitor_name: str | None
    name: str
    organisation: str | None
    country: str | None
    verdict: Verdict
    marked_by: str | None
    marked_at: datetime | None
    is_visitor: bool

    @property
    def folded(self) -> str:
        """Name and organisation as they are searched: case, accents and script aside."""
        return fold(f"{self.name} {self.organisation or ''}")


@dataclass(frozen=True)
class Roster:
    """Everybody who has a place or was there, by name."""

    session: SessionView
    activity: ActivityPage
    rows: tuple[RosterRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many have which verdict; every verdict is there."""
        counted = Counter(row.verdict.value for row in self.rows)
        return {verdict.value: counted[verdict.value] for verdict in Verdict}


def find_roster(session_id: int) -> Roster | None:
    """Return the roster of a session, or None if there is no such session."""
    found = programme.find_session(session_id)
    if found is None:
        return None
    session, activity = found
    marks = _last_marks(session_id)
    people = _people(session_id, activity.id)
    rows = [_person_row(row, marks) for row in people] + _visitor_rows(session_id, marks)
    return Roster(session, activity, tuple(sorted(rows, key=lambda row: (row.folded, row.person_id or 0))))


def verdict_of(person_id: int, session_id: int) -> Verdict:
    """Return the verdict for a person in a session; unknown when nobody has said anything."""
    found = db.session.scalar(
        sa.select(Presence.verdict).where(Presence.session_id == session_id, Presence.person_id == person_id)
    )
    return found or Verdict.UNKNOWN


def unsettled(session_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return for each session how many people have a confirmed place, and before that how many of these are marked."""
    from ecwi_events.programme.models import ActivitySession  # noqa: PLC0415 - one query only

    marked = dict(
        db.session.execute(
            sa.select(Presence.session_id, sa.func.count())
            .join(ActivitySession, ActivitySession.id == Presence.session_id)
            .join(
                Registration,
                sa.and_(
                    Registration.activity_id == ActivitySession.activity_id,
                    registrations.of_session(ActivitySession.id),
                    Registration.person_id == Presence.person_id,
                ),
            )
            .where(
                Presence.session_id.in_(session_ids),
                Presence.verdict != Verdict.UNKNOWN,
                Registration.place == Place.CONFIRMED,
            )
            .group_by(Presence.session_id)
        ).all()
    )
    places = dict(
        db.session.execute(
            sa.select(ActivitySession.id, sa.func.count())
            .join(
                Registration,
                sa.and_(
                    Registration.activity_id == ActivitySession.activity_id,
                    registrations.of_session(ActivitySession.id),
                ),
            )
            .where(ActivitySession.id.in_(session_ids), Registration.place == Place.CONFIRMED)
            .group_by(ActivitySession.id)
        ).all()
    )
    return {session_id: (marked.get(session_id, 0), places.get(session_id, 0)) for session_id in session_ids}


def people_present(activity_id: int) -> int | None:
    """Return how many different people were in a session of an activity; None as long as nobody was looked for."""
    from ecwi_events.programme.models import ActivitySession  # noqa: PLC0415 - one query only

    was_there = sa.case((Presence.verdict.in_([verdict for verdict in Verdict if rules.counts_as_present(verdict)]), 1))
    who = sa.func.coalesce(sa.cast(Presence.person_id, sa.String), Presence.visitor_name)
    marked, present = db.session.execute(
        sa.select(sa.func.count(), sa.func.count(sa.distinct(sa.case((was_there == 1, who)))))
        .select_from(Presence)
        .join(ActivitySession, ActivitySession.id == Presence.session_id)
        .where(ActivitySession.activity_id == activity_id, Presence.verdict != Verdict.UNKNOWN)
    ).one()
    return present if marked else None


def _people(
    session_id: int, activity_id: int
) -> Sequence[sa.Row[int, str, str | None, str | None, Verdict | None, Place | None]]:
    """Everybody with a confirmed place, and everybody else who has a verdict here."""
    return db.session.execute(
        sa.select(
            Person.id,
            Person.name,
            sa.func.coalesce(Organisation.name, Person.organisation_text).label("organisation"),
            sa.func.coalesce(Person.country, Organisation.country).label("country"),
            Presence.verdict,
            Registration.place,
        )
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .outerjoin(Presence, sa.and_(Presence.person_id == Person.id, Presence.session_id == session_id))
        .outerjoin(
            Registration,
            sa.and_(
                Registration.person_id == Person.id,
                Registration.activity_id == activity_id,
                registrations.of_session(session_id),
            ),
        )
        .where(sa.or_(Registration.place == Place.CONFIRMED, Presence.id.is_not(None)))
    ).all()


def _last_marks(session_id: int) -> dict[tuple[int | None, str | None], tuple[str | None, datetime]]:
    rows = db.session.execute(
        sa.select(Evidence.person_id, Evidence.visitor_name, Person.name, Evidence.recorded_at)
        .outerjoin(Person, Person.id == Evidence.recorded_by_id)
        .where(Evidence.session_id == session_id, Evidence.source == Source.HOST)
        .order_by(Evidence.recorded_at, Evidence.id)
    ).all()
    return {(row.person_id, row.visitor_name): (row.name, row.recorded_at) for row in rows}


def _person_row(
    row: sa.Row[int, str, str | None, str | None, Verdict | None, Place | None],
    marks: dict[tuple[int | None, str | None], tuple[str | None, datetime]],
) -> RosterRow:
    marked_by, marked_at = marks.get((row.id, None), (None, None))
    return RosterRow(
        person_id=row.id,
        visitor_name=None,
        name=row.name,
        organisation=row.organisation,
        country=row.country,
        verdict=row.verdict or Verdict.UNKNOWN,
        marked_by=marked_by,
        marked_at=marked_at,
        is_visitor=row.place is not Place.CONFIRMED,
    )


def _visitor_rows(
    session_id: int, marks: dict[tuple[int | None, str | None], tuple[str | None, datetime]]
) -> list[RosterRow]:
    rows = db.session.execute(
        sa.select(Presence.visitor_name, Presence.verdict).where(
            Presence.session_id == session_id, Presence.visitor_name.is_not(None)
        )
    ).all()
    found = []
    for row in rows:
        marked_by, marked_at = marks.get((None, row.visitor_name), (None, None))
        found.append(
            RosterRow(
                None, row.visitor_name, row.visitor_name or "", None, None, row.verdict, marked_by, marked_at,
                is_visitor=True,
            )
        )  # fmt: skip
    return found
