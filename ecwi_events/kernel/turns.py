"""A fair line for one row that many want to change at once: who comes first has it first.

PostgreSQL gives a locked row that becomes free to whoever asks just then, before one who has waited is awake; who is unlucky
again and again waits for many seconds. Those who wait for a lock by number stand in line. It is taken in the same statement,
before the row, and is free when the transaction ends. SQLite has one writer, who is asked for in `ecwi_events.kernel.db`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LINE = 1  # which rows the numbers are of; another table that needs a line takes another one


class InTurn(FunctionElement[int]):
    """The id of a row, given when it is our turn to change it.

    Everybody who changes the row must ask so, and nobody may lock it before: else two can wait for each other.
    """

    inherit_cache = True
    type = sa.Integer()


@compiles(InTurn)
def _at_once(element: Any, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return str(compiler.process(element.clauses, **more))


@compiles(InTurn, "postgresql")
def _in_line(element: Any, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    row = compiler.process(element.clauses, **more)
    return f"(SELECT {row} FROM pg_advisory_xact_lock({LINE}, {row}))"  # noqa: S608 - a number and a column
