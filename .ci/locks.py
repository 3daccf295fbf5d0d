# ruff: noqa: INP001 - a script, not a package
"""Are the lock files made from today's pyproject.toml? Needs no network.

`make lock` writes a fingerprint of what decides the lock into each lock file; `make check`
compares. Lock files name no address: whoever installs says where packages come from.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from pathlib import Path

MARK = "# made from: "
LOCKS = ("requirements.lock", "requirements-dev.lock")


def fingerprint() -> str:
    """Return a hash of what decides the lock: the Python range, the dependencies, the groups, the build backend."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    facts = {
        "python": project["project"]["requires-python"],
        "dependencies": project["project"]["dependencies"],
        "groups": project["dependency-groups"],
        "build": project["build-system"]["requires"],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def stamp() -> None:
    """Write the fingerprint into the lock files."""
    for name in LOCKS:
        lines = Path(name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(MARK)]
        Path(name).write_text("".join([f"{MARK}{fingerprint()}\n", *kept]), encoding="utf-8")


def faults() -> list[str]:
    """Return what is wrong with the lock files, one line each."""
    found = []
    for name in LOCKS:
        text = Path(name).read_text(encoding="utf-8")
        if f"{MARK}{fingerprint()}\n" not in text:
            found.append(f"{name} is older than what pyproject.toml says. Type: make lock")
        if "://" in text:
            found.append(f"{name} names an address. Make it without index options: make lock")
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["stamp"]:
        stamp()
    elif wrong := faults():
        sys.exit("\n".join(wrong))
