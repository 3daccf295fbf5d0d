"""Reading a list of people that somebody pasted. Pure functions of plain facts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from ecwi_events.kernel.text import clean_line, normalise_address
from ecwi_events.people import rules as people

MOST = 100
_BRACKETED = re.compile(r"^(?P<name>[^<]*)<(?P<address>[^<>]+)>\s*$")
_HEADINGS = frozenset({"name", "full name", "email", "email address", "e-mail", "organisation", "organization"})


@dataclass(frozen=True)
class GroupLine:
    """One person of a pasted list; ``fault`` says what to mend."""

    number: int
    name: str
    address: str
    organisation: str
    fault: str | None


def read_group(text: str) -> list[GroupLine]:
    """Return the people of a list: name and email, and an organisation if there is one; commas, semicolons or tabs between.

    ``Anna Ito <anna@school.example>`` is read too, and a line of headings is passed over. Nothing is lost: a line that
    cannot be read comes back with what is wrong with it.
    """
    found: list[GroupLine] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        cells = _cells(line)
        if not any(cells) or (not found and {cell.casefold() for cell in cells if cell} <= _HEADINGS):
            continue
        name, address, organisation = _placed(cells)
        known = normalise_address(address)
        fault = people.name_fault(name) or people.address_fault(address) or people.organisation_fault(organisation)
        if fault is None and known in seen:
            fault = f"The same email address is in line {seen[known]}"
        seen.setdefault(known, number)
        found.append(GroupLine(number, name, address, organisation, fault))
    return found


def _cells(line: str) -> list[str]:
    bracketed = _BRACKETED.match(line.strip().rstrip(",;"))
    if bracketed:
        return [clean_line(bracketed["name"].strip(' "')), clean_line(bracketed["address"])]
    separator = next((one for one in ("\t", ";", ",") if one in line), ",")
    return [clean_line(cell) for cell in next(csv.reader(io.StringIO(line), delimiter=separator), [])]


def _placed(cells: list[str]) -> tuple[str, str, str]:
    """Find the address by its @; what stands before it is the name, what stands after it the organisation."""
    at = next((place for place, cell in enumerate(cells) if "@" in cell), None)
    if at is None:
        return cells[0], cells[1] if len(cells) > 1 else "", ""
    before, after = [cell for cell in cells[:at] if cell], [cell for cell in cells[at + 1 :] if cell]
    if not before and after:  # the address comes first
        return after[0], cells[at], " ".join(after[1:])
    return " ".join(before), cells[at], " ".join(after)
