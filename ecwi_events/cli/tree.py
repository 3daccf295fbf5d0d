"""A child process that cannot outlive us: asked to stop with patience, then ended with everything that it started.

Each child leads a session of its own, so that Ctrl-C reaches only us and we stop the others in our order, and so that one
signal to its group ends its children too. On Linux each child asks the kernel for a signal at the death of its parent:
even ``kill -9`` of the supervisor leaves nothing behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LOG_AT_MOST = 5 * 1024 * 1024
LAST_WORDS_BYTES = 4096
LOOK_AGAIN_SECONDS = 0.05

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here, because a fresh fork should load nothing


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent, process ``parent``, dies; called from the main thread."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


class Child:
    """One program of the tree, with a log file of its own."""

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str], cwd: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether the program runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the program ended; None while it runs or before its first start."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the program, after ending whatever the last run of it may have left behind."""
        self._end_group()
        if self.log.exists() and self.log.stat().st_size > LOG_AT_MOST:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._cwd,
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - this process has one thread
            )

    def stop(self, *, patience: float) -> None:
        """Ask the program to stop; after ``patience`` seconds end it and its children."""
        if self._process is None:
            return
        if self.is_running:
            self._process.terminate()
        until = time.monotonic() + patience
        while self.is_running and time.monotonic() < until:
            time.sleep(LOOK_AGAIN_SECONDS)
        self._end_group()
        self._process.wait()

    def last_words(self) -> str:
        """Return the last line of the log that says something."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LAST_WORDS_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _end_group(self) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the second of a group of zombies
            return
