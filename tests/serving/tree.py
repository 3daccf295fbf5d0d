"""Starting `ecwi-events serve` as an operator does, and looking at the processes behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.servers.postgres import free_port

STARTS_WITHIN = 120
STOPS_WITHIN = 30
READY = "Stop: Ctrl-C"
LINK = re.compile(r"sign in as (\w+)\s+(http://\S+)")


class Tree:
    """One `ecwi-events serve` on a free port; ``lines`` is what it has said until it was ready."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.port = free_port()
        self.process = start(data, PORT=str(self.port), ECWI_DEMO="1", ECWI_TICK_SECONDS="2", **variables)
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if READY in line:
                break
        if not any(READY in line for line in self.lines):
            pytest.fail(f"the tree did not come up: {self.lines} {self.kill()}")

    @property
    def links(self) -> dict[str, str]:
        """The sign-in links, by role."""
        return dict(LINK.findall("\n".join(self.lines)))

    def get(self, path: str) -> tuple[int, str]:
        """Ask the web server for a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def ready(self) -> dict:
        """What /readyz says."""
        return json.loads(self.get("/readyz")[1])

    def pids(self, of: str) -> list[int]:
        """The processes of the tree whose command line has this word; parents first."""
        supervisor = psutil.Process(self.process.pid)
        return [child.pid for child in supervisor.children(recursive=True) if of in _words(child)]

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C or a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=STOPS_WITHIN)
        finally:
            self.kill()
        return self.process.returncode

    def kill(self) -> str:
        """Kill the supervisor, so that it cannot clean up, and bury it; return what it said last."""
        self.process.kill()
        return self.process.communicate()[1]


def _words(process: psutil.Process) -> str:
    """The command line of a process; nothing for one that is just ending."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def start(data: Path | str, **variables: str) -> subprocess.Popen:
    """Start the command with these settings only."""
    return subprocess.Popen(
        [sys.executable, "-m", "ecwi_events.cli", "serve"],
        env={**without_settings(), "ECWI_DATA_DIR": str(data), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def without_settings() -> dict[str, str]:
    """An environment in which nothing is set for us."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def processes_of(data: Path) -> list[int]:
    """Every process of this machine that was started for this data folder.

    Valkey writes its title over its environment, but has the folder in the title.
    """
    mark = f"ECWI_DATA_DIR={data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark in (folder / "environ").read_bytes().split(b"\0")
            ours = ours or f"{data}/run/".encode() in (folder / "cmdline").read_bytes()
            if ours and "zombie" not in (folder / "status").read_text():
                found.append(int(folder.name))
        except OSError:  # it has ended, or is not ours to read
            continue
    return found


def wait_until(happens: Callable[[], object], *, seconds: float = 60) -> object:
    """Look again and again until it happens."""
    until = time.monotonic() + seconds
    while not (got := happens()):
        assert time.monotonic() < until, f"did not happen in {seconds} s"
        time.sleep(0.1)
    return got
