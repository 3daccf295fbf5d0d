"""Activities in an edition file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.overview.importing_figures import DeclaredRecord, read_participants
from ecwi_events.programme.importing import ActivityRecord, ComponentRecord
from ecwi_events.programme.models import (
    ActivityKind,
    ActivityStatus,
    ComponentKind,
    OrganisationRole,
    OutcomeKind,
    Theme,
)
from ecwi_events.programme.wording import period_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ecwi_events.overview.importing_document import Fields


@dataclass(frozen=True)
class Reference:
    """An organisation that an activity names, and on which line."""

    line: int
    role: OrganisationRole
    key: str


@dataclass(frozen=True)
class ActivityEntry:
    """An activity, the line that names it, whom it refers to, and its declared participants."""

    line: int
    record: ActivityRecord
    references: tuple[Reference, ...]
    participants: tuple[DeclaredRecord, ...]


def read_activity(fields: Fields, year: int) -> ActivityEntry:
    """Return an activity of the file; its home year is the edition's unless it says otherwise."""
    key = fields.key("activity")
    status = fields.choice("status", ActivityStatus)
    start, end, open_end = _period(fields, status)
    references = tuple(_references(fields))
    declared: list[DeclaredRecord] = []
    instead = None
    if participants := fields.inner("participants"):
        declared, instead = read_participants(participants, key)
    components, structure_note = _structure(fields)
    outcomes_are = fields.choice("outcomes_are", OutcomeKind, default=OutcomeKind.ACHIEVED)
    record = ActivityRecord(
        key=key,
        kind=fields.choice("kind", ActivityKind, default=ActivityKind.PLA),
        status=status,
        title=fields.must("title"),
        home_year=fields.integer("home_year", least=2000, most=2100) or year,
        display_order=fields.integer("order", least=1, most=999, required=True) or 0,
        strapline=fields.text("strapline"),
        description=fields.prose("description"),
        theme=_theme(fields),
        language=fields.text("language", most=8) or "en",
        target_region=fields.text("target_region", most=80),
        approved_on=fields.day("approved_on"),
        period_start=start,
        period_end=end,
        open_end=open_end,
        replanned=fields.text("replanned", most=60),
        structure_note=structure_note,
        participants_note=instead,
        resources_heading=fields.text("resources_heading", most=60),
        records_complete=fields.boolean("records_complete"),
        roles=tuple((reference.role, reference.key) for reference in references),
        components=components,
        outcomes=tuple((outcomes_are, text) for _, text in fields.texts("outcomes")),
        resources=tuple(_resources(fields)),
    )
    line = fields.line_at("id")
    fields.end()
    return ActivityEntry(line, record, references, tuple(declared))


def _period(fields: Fields, status: ActivityStatus) -> tuple[date | None, date | None, bool]:
    period = fields.inner("period")
    if period is None:
        if fault := period_fault(status, None, None, open_end=False):
            fields.complain("period", fault)
        return None, None, False
    faults_before = len(fields.faults.found)
    start, end, open_end = period.month("start"), period.month("end"), period.boolean("open_end")
    period.end()
    unreadable = len(fields.faults.found) > faults_before
    if not unreadable and (fault := period_fault(status, start, end, open_end=open_end)):
        fields.complain("period", fault)
    return start, end, open_end


def _references(fields: Fields) -> Iterator[Reference]:
    host = fields.text("host", most=80)
    if host:
        yield Reference(fields.line_at("host"), OrganisationRole.HOST, host)
    for name, role in (
        ("co_hosts", OrganisationRole.CO_HOST),
        ("contributors", OrganisationRole.CONTRIBUTOR),
        ("funders", OrganisationRole.FUNDER),
    ):
        for line, key in fields.texts(name, most=80):
            yield Reference(line, role, key)


def _structure(fields: Fields) -> tuple[tuple[ComponentRecord, ...], str | None]:
    structure = fields.inner("structure")
    if structure is None:
        return (), None
    parts = tuple(_component(part) for part in structure.each("parts", f"{structure.where}, part"))
    note = structure.text("note")
    structure.end()
    return parts, note


def _component(fields: Fields) -> ComponentRecord:
    component = ComponentRecord(
        format=fields.choice("format", ComponentKind),
        count=fields.integer("count", least=1, most=1000),
        minutes_each=fields.integer("minutes_each", least=1, most=100_000),
        destination=fields.country("destination"),
        is_planned_only=fields.boolean("planned_only"),
    )
    fields.end()
    return component


def _theme(fields: Fields) -> Theme | None:
    word = fields.text("theme", most=32)
    if word is None or word in set(Theme):
        return Theme(word) if word else None
    fields.complain("theme", f"“{word}” is none of: {', '.join(Theme)}.")
    return None


def _resources(fields: Fields) -> Iterator[tuple[str, str | None]]:
    for resource in fields.each("resources", f"{fields.where}, resource"):
        title, url = resource.must("title", most=300), resource.text("url", most=500)
        if url and not url.startswith(("https://", "http://")):
            resource.complain("url", "this must begin with https:// or http://.")
        resource.end()
        yield title, url
