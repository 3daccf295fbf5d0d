"""Acts on the programme: making an activity with its sessions, and moving it from status to status."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import clean_line, slug
from ecwi_events.people import queries as people
from ecwi_events.programme import record_rules, rules, sessions, whole
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivityOrganisation,
    ActivityStatus,
    OrganisationRole,
    StatusChange,
    Theme,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ecwi_events.programme.sessions import NewSession

_ONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")


@dataclass(frozen=True)
class NewActivity:
    """An activity as it is typed."""

    kind: ActivityKind
    title: str
    home_year: int
    host_id: int | None = None
    co_host_ids: Sequence[int] = ()
    strapline: str = ""
    summary: str = ""
    description: str = ""
    theme: Theme | None = None
    language: str = "en"
    approved_on: date | None = None
    sign_up_closes_at: datetime | None = None
    sessions: Sequence[NewSession] = field(default_factory=tuple)
    once: str = ""  # a random word of the form: two activities cannot have the same


def key_of(once: str) -> str | None:
    """Return the key of the activity that a form with this random word makes, or None if the word is none of ours."""
    return f"activity-{once}" if _ONCE.fullmatch(once) else None


def create_activity(new: NewActivity, *, by_person_id: int | None, now: datetime) -> int:
    """Make an activity as a draft, with its hosts and sessions, and return its id.

    Raises:
        Invalid: a field cannot be taken; sessions' fields are called ``sessions-0-starts_local`` and so on.
    """
    _check(new)
    activity = Activity(
        key=key_of(new.once) or f"activity-{uuid.uuid4().hex[:12]}",
        slug=_free_slug(new.title),
        kind=new.kind,
        status=ActivityStatus.DRAFT,
        title=new.title,
        strapline=clean_line(new.strapline) or None,
        summary=new.summary or None,
        description=new.description or None,
        theme=new.theme,
        language=new.language,
        home_year=new.home_year,
        approved_on=new.approved_on or now.date(),
        sign_up_closes_at=new.sign_up_closes_at,
        created_at=now,
        updated_at=now,
    )
    db.session.add(activity)
    db.session.flush()
    _add_roles(activity.id, new)
    _log(activity.id, ActivityStatus.DRAFT, by_person_id=by_person_id, reason=None, now=now)
    for session in new.sessions:
        sessions.insert(activity.id, session, now=now)
    sessions.derive_period(activity)
    db.session.flush()
    made = {"title": new.title, "kind": new.kind, "status": activity.status, "home_year": new.home_year}
    roles = {"host_id": new.host_id, "co_host_ids": list(new.co_host_ids), "sessions": len(new.sessions)}
    journal.note("create_activity", "activity", activity.id, after={**made, **roles}, now=now)
    return activity.id


def move_to_status(
    activity_id: int, status: ActivityStatus, *, by_person_id: int | None, reason: str | None = None, now: datetime
) -> None:
    """Move an activity to another status, write who did it, and have the feed exported anew.

    A move to the status that it has already, as by a second press of the button, changes nothing.

    Raises:
        NotFound: there is no such activity.
        Refused: the move is not allowed, or something is missing before everybody may see it.
    """
    activity = sessions.get_activity(activity_id)
    if activity.status is status:
        return
    if not rules.may_move(activity.status, status):
        raise Refused("move", f"An activity that is {activity.status} cannot become {status}.")
    if rules.is_public(status) and not rules.is_public(activity.status):
        db.session.flush()
        if missing := record_rules.missing_before_publishing(whole.record_facts(activity_id)):
            raise Refused("incomplete", record_rules.refusal_words(missing))
    why = {"reason": reason} if reason else {}
    before, after = {"status": activity.status}, {"status": status, **why}
    journal.note("move_to_status", "activity", activity_id, before=before, after=after, now=now)
    activity.status = status
    _log(activity_id, status, by_person_id=by_person_id, reason=reason, now=now)
    sessions.touch(activity, now=now)


def _check(new: NewActivity) -> None:
    faults = {}
    if fault := rules.title_fault(new.title):
        faults["title"] = fault
    if fault := rules.year_fault(new.home_year):
        faults["home_year"] = fault
    known = people.known_organisations([*new.co_host_ids, new.host_id or 0])
    if new.host_id is not None and new.host_id not in known:
        faults["host_id"] = "Choose an organisation from the list"
    if not known.issuperset(new.co_host_ids):
        faults["co_host_ids"] = "Choose organisations from the list"
    for number, session in enumerate(new.sessions):
        faults |= {f"sessions-{number}-{field}": text for field, text in sessions.faults_of(session).items()}
    if faults:
        raise Invalid(faults)


def _add_roles(activity_id: int, new: NewActivity) -> None:
    hosts = [(new.host_id, OrganisationRole.HOST)] if new.host_id else []
    others = [(co_host, OrganisationRole.CO_HOST) for co_host in new.co_host_ids if co_host != new.host_id]
    for position, (organisation_id, role) in enumerate(hosts + others):
        db.session.add(
            ActivityOrganisation(activity_id=activity_id, organisation_id=organisation_id, role=role, position=position)
        )


def _log(
    activity_id: int, status: ActivityStatus, *, by_person_id: int | None, reason: str | None, now: datetime
) -> None:
    db.session.add(
        StatusChange(activity_id=activity_id, status=status, by_person_id=by_person_id, reason=reason, changed_at=now)
    )


def _free_slug(title: str) -> str:
    wanted = slug(title)
    taken = set(db.session.scalars(sa.select(Activity.slug).where(Activity.slug.startswith(wanted, autoescape=True))))
    if wanted not in taken:
        return wanted
    return next(name for number in range(2, len(taken) + 3) if (name := f"{wanted}-{number}") not in taken)
