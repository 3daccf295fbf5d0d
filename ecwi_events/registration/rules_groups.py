"""Reading a list of people that somebody pasted or sent as a file. Pure functions of plain facts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecwi_events.kernel.countries import find_code
from ecwi_events.kernel.text import clean_line, fold, normalise_address
from ecwi_events.people import rules as people
from ecwi_events.people.spreadsheets import delimiter_of
from ecwi_events.registration import rules_questions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.registration.rules import Terms
    from ecwi_events.registration.rules_questions import Asked

MOST = 100
LONGEST_LIST = 100_000  # letters; a hundred people with long answers have less
TOO_LONG = f"This list is too long: it has more than {LONGEST_LIST:,} letters. Sign up the group in parts"
TOO_MANY = f"Enter {MOST} people or fewer at once"
BY_INVITATION = (
    "This activity is by invitation. Each person signs up alone, with the email address that was invited. "
    "Only its hosts and the office can sign up a group."
)
NO_COUNTRY = "We do not know this country. Write its English name or its two letters, or leave it empty"
_BRACKETED = re.compile(r"^(?P<name>[^<]*)<(?P<address>[^<>]+)>\s*$")
# How people call the columns, folded and without hyphens.
_HEADINGS = {
    **dict.fromkeys(("name", "full name", "name and surname", "your name", "participant", "participant name"), "name"),
    **dict.fromkeys(("first name", "given name", "forename"), "first"),
    **dict.fromkeys(("last name", "family name", "surname"), "last"),
    **dict.fromkeys(("email", "email address", "emails", "mail", "your email"), "email"),
    **dict.fromkeys(
        ("organisation", "organization", "institution", "school", "company", "employer", "workplace", "place of work"),
        "organisation",
    ),
    **dict.fromkeys(("country", "country of work"), "country"),
}


@dataclass(frozen=True)
class GroupLine:
    """One person of a list; ``fault`` says what to mend, ``answers`` stand by the fields of the questions."""

    number: int
    name: str
    address: str
    organisation: str
    fault: str | None
    country: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupList:
    """All lines of a list, what is wrong with its headings, and which of its columns are not used."""

    lines: Sequence[GroupLine]
    fault: str | None = None
    unused: Sequence[str] = ()


@dataclass(frozen=True)
class _Columns:
    """What each column of a list holds: a word of `_HEADINGS`, a question, or nothing that we use."""

    holds: Sequence[str]
    headings: Sequence[str]
    separator: str

    def read(self, line: str) -> list[str] | None:
        """Return the cells of a line, or None if it is not written like the headings."""
        cells = _split(line, self.separator)
        return cells if len(cells) > 1 or not any(sign in line for sign in "\t;,") else None


def read_group(text: str, asked: Sequence[Asked] = ()) -> GroupList:
    """Return the people of a list, read by its headings if it has some, in any order.

    Without headings a line has name and email, and an organisation if there is one, with commas, semicolons or tabs
    between; ``Anna Ito <anna@school.example>`` is read too. Nothing is lost: a line that cannot be read comes back with
    what is wrong with it. What only people themselves can agree to is never read from a list. A text that is too long for
    a group is not read at all.
    """
    if len(text) > LONGEST_LIST:
        return GroupList([], TOO_LONG)
    columns, found = None, list[GroupLine]()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not any(_cells(line)) or (number == 1 and line.lower().startswith("sep=")):  # Excel's word about separators
            continue
        if not found and columns is None and (columns := _columns(line, asked)):
            continue
        one = _one(number, line, columns, asked)
        known = normalise_address(one.address)
        if one.fault is None and known in seen:
            one = _with_fault(one, f"The same email address is in line {seen[known]}")
        seen.setdefault(known, number)
        found.append(one)
    if columns is None:
        return GroupList(found)
    unused = [heading for heading, holds in zip(columns.headings, columns.holds, strict=True) if heading and not holds]
    return GroupList(found, _heading_fault(columns), unused)


def as_text(rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Return the rows of a file as a list to read and mend by hand; each stands in the line that it has in the file."""
    lines: list[str] = []
    for number, cells in rows:
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(cells)
        lines += [""] * (number - 1 - len(lines)) + [out.getvalue()]
    return "\n".join(lines)


def headings(asked: Sequence[Asked], *, with_organisation: bool) -> list[str]:
    """Return the first row of a file for a group: one column for each question that somebody else can answer."""
    of_person = ["Name", "Email", *(["Organisation"] if with_organisation else []), "Country"]
    return [*of_person, *(question.wording for question in answerable(asked))]


def answerable(asked: Sequence[Asked]) -> list[Asked]:
    """Return what somebody else may answer for a person: all but what the person agrees to."""
    return [question for question in asked if question.kind != "consent"]


def left_open(asked: Sequence[Asked], answers: Mapping[str, str]) -> list[Asked]:
    """Return what the person is asked by the own link, because nobody else has answered it or may."""
    return [question for question in asked if question.is_required and not answers.get(question.field)]


def shared_faults(asked: Sequence[Asked], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with answers that count for all who have no own one; none has to be there."""
    faults = {one.field: rules_questions.given_fault(one, typed.get(one.field, "")) for one in answerable(asked)}
    return {name: fault for name, fault in faults.items() if fault}


def answers_of(line: GroupLine, asked: Sequence[Asked], shared: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of a line: its own, else the one for all."""
    answers = {one.field: line.answers.get(one.field) or shared.get(one.field, "") for one in answerable(asked)}
    return {name: answer for name, answer in answers.items() if answer}


def representative_refusal(terms: Terms) -> str | None:
    """Return why somebody who is no host of the activity cannot bring a group: results would tell who is on a list."""
    return BY_INVITATION if terms.who == "invited" else None


def is_told_by_mail(terms: Terms) -> bool:
    """Tell whether only the mail says what each person of a representative's group got.

    Who is known to work elsewhere waits for the host, and anybody else has a place: the page may not tell them apart.
    """
    return terms.asks_for_organisation and terms.asks_for_proof


def _columns(line: str, asked: Sequence[Asked]) -> _Columns | None:
    """Return what the columns hold if this line names them: it has no address, and one of its cells calls for one."""
    separator = delimiter_of(line)
    cells = _split(line, separator)
    names = [_HEADINGS.get(_plain(cell), "") for cell in cells]
    all_known = all(name for name, cell in zip(names, cells, strict=True) if cell)
    if "@" in line or not ("email" in names or all_known):
        return None
    fields = {_plain(question.wording): question.field for question in answerable(asked)}
    exact = {clean_line(question.wording): question.field for question in answerable(asked)}  # "Country?" is no country
    holds = [exact.get(cell) or name or fields.get(_plain(cell), "") for name, cell in zip(names, cells, strict=True)]
    return _Columns(holds, cells, separator)


def _plain(heading: str) -> str:
    return " ".join(fold(heading).replace("-", "").replace("_", " ").strip(" ?:.*!").split())


def _heading_fault(columns: _Columns) -> str | None:
    for at, holds in enumerate(columns.holds):
        if holds and holds in columns.holds[:at]:
            first = columns.headings[columns.holds.index(holds)]
            return f"Two columns hold the same: “{first}” and “{columns.headings[at]}”. Take one of them out"
    return None


def _one(number: int, line: str, columns: _Columns | None, asked: Sequence[Asked]) -> GroupLine:
    cells = columns.read(line) if columns and "email" in columns.holds else None
    if columns is None or cells is None:
        name, address, organisation = _placed(_cells(line))
        return GroupLine(number, name, address, organisation, _fault(name, address, organisation))
    got = {holds: cell for holds, cell in zip(columns.holds, cells, strict=False) if holds and cell}
    name = got.get("name") or " ".join(part for part in (got.get("first"), got.get("last")) if part)
    address, organisation, country = got.get("email", ""), got.get("organisation", ""), got.get("country", "")
    answers = {one.field: rules_questions.read_answer(one, got.get(one.field, "")) for one in answerable(asked)}
    fault = _fault(name, address, organisation)
    if fault is None and any(cells[len(columns.holds) :]):
        fault = f"This line has {len(cells)} cells, and there are {len(columns.holds)} headings"
    if fault is None and country and find_code(country) is None:
        fault = NO_COUNTRY
    fault = fault or _answer_fault(asked, answers)
    return GroupLine(number, name, address, organisation, fault, find_code(country), answers)


def _answer_fault(asked: Sequence[Asked], answers: Mapping[str, str]) -> str | None:
    for one in answerable(asked):
        if fault := rules_questions.given_fault(one, answers.get(one.field, "")):
            more = f" ({', '.join(one.choices)})" if one.kind == "choice" else ""
            return f"{fault}{more}: “{one.wording}”"
    return None


def _fault(name: str, address: str, organisation: str) -> str | None:
    return people.name_fault(name) or people.address_fault(address) or people.organisation_fault(organisation)


def _with_fault(line: GroupLine, fault: str) -> GroupLine:
    return GroupLine(line.number, line.name, line.address, line.organisation, fault, line.country, line.answers)


def _cells(line: str) -> list[str]:
    bracketed = _BRACKETED.match(line.strip().rstrip(",;"))
    if bracketed:
        return [clean_line(bracketed["name"].strip(' "')), clean_line(bracketed["address"])]
    return _split(line, next((one for one in ("\t", ";", ",") if one in line), ","))


def _split(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:  # a cell that no person has: it stays whole and is a fault of its line
        cells = [line]
    return [clean_line(cell) for cell in cells]


def _placed(cells: list[str]) -> tuple[str, str, str]:
    """Find the address by its @; what stands before it is the name, what stands after it the organisation."""
    at = next((place for place, cell in enumerate(cells) if "@" in cell), None)
    if at is None:
        return cells[0], cells[1] if len(cells) > 1 else "", ""
    before, after = [cell for cell in cells[:at] if cell], [cell for cell in cells[at + 1 :] if cell]
    if not before and after:  # the address comes first
        return after[0], cells[at], " ".join(after[1:])
    return " ".join(before), cells[at], " ".join(after)
