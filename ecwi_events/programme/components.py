"""Acts on what an activity is made of besides its sessions, and on the wording of its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import countries, dates
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import clean_line
from ecwi_events.programme import sessions
from ecwi_events.programme.models import Component, ComponentKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ecwi_events.programme.models import Activity

MOST_COMPONENTS = 20
MOST_OF_A_KIND = 500
MOST_MINUTES = 7 * 24 * 60
MOST_CITIES = 3
_LONGEST = {"period_wording": 80, "structure_wording": 300, "structure_note": 200, "participants_note": 200}


@dataclass(frozen=True)
class NewComponent:
    """A component as it is typed; no ``count`` means: again and again."""

    kind: ComponentKind
    count: int | None = None
    minutes_each: int | None = None
    destination: str | None = None
    is_planned_only: bool = False


@dataclass(frozen=True)
class Wordings:
    """What stands in or instead of the lines that are made; the empty text leaves a line as it is made."""

    period_wording: str = ""
    structure_wording: str = ""
    structure_note: str = ""
    participants_note: str = ""


@dataclass(frozen=True)
class Period:
    """First and last month, each as its first day, of an activity that has no sessions here to take them from."""

    start: date | None = None
    end: date | None = None


def change_components(
    activity_id: int,
    parts: Sequence[NewComponent],
    own: Wordings,
    *,
    period: Period | None = None,
    revision: int | None = None,
    now: datetime,
) -> bool:
    """Make these the components and the wordings of an activity. Returns False if they were so already.

    Args:
        activity_id: which.
        parts: all components, in their order.
        own: all wordings.
        period: from when to when, if it cannot be taken from sessions; None leaves it as it is.
        revision: the activity's revision that the editor saw; None takes the change whatever was there.
        now: the door's instant.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken; components' fields are called ``components-0-count`` and so on.
        Refused: ``edited``, somebody else changed the activity since this revision.
    """
    activity = sessions.get_activity(activity_id)
    if faults := _faults(parts, own) | _period_faults(period, open_end=activity.open_end):
        raise Invalid(faults)
    if revision is not None and revision != activity.revision:
        raise Refused("edited", "Somebody else changed this activity while you were writing. Compare, and save again.")
    has_changed = _set_wordings(activity, own, now=now)
    has_changed |= _set_components(activity_id, parts, now=now)
    if period is not None and not sessions.makes_period(activity):
        has_changed |= _set_period(activity, period, now=now)
    if has_changed:
        sessions.touch(activity, now=now)
    return has_changed


def choose_cities(activity_id: int, zones: Sequence[str], *, now: datetime) -> None:
    """Keep in which cities the times of an activity are shown to those who plan it.

    Raises:
        NotFound: there is no such activity.
        Invalid: one of them is no time zone.
    """
    activity = sessions.get_activity(activity_id)
    known = [dates.canonical_zone(zone) for zone in zones if zone]
    if None in known or len(known) > MOST_CITIES:
        raise Invalid({"cities": "Choose cities from the list"})
    before = activity.shown_zones
    activity.shown_zones = ",".join(dict.fromkeys(zone for zone in known if zone)) or None
    db.session.flush()
    after = {"shown_zones": activity.shown_zones}
    journal.note("choose_cities", "activity", activity_id, before={"shown_zones": before}, after=after, now=now)


def _faults(parts: Sequence[NewComponent], own: Wordings) -> dict[str, str]:
    faults = {}
    if len(parts) > MOST_COMPONENTS:
        faults["components"] = f"At most {MOST_COMPONENTS} components are possible"
    for number, part in enumerate(parts):
        faults |= {f"components-{number}-{name}": words for name, words in _part_faults(part).items()}
    for name, most in _LONGEST.items():
        if len(clean_line(getattr(own, name))) > most:
            faults[name] = f"Use {most} letters or fewer"
    return faults


def _part_faults(part: NewComponent) -> dict[str, str]:
    faults = {}
    if part.count is not None and not 1 <= part.count <= MOST_OF_A_KIND:
        faults["count"] = f"Enter a number from 1 to {MOST_OF_A_KIND}, or leave it empty for “regular”"
    if part.minutes_each is not None and not 1 <= part.minutes_each <= MOST_MINUTES:
        faults["minutes_each"] = f"Enter a length from 1 to {MOST_MINUTES} minutes, or leave it empty"
    if part.destination and not countries.is_country(part.destination):
        faults["destination"] = "Choose a country from the list"
    return faults


def _period_faults(period: Period | None, *, open_end: bool) -> dict[str, str]:
    if period is None or period.end is None:
        return {}
    if period.start is None:
        return {"period_start": "Enter the first month too"}
    if period.end < period.start:
        return {"period_end": "The last month must not be before the first month"}
    if open_end:
        return {"period_end": "The activity is said to go on without an end. Leave this empty"}
    return {}


def _set_period(activity: Activity, period: Period, *, now: datetime) -> bool:
    before = {"period_start": activity.period_start, "period_end": activity.period_end}
    after = {"period_start": period.start, "period_end": period.end}
    if before == after:
        return False
    activity.period_start, activity.period_end = period.start, period.end
    journal.note("change_period", "activity", activity.id, before=before, after=after, now=now)
    return True


def _set_wordings(activity: Activity, own: Wordings, *, now: datetime) -> bool:
    values = {name: clean_line(getattr(own, name)) or None for name in _LONGEST}
    before = {name: getattr(activity, name) for name in values}
    if before == values:
        return False
    for name, value in values.items():
        setattr(activity, name, value)
    journal.note("change_wordings", "activity", activity.id, before=before, after=values, now=now)
    return True


def _set_components(activity_id: int, parts: Sequence[NewComponent], *, now: datetime) -> bool:
    there = db.session.scalars(
        sa.select(Component).where(Component.activity_id == activity_id).order_by(Component.position, Component.id)
    ).all()
    before = [
        NewComponent(row.format, row.count, row.minutes_each, row.destination, row.is_planned_only) for row in there
    ]
    if before == list(parts):
        return False
    for row in there:
        db.session.delete(row)
    db.session.flush()
    for position, part in enumerate(parts, 1):
        db.session.add(
            Component(
                activity_id=activity_id, position=position, format=part.kind, count=part.count,
                minutes_each=part.minutes_each, destination=part.destination, is_planned_only=part.is_planned_only,
            )
        )  # fmt: skip
    db.session.flush()
    after = {"components": len(parts)}
    journal.note("change_components", "activity", activity_id, before={"components": len(before)}, after=after, now=now)
    return True
