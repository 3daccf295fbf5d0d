"""Reading a list of people that somebody pasted or sent as a file. Pure functions of plain facts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ecwi_events.kernel.countries import find_code
from ecwi_events.kernel.text import clean_line, fold, normalise_address
from ecwi_events.people import rules as people
from ecwi_events.people.spreadsheets import delimiter_of, unquoted
from ecwi_events.registration import rules_questions
from ecwi_events.registration.rules_groups import answerable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecwi_events.registration.rules_questions import Asked

MOST = 100
LONGEST_LIST = 100_000  # letters; a hundred people with long answers have less
TOO_LONG = f"This list is too long: it has more than {LONGEST_LIST:,} letters. Sign up the group in parts"
TOO_MANY = f"Enter {MOST} people or fewer at once"
TOO_LARGE = f"This file is too large. {TOO_MANY}"
MOST_READ = 10 * MOST  # lines that hold something: more are too many anyhow
MOST_ABOVE = 10  # lines of a title, above the headings
MOST_IN_A_CELL = 10  # lines that one cell may have, as spreadsheets copy it
NO_COUNTRY = "We do not know this country. Write its English name or its two letters, or leave it empty"
_BRACKETED = re.compile(r"^(?P<name>[^<]*)<(?P<address>[^<>]+)>\s*$")
_SEPARATORS = "\t;,"  # in the order in which a line without headings is looked at
_QUOTED = f'{_SEPARATORS}"<'  # a cell of a file with one of these is written in quotation marks
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
    """All people of a list, what is wrong with its headings, and which of its columns and lines above them are not used."""

    lines: Sequence[GroupLine]
    fault: str | None = None
    unused: Sequence[str] = ()
    above: Sequence[str] = ()


@dataclass(frozen=True)
class _Columns:
    """What each column of a list holds: a word of `_HEADINGS`, a question, or nothing that we use."""

    holds: Sequence[str]
    headings: Sequence[str]
    separator: str

    def read(self, line: str) -> list[str] | None:
        """Return the cells of a line, or None if it is not written like the headings."""
        cells = _split(line, self.separator)
        return cells if len(cells) > 1 or not any(sign in unquoted(line) for sign in _SEPARATORS) else None


def read_group(text: str, asked: Sequence[Asked] = ()) -> GroupList:
    """Return the people of a list, read by its headings if it has some, in any order.

    Without headings a line has name and email, and an organisation if there is one, with commas, semicolons or tabs
    between; ``Anna Ito <anna@school.example>`` is read too. What stands in quotation marks is one cell, so that cells of a
    file stay cells. A title may stand above the headings; headings below people are a fault of the list, because nobody
    knows how those above are meant. Nothing is lost: a line that cannot be read comes back with what is wrong with it.
    What only people themselves can agree to is never read from a list. A text that is too long for a group is not read.
    """
    if len(text) > LONGEST_LIST:
        return GroupList([], TOO_LONG)
    lines = list(islice(_lines(text), MOST_READ))
    at, columns = _headings(lines, asked)
    above = [line for _, line in lines[:at]]
    if columns and (len(above) > MOST_ABOVE or any("@" in line for line in above)):
        return GroupList([], _headings_below(lines[at][0]))
    seen: dict[str, int] = {}
    found = list[GroupLine]()
    for number, line in lines[at + 1 :] if columns else lines:
        if columns and _names_columns(line):
            return GroupList([], _headings_below(number))
        one = _one(number, line, columns, asked)
        known = normalise_address(one.address)
        if one.fault is None and known in seen:
            one = _with_fault(one, f"The same email address is in line {seen[known]}")
        seen.setdefault(known, number)
        found.append(one)
    if columns is None:
        return GroupList(found)
    unused = [heading for heading, holds in zip(columns.headings, columns.holds, strict=True) if heading and not holds]
    return GroupList(found, _heading_fault(columns), unused, [clean_line(line.strip(_QUOTED + " ")) for line in above])


def as_text(rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """Return the rows of a file as a list to read and mend by hand; each stands in the line that it has in the file.

    What could be taken for the end of a cell stands in quotation marks, so that nobody has to guess the cells again.
    """
    lines: list[str] = []
    for number, cells in rows:
        lines += [""] * (number - 1 - len(lines)) + [",".join(_written(cell) for cell in cells)]
    return "\n".join(lines)


def file_fault(rows: int, text: str, asked: Sequence[Asked] = ()) -> str | None:
    """Return why the rows of a file, as a text, are too many for a group, or None."""
    group = read_group(text, asked)
    is_too_long = group.fault == TOO_LONG or len(group.lines) > MOST
    return f"This file has {rows:,} rows. {TOO_MANY}" if is_too_long else None


def answers_of(line: GroupLine, asked: Sequence[Asked], shared: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of a line: its own, else the one for all."""
    answers = {one.field: line.answers.get(one.field) or shared.get(one.field, "") for one in answerable(asked)}
    return {name: answer for name, answer in answers.items() if answer}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that hold something, with their numbers; a cell in quotation marks may go over several."""
    lines, at = text.splitlines(), 0
    while at < len(lines):
        end = _end(lines, at)
        line, number, at = " ".join(lines[at:end]), at + 1, end
        names_separator = number == 1 and line.lower().startswith("sep=")  # Excel's word about separators
        if any(_cells(line)) and not names_separator:
            yield number, line


def _end(lines: Sequence[str], at: int) -> int:
    """Return after which line the one that begins here ends: the next, unless a quotation mark closes further down."""
    if '"' not in lines[at] or _is_whole(lines[at]):
        return at + 1
    ends = range(at + 2, min(at + MOST_IN_A_CELL, len(lines)) + 1)
    return next((end for end in ends if _is_whole(" ".join(lines[at:end]))), at + 1)


def _is_whole(line: str) -> bool:
    try:
        list(csv.reader([line], delimiter=_separator(line), strict=True))
    except csv.Error:
        return False
    return True


def _headings(lines: Sequence[tuple[int, str]], asked: Sequence[Asked]) -> tuple[int, _Columns | None]:
    """Return where the headings stand and what their columns hold; without any, the begin and None."""
    at = next((at for at, (_, line) in enumerate(lines) if _names_columns(line)), 0)
    return (at, _columns(lines[at][1], asked)) if lines else (0, None)


def _names_columns(line: str) -> bool:
    """Tell whether a line can only be headings: one cell calls for the address, and it is not the only one we know."""
    if "@" in line:
        return False
    cells = [cell for cell in _split(line, delimiter_of(line)) if cell]
    names = [_HEADINGS[_plain(cell)] for cell in cells if _plain(cell) in _HEADINGS]
    return "email" in names and (len(names) > 1 or len(names) == len(cells))


def _headings_below(number: int) -> str:
    return f"Line {number} has headings, and people stand above it. Keep one line of headings, above all people"


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
    if not any(letter.isalpha() for letter in name):
        return "Enter the full name"
    return people.name_fault(name) or people.address_fault(address) or people.organisation_fault(organisation)


def _with_fault(line: GroupLine, fault: str) -> GroupLine:
    return GroupLine(line.number, line.name, line.address, line.organisation, fault, line.country, line.answers)


def _cells(line: str) -> list[str]:
    bracketed = _BRACKETED.match(line.strip().rstrip(",;"))
    if bracketed:
        return [clean_line(bracketed["name"].strip(' ",;')), clean_line(bracketed["address"])]
    return [part for cell in _split(line, _separator(line)) for part in _parts(cell)]


def _parts(cell: str) -> list[str]:
    """Return a cell, or the name and the address of one that has both."""
    both = _BRACKETED.match(cell)
    return [part for part in (both["name"].strip(), both["address"]) if part] if both and "@" in cell else [cell]


def _separator(line: str) -> str:
    """Return what stands between the cells of a line that has no headings; what is in quotation marks is one cell."""
    return next((sign for sign in _SEPARATORS if sign in unquoted(line)), ",")


def _written(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if any(sign in cell for sign in _QUOTED) else cell


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
