"""The form of an activity's record: from typed text to a record, back again, and two people's versions side by side.

The page keeps a short mark of each field as it was when the form was opened. So of a field that differs in the end we know
who changed it: you, somebody else, or both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.programme.models import ActivityKind, Theme, Visibility
from ecwi_events.programme.models_record import ContributorRole
from ecwi_events.programme.record import Contributor, Record
from ecwi_events.web.forms import LONGEST_TYPED, Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.kernel.errors import Invalid as InvalidFields

PROSE = ("summary", "description")
ONE = (
    "kind", "title", "strapline", *PROSE, "theme", "language", "audience", "target_region", "home_year", "display_order",
    "visibility", "host_id",
)  # fmt: skip
SEVERAL = ("languages", "interpretation", "co_host_ids", "funder_ids")
ROWS = "contributors"
FIELDS = (*ONE, *SEVERAL, ROWS)
MOST_ROWS = 120
EMPTY_ROWS = 2  # so many are ready to be filled in
MARK_LETTERS = 10
NOT_IN_LIST = "Choose from the list"
LISTED = {"kind": ActivityKind, "visibility": Visibility}
NUMBERS = {"home_year": "Enter a year, like 2027", "display_order": "Enter a number, like 1"}

Row = tuple[str, str, str]  # role, name, organisation


@dataclass(frozen=True)
class RecordForm(Form):
    """What was typed: single fields in ``values``, fields with several answers in ``lists``, contributors in ``rows``."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    revision: int = 0
    was: Mapping[str, str] = field(default_factory=dict)  # marks of the fields as they were when the form was opened

    def said(self, name: str) -> str:
        """Return what a field says, spelled the same for the same content."""
        if name in SEVERAL:
            return " ".join(self.lists.get(name, ()))
        if name == ROWS:
            return "\n".join("|".join(row) for row in self.rows)
        return clean_prose(self.value(name)) if name in PROSE else clean_line(self.value(name))

    def mark(self, name: str) -> str:
        """Return a short mark of what a field says."""
        return hashlib.sha256(self.said(name).encode()).hexdigest()[:MARK_LETTERS]

    @property
    def marks(self) -> str:
        """All marks in one line, for the page to keep."""
        return " ".join(f"{name}:{self.mark(name)}" for name in FIELDS)

    def wrong(self, error: InvalidFields) -> RecordForm:
        """Return the same form with the sentences of a room's no."""
        return replace(self, faults=error.fields)

    def taking(self, other: RecordForm, names: Sequence[str]) -> RecordForm:
        """Return this form with some fields as in another one."""
        return replace(
            self,
            values={**self.values, **{name: other.value(name) for name in names if name in ONE}},
            lists={**self.lists, **{name: other.lists[name] for name in names if name in SEVERAL}},
            rows=other.rows if ROWS in names else self.rows,
        )

    def on_top_of(self, stored: RecordForm) -> RecordForm:
        """Return this form as an edit of what is stored now."""
        return replace(self, revision=stored.revision, was={name: stored.mark(name) for name in FIELDS})

    def merged(self, stored: RecordForm) -> RecordForm:
        """Return this form with what somebody else has saved in fields that were not touched here."""
        return self.taking(stored, [name for name in FIELDS if self.mark(name) == self.was.get(name)])

    def conflicts(self, stored: RecordForm) -> list[str]:
        """Return the fields that both have changed, to different things."""
        return [
            name
            for name in FIELDS
            if self.said(name) != stored.said(name) and self.was.get(name) not in {self.mark(name), stored.mark(name)}
        ]

    def parse(self) -> Record:
        """Return the record.

        Raises:
            Invalid: something is not from its list, or no number.
        """
        faults = {name: NOT_IN_LIST for name, known in LISTED.items() if self.value(name) not in set(known)}
        faults |= {name: sentence for name, sentence in NUMBERS.items() if not _is_number(self.value(name))}
        if self.value("theme") and self.value("theme") not in set(Theme):
            faults["theme"] = NOT_IN_LIST
        ids = [self.value("host_id"), *self.lists["co_host_ids"], *self.lists["funder_ids"]]
        if not all(_is_number(one) for one in ids if one):
            faults["host_id"] = NOT_IN_LIST
        if any(role not in set(ContributorRole) or (one and not _is_number(one)) for role, _, one in self.rows):
            faults[ROWS] = NOT_IN_LIST
        if faults:
            raise Invalid(faults)
        return self._record()

    def _record(self) -> Record:
        return Record(
            kind=ActivityKind(self.value("kind")),
            title=self.value("title"),
            home_year=int(self.value("home_year")),
            strapline=self.value("strapline"),
            summary=self.value("summary"),
            description=self.value("description"),
            theme=Theme(self.value("theme")) if self.value("theme") else None,
            language=self.value("language"),
            languages=self.lists["languages"],
            interpretation=self.lists["interpretation"],
            audience=self.value("audience"),
            target_region=self.value("target_region"),
            display_order=int(self.value("display_order")),
            visibility=Visibility(self.value("visibility")),
            host_id=int(self.value("host_id")) if self.value("host_id") else None,
            co_host_ids=tuple(map(int, self.lists["co_host_ids"])),
            funder_ids=tuple(map(int, self.lists["funder_ids"])),
            contributors=tuple(
                Contributor(ContributorRole(role), name, int(one) if one else None) for role, name, one in self.rows
            ),
        )


def of(record: Record, revision: int) -> RecordForm:
    """Return the form of a record as it is stored."""
    values = {name: _typed_of(getattr(record, name)) for name in ONE}
    lists = {name: tuple(str(one) for one in getattr(record, name)) for name in SEVERAL}
    rows = tuple((one.role.value, one.name, str(one.organisation_id or "")) for one in record.contributors)
    form = RecordForm(values, lists=lists, rows=rows, revision=revision)
    return form.on_top_of(form)


def read() -> RecordForm:
    """Return what was typed; rows in which nothing was typed are left out."""
    asked = flask.request.form
    rows = zip(
        *(asked.getlist(f"contributor_{name}")[:MOST_ROWS] for name in ("role", "name", "organisation")), strict=False
    )
    marks = dict(part.split(":", 1) for part in asked.get("was", "")[:LONGEST_TYPED].split() if ":" in part)
    return RecordForm(
        {name: asked.get(name, "")[:LONGEST_TYPED].strip() for name in ONE},
        lists={name: _distinct(asked.getlist(name)) for name in SEVERAL},
        rows=tuple((role, clean_line(name), one) for role, name, one in rows if clean_line(name) or one),
        revision=int(asked["revision"]) if _is_number(asked.get("revision", "")) else 0,
        was=marks,
    )


def _typed_of(value: object) -> str:
    return "" if value is None else str(value)


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in values[:MOST_ROWS] if one))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len("2147483647")
