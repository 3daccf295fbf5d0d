"""Column types that keep promises: instants in UTC, clean text, short codes, states.

They say the same on both engines; where one of them needs a form of its own, it is hidden here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line, clean_prose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: takes and gives aware datetimes in UTC only, on both engines."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Keep instants as sortable text on SQLite, where DateTime would come back naive."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(26))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401 - text or datetime
        """Refuse naive datetimes; convert the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is no instant")
        value = value.astimezone(UTC)
        return value.isoformat(" ", "microseconds")[:26] if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # psycopg gives datetimes


class Line(sa.types.TypeDecorator[str]):
    """One line of text, cleaned on its way in."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Clean; a text of blanks becomes the empty text.

        Raises:
            Invalid: the text is too long. PostgreSQL would refuse it in its own words, and SQLite would keep it.
        """
        if value is None:
            return None
        line, most = clean_line(value), self.impl_instance.length  # type: ignore[attr-defined]  # a String
        if most and len(line) > most:
            raise Invalid({"text": f"Use {most} letters or fewer: “{line[:40]}…” is too long"})
        return line


class Prose(sa.types.TypeDecorator[str]):
    """Text of several lines, cleaned on its way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Clean; line breaks stay."""
        return None if value is None else clean_prose(value)


class Codes(sa.types.TypeDecorator[tuple[str, ...]]):
    """A few short codes in their order, such as languages: kept as one text with a blank before and after each.

    So one row says all, and `Codes.holds` finds a code on both engines without a table of its own.
    """

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Join the codes; none is the empty text."""
        return f" {' '.join(value)} " if value else ""

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> tuple[str, ...]:  # noqa: ARG002
        """Give the codes back."""
        return tuple((value or "").split())

    @staticmethod
    def holds(column: Any, code: str) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a column of this type
        """Return the condition that a code is among those of a column."""
        return sa.type_coerce(column, sa.String).contains(f" {code} ", autoescape=True)


def state_of(states: type[StrEnum], name: str) -> sa.Enum:
    """Return a column type for a ``StrEnum``: text with a check constraint called ``ck_<table>_<name>``."""
    return sa.Enum(
        states,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [m.value for m in members],
    )
