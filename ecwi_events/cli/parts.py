"""The programs of the embedded tree: how each is called, and how one can tell that it is healthy."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import redis

import config
from ecwi_events.cli import servers
from ecwi_events.cli.supervisor import Part
from ecwi_events.cli.tree import Child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from config import Settings
    from ecwi_events.cli.supervisor import Pulse

TASKS_AT_ONCE = 4


def make_parts(settings: Settings, host: str, pulse: Pulse) -> dict[str, Part]:
    """Return the parts in the order of their start.

    Raises:
        SettingsError: there is neither an own Valkey nor another server that answers.
    """
    folder = settings.data_dir / "log"
    folder.mkdir(exist_ok=True)
    parts = {}
    if _has_own_valkey(settings):
        valkey = _child("Valkey", _valkey_command(settings), folder / "valkey.log", settings)
        parts["valkey"] = Part(valkey, lambda: broker_answers(settings), patience=3, first=True)
    elif not broker_answers(settings):
        raise config.SettingsError("ECWI_REDIS_URL: the server there does not answer. Start it, or set this right.")
    web = _child("web server", web_command(settings, host), folder / "web.log", settings)
    parts["web"] = Part(web, lambda: _web_answers(host, settings.port), patience=6)
    worker = _child("worker", worker_command(), folder / "worker.log", settings)
    parts["worker"] = Part(worker, pulse.moved, patience=8, pulse=pulse)
    return parts


def _child(name: str, command: Sequence[str], log: Path, settings: Settings) -> Child:
    environment = {**config.python_environment(), "ECWI_DATA_DIR": str(settings.data_dir)}
    return Child(name, command, log=log, environment=environment, cwd=config.PROJECT)


def _has_own_valkey(settings: Settings) -> bool:
    return settings.redis.client == f"unix://{settings.data_dir / 'run' / 'valkey.sock'}"


def _valkey_command(settings: Settings) -> Sequence[str]:
    program = servers.find_valkey()
    if program is None:
        raise config.SettingsError(
            "ECWI_REDIS_URL: no Valkey comes with this system. Start a Redis and set its address."
        )
    folder = settings.data_dir / "valkey"
    folder.mkdir(exist_ok=True, mode=0o700)
    options = {
        "--port": "0", "--unixsocket": settings.redis.client.removeprefix("unix://"), "--unixsocketperm": "700",
        "--dir": str(folder), "--appendonly": "yes", "--save": "", "--maxmemory-policy": "noeviction",
    }  # fmt: skip
    return [str(program), *(text for pair in options.items() for text in pair)]


def web_command(settings: Settings, host: str) -> Sequence[str]:
    """One process, because SQLite allows no second; no access log, because addresses carry personal tokens."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1",
        "--blocking-threads", str(settings.threads), "--workers-kill-timeout", "5", "--no-access-log",
        "--host", host, "--port", str(settings.port), "ecwi_events.cli.children:flask_app",
    ]  # fmt: skip


def worker_command() -> Sequence[str]:
    """How the worker is called, with beat in it."""
    return [
        sys.executable, "-m", "celery", "-A", "ecwi_events.cli.children:celery_app", "--quiet", "worker", "--beat",
        "--pool", "threads", "--concurrency", str(TASKS_AT_ONCE), "--loglevel", "WARNING",
        "--without-mingle", "--without-gossip",
    ]  # fmt: skip


def broker_answers(settings: Settings) -> bool:
    """Tell whether Redis or Valkey answers."""
    client = redis.Redis.from_url(settings.redis.client, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()


def _web_answers(host: str, port: int) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    address = f"http://{f'[{near}]' if ':' in near else near}:{port}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (urllib.error.URLError, OSError):
        return False
