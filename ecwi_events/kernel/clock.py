"""The only clock. Doors read it once and hand ``now`` down; leases alone live by the database's time."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


def utc_now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place that asks


def database_milliseconds(dialect: str) -> sa.ColumnElement[int]:
    """Return an SQL expression: milliseconds since 1970 by the database's own clock.

    Leases are set and compared with it, so that machines whose clocks differ agree on who holds a work row.
    """
    if dialect == "sqlite":
        return sa.cast((sa.func.julianday("now") - 2440587.5) * 86400000, sa.BigInteger)
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)
