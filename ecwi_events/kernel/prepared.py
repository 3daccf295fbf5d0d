"""Statements that are built once and run for every sign-up, page or mail: compiled once, then straight to the driver.

SQLAlchemy's own way costs more processor time than SQLite needs for the whole statement, each time. Here its compiler still
writes the SQL and its types still turn values to and fro, so nothing is spelled by hand; only what lies between is left out.
Where somebody listens to what is sent (a test that counts, a tracer), statements go SQLAlchemy's way, and all are heard.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Convert = Callable[[Any], Any]

CHANGED_OUTSIDE = "rows were changed outside of transaction()"
NOTHING: Mapping[str, Any] = {}
_known: WeakKeyDictionary[sa.Dialect, int] = WeakKeyDictionary()  # how many of the house listen to an engine


class Rows:
    """What a statement gave: its rows under the names of their columns, and how many rows it changed."""

    __slots__ = ("_found", "rowcount")

    def __init__(self, found: list[Any], rowcount: int) -> None:
        """Keep the rows; nothing is open any more."""
        self._found, self.rowcount = found, rowcount

    def __iter__(self) -> Iterator[Any]:
        """Give one row after the other."""
        return iter(self._found)

    def all(self) -> list[Any]:
        """Return all rows."""
        return self._found

    def first(self) -> Any:  # noqa: ANN401 - a row of whatever is asked
        """Return the first row, or None."""
        return self._found[0] if self._found else None

    def one_or_none(self) -> Any:  # noqa: ANN401 - a row of whatever is asked
        """Return the only row, or None if there is none.

        Raises:
            MultipleResultsFound: there are several.
        """
        if len(self._found) > 1:
            raise sa.exc.MultipleResultsFound("several rows where one was asked for")
        return self.first()

    def one(self) -> Any:  # noqa: ANN401 - a row of whatever is asked
        """Return the only row.

        Raises:
            NoResultFound: there is none.
            MultipleResultsFound: there are several.
        """
        if not self._found:
            raise sa.exc.NoResultFound("no row where one was asked for")
        return self.one_or_none()

    def scalar(self) -> Any:  # noqa: ANN401 - a value of whatever is asked
        """Return the first column of the first row, or None."""
        return self._found[0][0] if self._found else None

    def scalar_one(self) -> Any:  # noqa: ANN401 - a value of whatever is asked
        """Return the only column of the only row; raises as `one` does."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """Return the first column of each row."""
        return [row[0] for row in self._found]


def know_listeners(engine: sa.Engine) -> None:
    """Take those who listen to an engine's statements now for the house's own: what they guard is guarded here, too."""
    _known[engine.dialect] = len(engine.dispatch.before_cursor_execute)


def _somebody_listens(connection: sa.Connection) -> bool:
    heard = connection.dispatch
    return len(heard.before_cursor_execute) > _known.get(connection.dialect, 0) or bool(heard.after_cursor_execute)


def refuse_outside(connection: sa.Connection, *, writes: bool) -> None:
    """Refuse to change rows outside of `transaction()`: they would be kept at once or lost at the end, by the engine.

    Raises:
        RuntimeError: the statement would.
    """
    if writes and "writing" not in connection.get_execution_options():
        raise RuntimeError(CHANGED_OUTSIDE)


def run(connection: sa.Connection, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Run a statement that was built once in the connection's open transaction."""
    if _somebody_listens(connection):
        return connection.execute(statement, parameters)
    given = parameters or NOTHING
    ready = _ready(statement, tuple(given), connection.dialect)
    return connection.execute(statement, parameters) if ready is None else ready.run(connection, given)


def send(connection: sa.Connection, text: str) -> None:
    """Send words that have no values and give no rows, such as BEGIN."""
    if _somebody_listens(connection):
        connection.exec_driver_sql(text)
        return
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _translated(connection, text, error) from error


class _Ready:
    """A statement as the driver takes it, with the ways in and out of its values."""

    def __init__(
        self,
        compiled: Any,  # noqa: ANN401 - SQLAlchemy's compiler after its work
        types: Sequence[sa.types.TypeEngine[Any]],
        defaults: Mapping[str, Any],
    ) -> None:
        self.text, self.dialect = str(compiled), compiled.dialect
        self._writes = compiled.isinsert or compiled.isupdate or compiled.isdelete
        self._fixed = dict(compiled.params)
        self._defaults = defaults
        self._names = compiled.positiontup
        self._into: list[tuple[str, Convert]] = [
            (name, into)
            for bind, name in compiled.bind_names.items()
            if (into := bind.type.dialect_impl(self.dialect).bind_processor(self.dialect))
        ]
        self._types = types
        self._read: tuple[Convert, list[tuple[int, Convert]]] | None = None  # known when the first rows come

    def run(self, connection: sa.Connection, given: Mapping[str, Any]) -> Rows:
        refuse_outside(connection, writes=self._writes)
        values = {**self._fixed, **given}
        for name, default in self._defaults.items():
            values[name] = default.arg if default.is_scalar else default.arg(_Given(values))
        for name, into in self._into:
            values[name] = into(values[name])
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            cursor.execute(self.text, values if self._names is None else [values[name] for name in self._names])
            found = cursor.fetchall() if cursor.description else []
            return Rows(self._rows(found, cursor.description) if found else found, cursor.rowcount)
        except self.dialect.loaded_dbapi.Error as error:
            raise _translated(connection, self.text, error) from error
        finally:
            cursor.close()

    def _rows(self, found: list[Any], description: Any) -> list[Any]:  # noqa: ANN401 - the driver's
        if self._read is None:
            self._read = self._reading(description)
        make, out = self._read
        if not out:
            return [make(row) for row in found]
        rows = []
        for row in found:
            values = list(row)
            for place, read in out:
                values[place] = read(values[place])
            rows.append(make(values))
        return rows

    def _reading(self, description: Any) -> tuple[Convert, list[tuple[int, Convert]]]:  # noqa: ANN401 - the driver's
        """Return what makes a row, and for which of its columns a value comes back in another form."""
        names = [column[0] for column in description]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024 - names are data
        read = [
            kind.dialect_impl(self.dialect).result_processor(self.dialect, column[1])
            for kind, column in zip(self._types, description, strict=True)
        ]
        return row._make, [(place, one) for place, one in enumerate(read) if one]


def _translated(connection: sa.Connection, text: str, error: Exception) -> BaseException:
    """Return SQLAlchemy's form of a driver's error, without the values; a connection that is lost leaves the pool."""
    dialect = connection.dialect
    driver = connection.connection.dbapi_connection
    lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]  # a driver's error
    if lost:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    return sa.exc.DBAPIError.instance(text, None, error, base, connection_invalidated=lost, dialect=dialect)


class _Given:
    """What a column's own default may ask for: the other values of its row."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get_current_parameters(self) -> Mapping[str, Any]:
        return self._values


@lru_cache(maxsize=1000)
def _ready(statement: Any, names: tuple[str, ...], dialect: sa.Dialect) -> _Ready | None:  # noqa: ANN401 - any executable
    """Compile once; None for a statement whose text depends on its values, such as IN with a list."""
    compiled = statement.compile(dialect=dialect, column_keys=sorted(names))
    if compiled.post_compile_params or compiled.literal_execute_params or compiled.update_prefetch:
        return None
    defaults = {column.key: column.default for column in compiled.insert_prefetch}
    wanted = {name for bind, name in compiled.bind_names.items() if bind.required}
    if missing := wanted - {*names, *defaults}:
        raise sa.exc.InvalidRequestError(f"no value is given for {sorted(missing)}")
    if any(default is None or not (default.is_scalar or default.is_callable) for default in defaults.values()):
        return None
    return _Ready(compiled, [column.type for column in getattr(statement, "exported_columns", ())], defaults)
