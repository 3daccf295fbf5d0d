"""Reading YAML strictly, with line numbers: every fault is kept, so that a bad file is explained whole.

Only text, numbers, yes/no and empty values are taken, each where it belongs. Aliases, deep nesting and big files are
refused before anything is built, so that a small file cannot grow into a big one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import yaml

from ecwi_events.kernel import countries
from ecwi_events.kernel.errors import Refused
from ecwi_events.kernel.text import clean_line, clean_prose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

LARGEST_BYTES = 5 * 1024 * 1024
DEEPEST = 12
MOST_SHOWN = 50
_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
_TAG = "tag:yaml.org,2002:"

Choice = TypeVar("Choice", bound="StrEnum")


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, and on which line."""

    line: int
    message: str


class BadFile(Refused):
    """A file was refused whole; ``faults`` says why, line by line."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        shown = [f"{name}:{fault.line}: {fault.message}" for fault in self.faults[:MOST_SHOWN]]
        if len(self.faults) > MOST_SHOWN:
            shown.append(f"… and {len(self.faults) - MOST_SHOWN} more")
        super().__init__("bad_file", "\n".join(shown))


@dataclass
class Faults:
    """The faults found so far."""

    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, message: str) -> None:
        """Keep a fault."""
        self.found.append(Fault(line, message))


def parse(body: bytes, name: str) -> yaml.Node:
    """Return the one document of a file as nodes that know their lines.

    Raises:
        BadFile: it is too large, no UTF-8, no YAML, empty, nested too deeply, or uses aliases.
    """
    if len(body) > LARGEST_BYTES:
        raise BadFile(name, [Fault(1, f"The file is larger than {LARGEST_BYTES // 1024 // 1024} MB.")])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(name, [Fault(body.count(b"\n", 0, error.start) + 1, "This is not UTF-8 text.")]) from error
    try:
        _refuse_growth(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(str(error.problem or error.context or "unreadable").split())
        raise BadFile(name, [Fault(mark.line + 1 if mark else 1, f"This is not YAML: {reason}.")]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadFile(name, [Fault(line, "There is a character that no text may hold.")]) from error
    if node is None:
        raise BadFile(name, [Fault(1, "The file is empty.")])
    return node


def _refuse_growth(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadFile(name, [Fault(line, "Anchors and aliases (& and *) are not taken. Write the value out.")])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise BadFile(name, [Fault(line, "The file is nested too deeply.")])


def line_of(node: yaml.Node) -> int:
    """Return the line on which a node begins, counted from 1."""
    return int(node.start_mark.line) + 1


class Fields:
    """A mapping whose keys are read one by one; `end` complains about those that nobody asked for."""

    def __init__(self, node: yaml.Node, where: str, faults: Faults) -> None:
        self.where = where
        self.line = line_of(node)
        self.faults = faults
        self._nodes: dict[str, yaml.Node] = {}
        self._keys: dict[str, int] = {}
        self._asked: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            faults.add(self.line, f"{where}: this must have named fields (name: value).")
            return
        for key, value in node.value:
            named = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if named in self._nodes:
                faults.add(line_of(key), f"{where}: “{named}” is given twice.")
            self._nodes[named], self._keys[named] = value, line_of(key)

    def line_at(self, name: str) -> int:
        """Return the line of a field, or of the whole if the field is not there."""
        return self._keys.get(name, self.line)

    def complain(self, name: str, message: str) -> None:
        """Keep a fault of a field."""
        self.faults.add(self.line_at(name), f"{self.where}, {name}: {message}")

    def end(self) -> None:
        """Complain about fields that do not belong here."""
        for name in self._keys.keys() - self._asked:
            self.faults.add(self._keys[name], f"{self.where}: there is no field “{name}” here.")

    def text(self, name: str, *, most: int = 200, required: bool = False) -> str | None:
        """Return one line of text."""
        return self._text(name, most=most, required=required, prose=False)

    def prose(self, name: str, *, most: int = 20_000, required: bool = False) -> str | None:
        """Return text of several lines."""
        return self._text(name, most=most, required=required, prose=True)

    def must(self, name: str, *, most: int = 200) -> str:
        """Return one line of text that has to be there; a placeholder stands in for it beside the fault."""
        return self.text(name, most=most, required=True) or "?"

    def key(self, sort: str) -> str:
        """Return the id of an entry, and say in all later faults whom they are about."""
        key = self.must("id", most=80)
        if key != "?" and not _KEY.fullmatch(key):
            self.complain("id", f"“{key}” must be small letters, digits and hyphens.")
        self.where = f"{sort} “{key}”"
        return key

    def integer(self, name: str, *, least: int, most: int, required: bool = False) -> int | None:
        """Return a whole number within bounds."""
        node = self._scalar(name, required=required)
        if node is None:
            return None
        if node.tag != f"{_TAG}int" or not re.fullmatch(r"-?[0-9]+", node.value):
            self.complain(name, "this must be a whole number, without quotes.")
            return None
        number = int(node.value) if len(node.value) < 20 else most + 1  # noqa: PLR2004 - more digits than any bound
        if not least <= number <= most:
            self.complain(name, f"this must be from {least} to {most}.")
            return None
        return number

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        node = self._scalar(name, required=False)
        if node is None:
            return default
        if node.tag == f"{_TAG}bool" and node.value in {"true", "false"}:
            return str(node.value) == "true"
        self.complain(name, "this must be true or false.")
        return default

    def day(self, name: str) -> date | None:
        """Return a date, written 2022-12-31."""
        return self._date(name, r"\d{4}-\d{2}-\d{2}", "", "a date like 2022-12-31")

    def month(self, name: str) -> date | None:
        """Return the first day of a month that is written 2022-05."""
        return self._date(name, r"\d{4}-\d{2}", "-01", "a month like 2022-05")

    def choice(self, name: str, states: type[Choice], *, default: Choice | None = None) -> Choice:
        """Return one of the words of an enumeration; without a default it has to be there."""
        first = next(iter(states))
        node = self._scalar(name, required=default is None)
        if node is None:
            return default or first
        try:
            return states(node.value)
        except ValueError:
            self.complain(name, f"“{node.value}” is none of: {', '.join(states)}.")
            return default or first

    def country(self, name: str) -> str | None:
        """Return a country code."""
        node = self._scalar(name, required=False)
        if node is None:
            return None
        if node.tag == f"{_TAG}bool":
            self.complain(name, f'write "{node.value}" in quotes, else YAML reads it as yes or no.')
        elif not countries.is_country(node.value):
            self.complain(name, f"“{node.value}” is no country code of two capital letters.")
        else:
            return str(node.value)
        return None

    def items(self, name: str) -> list[yaml.Node]:
        """Return the entries of a list; no list is an empty one."""
        self._asked.add(name)
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.complain(name, "this must be a list.")
        return []

    def each(self, name: str, where: str) -> Iterator[Fields]:
        """Return the entries of a list of mappings."""
        for number, node in enumerate(self.items(name), 1):
            yield Fields(node, f"{where} {number}", self.faults)

    def texts(self, name: str, *, most: int = 500) -> list[tuple[int, str]]:
        """Return the entries of a list of lines, each with its line number."""
        found = []
        for node in self.items(name):
            text = clean_line(node.value) if _is_text(node) else ""
            if text and len(text) <= most:
                found.append((line_of(node), text))
            else:
                reason = f"each entry must be text of 1 to {most} characters; put it in quotes."
                self.faults.add(line_of(node), f"{self.where}, {name}: {reason}")
        return found

    def inner(self, name: str) -> Fields | None:
        """Return a mapping inside this one, or None."""
        self._asked.add(name)
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else Fields(node, f"{self.where}, {name}", self.faults)

    def _scalar(self, name: str, *, required: bool) -> yaml.ScalarNode | None:
        self._asked.add(name)
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            if required:
                self.complain(name, "this is missing.")
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.complain(name, "this must be a single value.")
            return None
        return node

    def _text(self, name: str, *, most: int, required: bool, prose: bool) -> str | None:
        node = self._scalar(name, required=required)
        if node is None:
            return None
        if not _is_text(node):
            self.complain(name, f'this must be text. Put it in quotes: "{node.value}".')
            return None
        text = clean_prose(node.value) if prose else clean_line(node.value)
        if len(text) > most:
            self.complain(name, f"this is too long ({len(text)} characters; {most} fit).")
            return None
        if not text and required:
            self.complain(name, "this is empty.")
        return text or None

    def _date(self, name: str, pattern: str, rest: str, example: str) -> date | None:
        node = self._scalar(name, required=False)
        if node is None:
            return None
        spelled = node.value if re.fullmatch(pattern, node.value, re.ASCII) else "?"
        try:
            return date.fromisoformat(spelled + rest)
        except ValueError:
            self.complain(name, f"“{node.value}” is not {example}.")
            return None


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_TAG}null")


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str"
