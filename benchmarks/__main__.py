"""``python -m benchmarks``: all tables, or those whose names are given, such as ``contended`` or ``programme``."""

from __future__ import annotations

import os
import platform
import sys

from benchmarks import (
    board,
    contended,
    crowd,
    edition,
    hello,
    mailing,
    people_search,
    programme,
    redis_away,
    tick,
    weight,
)
from ecwi_events.kernel.clock import utc_now

ALL = {
    "contended": contended, "crowd": crowd, "hello": hello, "edition": edition, "weight": weight, "people": people_search,
    "programme": programme, "board": board, "tick": tick, "mailing": mailing,
    "redis": redis_away,
}  # fmt: skip


def main() -> None:
    """Run them one after the other."""
    names = sys.argv[1:] or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        sys.exit(f"There is no benchmark {', '.join(unknown)}. Choose from: {', '.join(ALL)}.")
    print(f"Measured on {utc_now():%Y-%m-%d}: Python {platform.python_version()}, {os.cpu_count()} cores.")
    for name in names:
        ALL[name].main()


if __name__ == "__main__":
    main()
