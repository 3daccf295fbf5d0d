"""The wording of an activity: period, structure, participants, host lines. One home for pages, mails and print.

Pure functions of plain facts. Everything is in mixed case; capitals are a matter of look, so that screen readers get words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel import countries, numbers
from ecwi_events.kernel.dates import MONTHS
from ecwi_events.programme.models import ActivityStatus, ComponentKind, Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

STILL_TO_COME = "The activity is still to take place."
NOT_REPORTED = "Not reported"
NO_PARTICIPANTS = "No participants"

Kind = Format | ComponentKind  # a format of a session is a kind of component too

_FORMATS: dict[str, tuple[str, str]] = {
    ComponentKind.ONLINE_SESSION: ("online session", "online sessions"),
    ComponentKind.WEBINAR: ("webinar", "webinars"),
    ComponentKind.IN_PERSON_SESSION: ("in-person session", "in-person sessions"),
    ComponentKind.HYBRID_SESSION: ("hybrid session", "hybrid sessions"),
    ComponentKind.STUDY_VISIT: ("study visit", "study visits"),
    ComponentKind.TRANSLATION: ("translation", "translations"),
}
_TO_COME = frozenset({
    ActivityStatus.DRAFT, ActivityStatus.APPROVED, ActivityStatus.PLANNED, ActivityStatus.POSTPONED,
})  # fmt: skip
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SEVERAL = 2  # with more components of one format than this, they are said in one


@dataclass(frozen=True)
class Part:
    """A component, as far as its wording needs it; no ``count`` means: again and again."""

    format: Kind
    count: int | None = None
    minutes_each: int | None = None
    destination: str | None = None


@dataclass(frozen=True)
class People:
    """What is known about the number of participants; ``until`` says to which day, if the activity goes on after it."""

    number: int | None = None
    breakdown: tuple[tuple[str, int], ...] = ()
    qualifier: str = "exact"
    basis: str = "people"
    note: str | None = None
    until: date | None = None


def period_fault(status: ActivityStatus, start: date | None, end: date | None, *, open_end: bool) -> str | None:
    """Return what is wrong with a period, as a sentence, or None."""
    if start and end and end < start:
        return "The period ends before it begins."
    if end and not start:
        return "The period has an end and no beginning."
    if open_end and end:
        return "The period has an end and is said to have none."
    if status is ActivityStatus.ONGOING and end:
        return "The activity is said to be ongoing, and has an end."
    if status is ActivityStatus.COMPLETED and not end:
        return "The activity is completed, and has no end."
    return None


def period_line(status: ActivityStatus, start: date | None, end: date | None, *, open_end: bool = False) -> str:
    """Return ``May 2022–January 2023``, ``Ongoing since November 2022``, ``Planned for March–April 2025`` and the like."""
    if status in {ActivityStatus.POSTPONED, ActivityStatus.CANCELLED}:
        return status.value.capitalize()
    planned = status in _TO_COME
    if start is None:
        return "Planned" if planned else ""
    if planned:
        return f"Planned for {months(start, end or start)}"
    if status is not ActivityStatus.COMPLETED and (open_end or end is None):
        return f"Ongoing since {_month(start)}"
    return months(start, end or start)


def months(start: date, end: date) -> str:
    """Return ``September 2022``, ``March–September 2022`` or ``May 2022–January 2023``, with an en dash and no spaces."""
    if (start.year, start.month) == (end.year, end.month):
        return _month(start)
    if start.year == end.year:
        return f"{MONTHS[start.month - 1]}–{_month(end)}"
    return f"{_month(start)}–{_month(end)}"


def length(minutes: int) -> str:
    """Return ``1.5 hours`` from an hour on and on the half hour, ``45 minutes`` otherwise."""
    if _in_hours(minutes):
        return f"{_hours(minutes)} {'hour' if minutes == 60 else 'hours'}"  # noqa: PLR2004 - minutes of an hour
    return f"{numbers.figure(minutes)} {numbers.plural(minutes, 'minute', 'minutes')}"


def structure_line(parts: Sequence[Part], note: str | None = None) -> str:
    """Return ``2 online sessions of 4 hours each``, several parts with commas and "and", the note in brackets at the end."""
    line = _listed([_words_of(part) for part in _gathered(parts)])
    if line and note:
        return f"{line} ({note})"
    return line or note or ""


def parts_of_sessions(sessions: Iterable[tuple[Format, int]]) -> list[Part]:
    """Return the parts that sessions make, given as format and minutes: same format and length are one part."""
    counts: dict[tuple[Format, int], int] = {}
    for kind in sessions:
        counts[kind] = counts.get(kind, 0) + 1
    return [Part(session_format, count, minutes) for (session_format, minutes), count in counts.items()]


def parts_of(components: Sequence[Part], sessions: Sequence[tuple[Format, int]]) -> list[Part]:
    """Return the parts of an activity: its sessions, then its components.

    A component of the same format speaks for the sessions: who writes "regular webinars" or "5 webinars" means all of them.
    """
    said = {part.format for part in components}
    alone = [session for session in sessions if session[0] not in said]
    return [*parts_of_sessions(alone), *components]


def component_faults(components: Sequence[Part], sessions: Sequence[tuple[Format, int]]) -> list[str]:
    """Return where components say another number than there are sessions, as sentences; regular ones say no number."""
    faults = []
    for kind in dict.fromkeys(part.format for part in components):
        alike = [part.count for part in components if part.format == kind]
        held = sum(1 for session in sessions if session[0] == kind)
        said = sum(count or 0 for count in alike)
        if held and None not in alike and said != held:
            faults.append(f"The components say {_counted(said, kind)}, and there are {numbers.figure(held)}.")
    return faults


def structure_faults(own: str, parts: Sequence[Part]) -> list[str]:
    """Return where an own wording of the structure says another number than the data, as sentences."""
    faults = []
    for kind, (one, many) in _FORMATS.items():
        words = rf"(?:{re.escape(one)}|{re.escape(many)})"
        found = re.search(rf"(?<![\w.,])(\d{{1,3}}|{'|'.join(_WORDS)})\s+(?:[\w-]+\s+)?{words}\b", own, re.IGNORECASE)
        if not found:
            continue
        said = _number(found[1])
        counts = [part.count for part in parts if part.format == kind]
        held = sum(count or 0 for count in counts)
        if None not in counts and said != held:
            is_or_are = "is" if held == 1 else "are"
            there = numbers.figure(held) if held else "none"
            faults.append(f"The own wording says {_counted(said, kind)}, and there {is_or_are} {there}.")
    return faults


def own_period_faults(own: str, start: date | None, end: date | None) -> list[str]:
    """Return where an own wording of the period leaves out or adds a year, as sentences."""
    if not own or start is None:
        return []
    said = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", own)}
    known = {start.year, (end or start).year}
    if said and not said <= set(range(min(known), max(known) + 1)):
        years, there = ([str(year) for year in sorted(found)] for found in (said, known))
        return [f"The own wording of the period says {_listed(years)}, and the sessions are in {_listed(there)}."]
    return []


def participants_line(people: People, status: ActivityStatus) -> str:
    """Return ``423``, ``19 participants on education and 9 on supervision``, ``Not reported``; a note wins over numbers."""
    if people.note:
        return people.note
    if people.breakdown:
        return _with_until(_breakdown(people.breakdown), people.until)
    if people.number is None:
        return STILL_TO_COME if status in _TO_COME else NOT_REPORTED
    if people.number == 0:
        return NO_PARTICIPANTS
    line = numbers.qualified(people.number, people.qualifier)
    if people.basis in {"attendances", "registrations"}:  # never let them pass for people
        line += f" {people.basis if people.number != 1 else people.basis.removesuffix('s')}"
    return _with_until(line, people.until)


def host_line(name: str, country: str | None, *, has_co_hosts: bool) -> str:
    """Return the host's name, with its country only if there are co-hosts."""
    return _with_country(name, country) if has_co_hosts else name


def co_hosts_line(co_hosts: Sequence[tuple[str, str | None]]) -> str:
    """Return ``Name, Country; Name, Country`` for names and country codes."""
    return "; ".join(_with_country(name, country) for name, country in co_hosts)


def _counted(number: int, kind: str) -> str:
    one, many = _FORMATS[kind]
    return f"{numbers.figure(number)} {one if number == 1 else many}"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _WORDS.index(text.lower()) + 1


def _with_country(name: str, country: str | None) -> str:
    return f"{name}, {countries.label(country)}" if country else name


def _with_until(line: str, until: date | None) -> str:
    return f"{line} (to {until.day} {_month(until)})" if until else line


def _breakdown(breakdown: Sequence[tuple[str, int]]) -> str:
    (label, count), *rest = breakdown
    noun = numbers.plural(count, "participant", "participants")
    first = f"{numbers.figure(count)} {noun} on {label}"
    return _listed([first, *(f"{numbers.figure(number)} on {name}" for name, number in rest)])


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _in_hours(minutes: int) -> bool:
    return minutes >= 60 and minutes % 30 == 0  # noqa: PLR2004 - minutes of an hour


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}"


@dataclass(frozen=True)
class _Bundle:
    """Several parts of one format, said in one."""

    format: Kind
    count: int
    shortest: int
    longest: int
    total: int


def _gathered(parts: Sequence[Part]) -> list[Part | _Bundle]:
    """Bundle formats that come in more than two parts, where every count and length is known; keep the order."""
    kinds: dict[str, list[Part]] = {}
    for part in parts:
        kinds.setdefault(part.format, []).append(part)
    gathered: list[Part | _Bundle] = []
    for part in parts:
        alike = kinds[part.format]
        if not _can_bundle(alike):
            gathered.append(part)
        elif alike[0] is part:
            gathered.append(_bundle(alike))
    return gathered


def _can_bundle(parts: Sequence[Part]) -> bool:
    return len(parts) > _SEVERAL and all(part.count and part.minutes_each and not part.destination for part in parts)


def _bundle(parts: Sequence[Part]) -> _Bundle:
    lengths = [part.minutes_each or 0 for part in parts]
    return _Bundle(
        format=parts[0].format,
        count=sum(part.count or 0 for part in parts),
        shortest=min(lengths),
        longest=max(lengths),
        total=sum((part.count or 0) * (part.minutes_each or 0) for part in parts),
    )


def _words_of(part: Part | _Bundle) -> str:
    if isinstance(part, Part):
        return _part(part)
    if part.shortest == part.longest:
        return _part(Part(part.format, part.count, part.longest))
    one_unit = _in_hours(part.shortest) and _in_hours(part.longest)
    span = (
        f"{_hours(part.shortest)}–{_hours(part.longest)} hours"
        if one_unit
        else f"{part.shortest}–{part.longest} minutes"
    )
    return f"{numbers.figure(part.count)} {_FORMATS[part.format][1]} of {span} ({length(part.total)} in total)"


def _part(part: Part) -> str:
    one, many = _FORMATS[part.format]
    how_many = "regular" if part.count is None else numbers.figure(part.count)
    words = f"{how_many} {one if part.count == 1 else many}"
    if part.destination:
        words += f" to {countries.in_sentence(part.destination)}"
    if part.minutes_each:
        words += f" of {length(part.minutes_each)}{'' if part.count == 1 else ' each'}"
    return words
