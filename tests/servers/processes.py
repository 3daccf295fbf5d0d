"""Starting our servers as processes, and asking how much processor time a whole tree of them has used."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

import config
from tests.servers.postgres import free_port

BIN = Path(sys.executable).parent
TARGET = "ecwi_events.cli.children"


STOPS_WITHIN = 30


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    """Run a server for the length of a block.

    Raises:
        RuntimeError: it did not stop when it was asked; by then it is dead, and the message has its last words.
    """
    with tempfile.TemporaryFile() as said:
        process = start(command, environment, said=said)
        try:
            yield psutil.Process(process.pid)
        finally:
            stop(process, said)


def start(
    command: list[str], environment: Mapping[str, str], *, said: int | IO[bytes] = subprocess.DEVNULL
) -> subprocess.Popen:
    """Start a server in the project's folder, without its chatter unless it is asked for."""
    return subprocess.Popen(
        command, cwd=config.PROJECT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=said
    )


def stop(process: subprocess.Popen, said: IO[bytes]) -> None:
    """Ask a server to stop; end and bury it with everything below it when it does not."""
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired as error:
        process.send_signal(signal.SIGUSR1)  # Celery then says what each of its threads does
        time.sleep(1)
        end_tree(process)
        said.seek(0)
        words = said.read()[-8000:].decode(errors="replace")
        raise RuntimeError(f"did not stop in {STOPS_WITHIN} s: {process.args}\n{words}") from error


def end_tree(process: subprocess.Popen) -> None:
    """Kill a process and everything below it, and leave no zombie."""
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.kill()
    process.wait()
    for child in below:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(below, timeout=STOPS_WITHIN)


def worker_command(*, beat: bool = False, concurrency: int = 2, target: str = TARGET) -> list[str]:
    """The command of a Celery worker as ``make run`` starts it."""
    command = [
        str(BIN / "celery"), "-A", target, "worker", "-P", "threads", "--concurrency", str(concurrency),
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    return [*command, "-B"] if beat else command


@contextmanager
def web(target: str, environment: Mapping[str, str]) -> Iterator[tuple[psutil.Process, int]]:
    """Run granian as ``make run`` does: one worker, eight threads; give its process and its port."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "8", "--no-ws", "--no-access-log", target,
    ]  # fmt: skip
    with running(command, environment) as process:
        wait_for(port)
        yield process, port


def wait_for(port: int) -> None:
    """Wait until somebody answers on a port."""
    for _ in range(1200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the server did not come up")


def processor_seconds(*roots: psutil.Process) -> float:
    """Return user and system time of these processes and of all below them, in seconds."""
    total = 0.0
    for root in roots:
        for process in [root, *root.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
    return total
