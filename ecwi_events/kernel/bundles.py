"""Reads that belong together, as one question to the database.

Each part is an ordinary SELECT; the answer has its rows as a text in JSON. So a page that is opened by far the most costs
one statement, and all of its parts are of the same moment. The text is also the one honest name of what was read: whatever
is remembered under it was made from exactly these facts (docs/decisions/0015-remembered-pieces.md).
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ecwi_events.kernel.columns import Codes, Line, Prose, UtcDateTime
from ecwi_events.kernel.db import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _RowsInJson(FunctionElement[str]):
    """All rows of a SELECT as one text; each row is a list of its columns."""

    inherit_cache = True
    type = sa.Text()


@compiles(_RowsInJson, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return f"json_group_array(json_array({compiler.process(element.clauses, **more)}))"


@compiles(_RowsInJson, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return f"CAST(coalesce(json_agg(json_build_array({compiler.process(element.clauses, **more)})), '[]') AS TEXT)"


class Bundle:
    """Reads of one record and of what belongs to it; build it once, where statements are built."""

    def __init__(self, condition: sa.ColumnElement[bool], of: sa.FromClause, **parts: sa.Select[Any]) -> None:
        """Take the condition on the record, its table (or alias), and the parts, which may refer to its columns."""
        texts = [_in_one_text(part.correlate(of), name) for name, part in parts.items()]
        self._statement = sa.select(*texts).select_from(of).where(condition)
        self._rows = {name: _Rows(name, part) for name, part in parts.items()}

    def find(self, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a row with one text for each part
        """Return the texts of the parts by their names, or None if there is no such record."""
        return run(self._statement, parameters).one_or_none()

    def rows(self, name: str, text: str) -> list[Any]:
        """Return the rows of a part from its text; the same text always gives the same rows."""
        return self._rows[name].read(text)


class _Rows:
    """How the rows of one part are read from their text."""

    def __init__(self, name: str, part: sa.Select[Any]) -> None:
        columns = part.selected_columns
        made: Any = namedtuple(name, [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024 - names are data
        self._make = made._make
        self._readers = [(place, read) for place, column in enumerate(columns) if (read := _reader(column.type))]

    def read(self, text: str) -> list[Any]:
        rows = json.loads(text)
        for row in rows:
            for place, read in self._readers:
                if row[place] is not None:
                    row[place] = read(row[place])
        return [self._make(row) for row in rows]


def _in_one_text(part: sa.Select[Any], name: str) -> sa.Label[Any]:
    """Its order holds: both engines put rows together in the order in which the inner SELECT gives them."""
    inner = part.subquery()
    return sa.select(_RowsInJson(*(sa.type_coerce(one, sa.String) for one in inner.c))).scalar_subquery().label(name)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


# How a value comes back from JSON, by the first line that fits the type of its column; None for what JSON has itself.
_READERS: tuple[tuple[type[Any], Callable[[Any], Callable[[Any], Any] | None]], ...] = (
    (UtcDateTime, lambda _: _instant),
    (Codes, lambda _: lambda codes: tuple(codes.split())),
    (Line, lambda _: None),
    (Prose, lambda _: None),
    (sa.Enum, lambda kind: kind.enum_class),
    (sa.DateTime, lambda _: datetime.fromisoformat),
    (sa.Date, lambda _: date.fromisoformat),
    (sa.Boolean, lambda _: bool),
    (sa.JSON, lambda _: lambda kept: json.loads(kept) if isinstance(kept, str) else kept),
    (sa.Integer, lambda _: None),
    (sa.String, lambda _: None),
)


def _reader(kind: sa.types.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    for known, reader in _READERS:
        if isinstance(kind, known):
            return reader(kind)
    raise TypeError(f"nobody has said how {kind!r} comes back from JSON")
