"""The browser of the tests: an installed Chromium, else Playwright's own; run as a module, it brings one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = (
    "No Chromium for the browser tests. Type one of: apt-get install chromium (as root), "
    ".venv/bin/playwright install --with-deps chromium"
)


def find() -> Path | None:
    """Return a browser that runs, or None. A name alone proves nothing: Ubuntu's package is a note about a snap."""
    own = sorted(_playwrights_folder().glob("chromium-*/chrome-*/chrome"), reverse=True)
    for program in [*(shutil.which(name) for name in NAMES), *own]:
        if program and _runs(program):
            return Path(program)
    return None


def get() -> Path:
    """Return a browser that runs; end the run with the command to type if there is none."""
    if found := find():
        return found
    raise SystemExit(HELP)


def bring() -> Path:
    """Return a browser, after installing one where there is none."""
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways = [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"],
        ]
    for way in ways:
        if found := find():
            return found
        print("Chromium for the browser tests:", " ".join(way), flush=True)  # noqa: T201 - this is a command
        subprocess.run(
            way, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    return get()


def _playwrights_folder() -> Path:
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")


def _runs(program: str) -> bool:
    try:
        answer = subprocess.run([program, "--version"], check=False, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"hrom" in answer.stdout


if __name__ == "__main__":
    print(f"Chromium: {bring()}")  # noqa: T201 - this is a command
