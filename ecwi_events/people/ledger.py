"""What a merge changed, value by value, so that undoing it gives back the same rows."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import Model, db

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Entry = dict[str, Any]


class Ledger:
    """Changes rows and remembers each of them; ``entries`` can be kept as JSON."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def change(self, table: type[Model], row_id: int, **values: object) -> None:
        """Change some columns of one row; nothing is written if nothing differs."""
        before = row_of(table, row_id)
        new = {name: value for name, value in values.items() if before[name] != value}
        if not new:
            return
        _write(_table(table.__tablename__), row_id, new)
        self.note_change(table, row_id, {name: before[name] for name in new}, new)

    def note_change(
        self, table: type[Model], row_id: int, before: Mapping[str, object], after: Mapping[str, object]
    ) -> None:
        """Remember a change that somebody else made."""
        self.entries.append(
            {
                "act": "change",
                "table": table.__tablename__,
                "id": row_id,
                "before": _packed(before),
                "after": _packed(after),
            }
        )

    def move(
        self, table: type[Model], column: str, from_id: int, to_id: int, *conditions: sa.ColumnElement[bool]
    ) -> int:
        """Let all rows that point to one record point to another; return how many there were."""
        target = _table(table.__tablename__)
        ids = list(db.session.scalars(sa.select(target.c.id).where(target.c[column] == from_id, *conditions)))
        for row_id in ids:
            _write(target, row_id, {column: to_id})
            self.note_change(table, row_id, {column: from_id}, {column: to_id})
        return len(ids)

    def take_out(self, table: type[Model], row_id: int) -> None:
        """Delete a row and remember all of it."""
        row = row_of(table, row_id)
        target = _table(table.__tablename__)
        db.session.execute(sa.delete(target).where(target.c.id == row_id))
        self.entries.append({"act": "take_out", "table": table.__tablename__, "id": row_id, "before": _packed(row)})


def undo(entries: Iterable[Entry]) -> int:
    """Give back what was there, last change first; return how many rows have changed since and were left alone."""
    return sum(not _undo_one(entry) for entry in reversed(list(entries)))


def row_of(table: type[Model], row_id: int) -> dict[str, Any]:
    """Return all columns of a row, as the database has them now."""
    target = _table(table.__tablename__)
    return dict(db.session.execute(sa.select(target).where(target.c.id == row_id)).one()._mapping)  # noqa: SLF001


def _undo_one(entry: Mapping[str, Any]) -> bool:
    table, row_id = _table(entry["table"]), entry["id"]
    row = db.session.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()
    if entry["act"] == "take_out":
        if row is None:
            db.session.execute(sa.insert(table), [_unpacked(table, entry["before"])])
        return row is None
    if row is None:
        return False
    after = _unpacked(table, entry["after"])
    if any(row._mapping[name] != value for name, value in after.items()):  # noqa: SLF001 - SQLAlchemy's public name
        return False
    _write(table, row_id, _unpacked(table, entry["before"]))
    return True


def _write(table: sa.Table, row_id: int, values: Mapping[str, object]) -> None:
    db.session.execute(
        sa.update(table).where(table.c.id == row_id).values(**values).execution_options(synchronize_session=False)
    )


def _table(name: str) -> sa.Table:
    return Model.metadata.tables[name]


def _packed(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _unpacked(table: sa.Table, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _typed(table.c[name].type, value) for name, value in values.items()}


def _typed(kind: sa.types.TypeEngine[Any], value: Any) -> Any:  # noqa: ANN401 - the values of any column
    if value is None:
        return None
    if isinstance(kind, sa.Enum) and kind.enum_class:
        return kind.enum_class(value)
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, sa.Date) else value
