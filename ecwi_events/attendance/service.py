"""Settling attendance: a mark is a row of evidence; presence follows from all evidence."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.attendance import queries, rules
from ecwi_events.attendance.models import Evidence, Presence, Source, Verdict
from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.kernel.text import clean_line
from ecwi_events.people import rules as people_rules
from ecwi_events.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

HAND_MARKS = (Verdict.PRESENT, Verdict.ABSENT, Verdict.EXCUSED)
SENT_TWICE = timedelta(minutes=1)  # the same form again so soon is a second press of its button


@dataclass(frozen=True)
class Who:
    """A person, or a visitor known by name only."""

    person_id: int | None = None
    visitor_name: str | None = None


def mark(session_id: int, marks: Mapping[Who, Verdict | None], *, by_person_id: int, now: datetime) -> int:
    """Write down what the host saw; None takes a mark back. Returns how many verdicts changed.

    A mark that says what the verdict says already is no news and is not written.

    Raises:
        NotFound: there is no such session, or somebody is not on its roster.
        Invalid: a mark is none that a host can give.
    """
    roster = queries.find_roster(session_id)
    if roster is None:
        raise NotFound("We cannot find this session.")
    standing = {Who(row.person_id, row.visitor_name): row.verdict for row in roster.rows}
    if any(who not in standing for who in marks):
        raise NotFound("We cannot find this person in the session. Load the page again.")
    if any(verdict is not None and verdict not in HAND_MARKS for verdict in marks.values()):
        raise Invalid({"mark": "Choose present, absent or excused"})
    news = {who: verdict for who, verdict in marks.items() if (verdict or Verdict.UNKNOWN) != standing[who]}
    _add_evidence(session_id, news, by_person_id=by_person_id, now=now)
    derive(session_id, set(news), now=now)
    if news:  # how many of each, not who: the evidence rows say that
        counts = Counter(verdict or "unmarked" for verdict in news.values())
        journal.note("mark", "session", session_id, after=dict(counts), now=now)
    return len(news)


def add_visitor(
    session_id: int,
    name: str,
    *,
    address: str = "",
    organisation: str = "",
    by_person_id: int,
    now: datetime,
) -> Who:
    """Add somebody who came without signing up, as present. Without an address they stay unidentified.

    The same name without an address, from the same host within a minute, is the same visitor, and nothing is written.

    Raises:
        NotFound: there is no such session.
        Invalid: the name, the address or the organisation cannot be taken.
    """
    faults = {
        "name": people_rules.name_fault(name),
        "email": people_rules.address_fault(address) if address else None,
        "organisation": people_rules.organisation_fault(organisation),
    }
    if wrong := {field: fault for field, fault in faults.items() if fault}:
        raise Invalid(wrong)
    roster = queries.find_roster(session_id)
    if roster is None:
        raise NotFound("We cannot find this session.")
    if clean_line(address):
        person_id = people.find_or_create_person(name, address, organisation=organisation, zone=None, now=now)
        who = Who(person_id=person_id)
    elif just_added := _just_added(session_id, clean_line(name), by_person_id=by_person_id, now=now):
        return Who(visitor_name=just_added)
    else:
        who = Who(visitor_name=_free_name(clean_line(name), {row.visitor_name for row in roster.rows}))
    _add_evidence(session_id, {who: Verdict.PRESENT}, by_person_id=by_person_id, now=now)
    derive(session_id, {who}, now=now)
    journal.note("add_visitor", "session", session_id, after={"visitors": 1}, now=now)
    return who


def _add_evidence(session_id: int, marks: Mapping[Who, Verdict | None], *, by_person_id: int, now: datetime) -> None:
    rows = [
        {
            "session_id": session_id,
            "person_id": who.person_id,
            "visitor_name": who.visitor_name,
            "source": Source.HOST,
            "mark": verdict,
            "recorded_by_id": by_person_id,
            "recorded_at": now,
        }
        for who, verdict in marks.items()
    ]
    if rows:
        db.session.execute(sa.insert(Evidence), rows)


def derive(session_id: int, whom: set[Who], *, now: datetime) -> None:
    """Derive the verdicts of these people anew from all of their evidence, and write them."""
    marks: dict[Who, list[rules.Mark]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            Evidence.id,
            Evidence.person_id,
            Evidence.visitor_name,
            Evidence.source,
            Evidence.mark,
            Evidence.recorded_at,
        ).where(Evidence.session_id == session_id)
    ):
        marks[Who(row.person_id, row.visitor_name)].append(rules.Mark(row.source, row.mark, row.recorded_at, row.id))
    _write_presence(session_id, {who: Verdict(rules.verdict(marks[who])) for who in whom}, now=now)


def _write_presence(session_id: int, verdicts: Mapping[Who, Verdict], *, now: datetime) -> None:
    """Write the verdicts: first a row for whoever has none, then one change per verdict."""
    for key in ("person_id", "visitor_name"):
        rows = [
            {
                "session_id": session_id,
                "person_id": who.person_id,
                "visitor_name": who.visitor_name,
                "verdict": verdict,
                "decided_at": now,
            }
            for who, verdict in verdicts.items()
            if getattr(who, key) is not None
        ]
        insert_unless_there(Presence, rows, key=["session_id", key])
    for verdict in set(verdicts.values()):
        those = [who for who, theirs in verdicts.items() if theirs is verdict]
        db.session.execute(
            sa.update(Presence)
            .where(
                Presence.session_id == session_id,
                sa.or_(
                    Presence.person_id.in_([who.person_id for who in those if who.person_id is not None]),
                    Presence.visitor_name.in_([who.visitor_name for who in those if who.visitor_name is not None]),
                ),
            )
            .values(verdict=verdict, decided_at=now)
            .execution_options(synchronize_session=False)
        )


def _free_name(name: str, taken: set[str | None]) -> str:
    """Two visitors may have the same name: the second is called "Ana (2)"."""
    return next(other for number in range(1, len(taken) + 2) if (other := _numbered(name, number)) not in taken)


def _numbered(name: str, number: int) -> str:
    """Return the name that the visitor with this number of a name has, within the letters that a name may have."""
    end = f" ({number})" if number > 1 else ""
    return name[: people_rules.LONGEST_NAME - len(end)].rstrip() + end


def _just_added(session_id: int, name: str, *, by_person_id: int, now: datetime) -> str | None:
    """Return the visitor of this name whose only mark this host made within the last minute, or None."""
    rows = db.session.execute(
        sa.select(Evidence.visitor_name)
        .where(Evidence.session_id == session_id, Evidence.visitor_name.is_not(None))
        .group_by(Evidence.visitor_name)
        .having(
            sa.func.count() == 1,
            sa.func.min(Evidence.recorded_by_id) == by_person_id,
            sa.func.min(Evidence.recorded_at) > now - SENT_TWICE,
        )
    ).all()
    known = {row.visitor_name for row in rows}
    visitors = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Presence)
        .where(Presence.session_id == session_id, Presence.visitor_name.is_not(None))
    )
    return next((one for number in range(1, (visitors or 0) + 1) if (one := _numbered(name, number)) in known), None)
