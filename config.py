"""Settings: read once from the environment, typed and checked. The only reader of ``os.environ``.

Every setting is a variable ``ECWI_<NAME>``; a wrong one ends in `SettingsError`, whose message is one line that names it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import zoneinfo
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent
SOCKET_PATH_LIMIT = 100  # a Unix socket's path may have about 107 bytes; the rest is room for its file name
KEY_BYTES_AT_LEAST = 16
WHERE_DATA_ARE = ("ECWI_DATA_DIR", "ECWI_DATABASE_URL", "ECWI_SECRET_KEY")
ADDRESS_FILE, LOCK_FILE = "address", "serve.lock"  # in the run folder, while the service is up


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that names the variable and says what to do."""


@dataclass(frozen=True)
class RedisSetting:
    """One Redis or Valkey server, spelled for each of the three libraries that talk to it."""

    celery: str
    client: str
    limiter: str

    @classmethod
    def from_url(cls, url: str) -> RedisSetting:
        """Accept ``redis://``, ``rediss://`` and ``unix:///path``; raise `SettingsError` for anything else."""
        parts = urlsplit(url)
        if parts.scheme in {"redis", "rediss"} and parts.hostname:
            return cls(url, url, url)
        if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
            return cls(f"redis+socket://{parts.path}", f"unix://{parts.path}", f"redis+unix://{parts.path}")
        raise SettingsError(
            f"ECWI_REDIS_URL: {url!r} is not understood. Use redis://host:6379/0 or unix:///path/of/socket."
        )


@dataclass(frozen=True)
class BounceMailbox:
    """Where we read what comes back from mails: a Maildir of this machine, or an IMAP mailbox."""

    maildir: Path | None = None
    host: str = ""
    port: int = 993
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True)
class MailSetting:
    """Where mail goes: an SMTP relay, or a folder that receives one ``.eml`` file per message."""

    folder: Path | None = None
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = ""  # "", "starttls" or "implicit"
    per_minute: int = 0  # mails to one domain in a minute; 0 for no limit
    at_once: int = 0  # mails to one domain at the same moment; 0 for no limit
    bounce_address: str = ""  # where reports go: its part before the @ gets "+<number>.<signature>"
    bounce_mailbox: BounceMailbox | None = None


@dataclass(frozen=True)
class Settings:
    """All settings of one process. Build it with `from_environment`; tests may build it directly."""

    database_url: str
    redis: RedisSetting
    base_url: str
    secret_key: str = field(repr=False)
    data_dir: Path
    mail: MailSetting
    mail_from: str
    office_time_zone: str
    port: int
    lease_seconds: int
    tick_seconds: int
    demo: bool
    threads: int
    second_factor_required: bool = True
    hosts_need_second_factor: bool = False
    proxy_hops: int = 0
    trusted_hosts: tuple[str, ...] = ()
    rate_limits: bool = True
    offers_within_hours: int = 24
    offers_last_minutes: int = 120
    sign_up_link_hours: int = 24
    upload_megabytes: int = 20
    link_checks_private: bool = False

    @property
    def comes_back_to(self) -> str:
        """The address whose mailbox is read for what comes back; empty if none is."""
        return (self.mail.bounce_address or self.mail_from) if self.mail.bounce_mailbox else ""

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the embedded database is used, which allows one web process only."""
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Tell whether people reach the service over https, so that cookies may be marked Secure."""
        return self.base_url.startswith("https://")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read all ``ECWI_*`` settings (and ``PORT``).

    Raises:
        SettingsError: a value is missing or wrong; the message names its variable.
    """
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("ECWI_DATA_DIR") or PROJECT / "var").expanduser().resolve()
    port = _integer(
        env, "ECWI_PORT", default=_integer(env, "PORT", default=8000, least=1, most=65535), least=1, most=65535
    )
    demo = _yes(env, "ECWI_DEMO", default=False)
    base_url = (env.get("ECWI_BASE_URL") or _running_at(data_dir) or f"http://localhost:{port}").rstrip("/")
    _check_base_url(base_url)
    _make_writable(data_dir)
    return Settings(
        database_url=_database_url(env, data_dir),
        redis=RedisSetting.from_url(env.get("ECWI_REDIS_URL") or f"unix://{_socket(data_dir)}"),
        base_url=base_url,
        secret_key=_secret_key(env, data_dir),
        data_dir=data_dir,
        mail=_delivery(env, _mail(env.get("ECWI_MAIL_URL") or f"file:{data_dir / 'mail'}")),
        mail_from=_mail_from(env, base_url),
        office_time_zone=_zone(env),
        port=port,
        lease_seconds=_integer(env, "ECWI_LEASE_SECONDS", default=60, least=1, most=3600),
        tick_seconds=_integer(env, "ECWI_TICK_SECONDS", default=30, least=1, most=3600),
        demo=demo,
        threads=_integer(env, "ECWI_THREADS", default=8, least=1, most=64),
        second_factor_required=_one_of(
            env, "ECWI_SECOND_FACTOR", ("required", "optional")[demo], "required", "optional"
        ),
        hosts_need_second_factor=_yes(env, "ECWI_HOSTS_NEED_SECOND_FACTOR", default=False),
        proxy_hops=_integer(env, "ECWI_PROXY_HOPS", default=0, most=10),
        trusted_hosts=tuple(filter(None, (host.strip() for host in env.get("ECWI_TRUSTED_HOSTS", "").split(",")))),
        rate_limits=_one_of(env, "ECWI_RATE_LIMITS", "on", "on", "off"),
        offers_within_hours=_integer(env, "ECWI_OFFERS_WITHIN_HOURS", default=24, most=336),
        offers_last_minutes=_integer(env, "ECWI_OFFERS_LAST_MINUTES", default=120, least=5, most=10080),
        sign_up_link_hours=_integer(env, "ECWI_SIGN_UP_LINK_HOURS", default=24, least=1, most=168),
        upload_megabytes=_integer(env, "ECWI_UPLOAD_MEGABYTES", default=20, least=1, most=1000),
        link_checks_private=_yes(env, "ECWI_LINK_CHECKS_PRIVATE", default=False),
    )


def in_front(environ: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """Return what one types before another command about the same data, and which secrets it needs that are not shown.

    The address is not among them: while the service is up, every command finds it (`_running_at`).
    """
    env = os.environ if environ is None else environ
    given = {name: env[name] for name in WHERE_DATA_ARE if env.get(name)}
    if folder := given.get("ECWI_DATA_DIR"):
        given["ECWI_DATA_DIR"] = str(Path(folder).expanduser().resolve())
    secret = [name for name in given if name == "ECWI_SECRET_KEY" or urlsplit(given[name]).password]
    shown = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items() if name not in secret)
    return f"{shown} " if shown else "", secret


def python_environment() -> dict[str, str]:
    """The environment for child processes: ours, with time zone data taken from the locked ``tzdata`` package only."""
    return {**os.environ, "PYTHONTZPATH": ""}


def _running_at(data_dir: Path) -> str | None:
    """Return the address at which this data folder is being served, so that commands print links that work.

    Only the address of a tree that is up: it holds the lock, and what a killed one has left behind is not believed.
    """
    try:
        with (data_dir / "run" / LOCK_FILE).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (data_dir / "run" / ADDRESS_FILE).read_text(encoding="ascii").strip() or None
    except OSError:
        pass
    return None


def _zone(env: Mapping[str, str]) -> str:
    name = env.get("ECWI_OFFICE_TIME_ZONE") or "Europe/Amsterdam"
    if name not in zoneinfo.available_timezones():
        raise SettingsError(f"ECWI_OFFICE_TIME_ZONE: {name!r} is no time zone. Use a name like Europe/Amsterdam.")
    return name


def _make_writable(data_dir: Path) -> None:
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(exist_ok=True, mode=0o700)  # the database and the mails in it are nobody else's business
        (data_dir / "run").mkdir(exist_ok=True, mode=0o700)
        probe = data_dir / "run" / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"ECWI_DATA_DIR: {data_dir} cannot be written ({error.strerror}). Choose another folder."
        ) from error


def _socket(data_dir: Path) -> Path:
    socket = data_dir / "run" / "valkey.sock"
    if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
        raise SettingsError(
            f"ECWI_DATA_DIR: {data_dir} is too long a path for a Unix socket. Choose a shorter one or set ECWI_REDIS_URL."
        )
    return socket


def _database_url(env: Mapping[str, str], data_dir: Path) -> str:
    url = env.get("ECWI_DATABASE_URL") or f"sqlite:///{data_dir / 'ecwi.sqlite'}"
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    if url.startswith("sqlite:///") and ":memory:" not in url and len(url) > len("sqlite:///"):
        return url
    if url.startswith("postgresql+psycopg://"):
        return url
    raise SettingsError(
        f"ECWI_DATABASE_URL: {url!r} is not understood. Use sqlite:////path/of/file or postgresql://user@host/name."
    )


def _check_base_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port or 1  # asking for it is what finds a port beyond 65535
    except ValueError:
        parts, port = urlsplit(""), 0
    good = parts.scheme in {"http", "https"} and parts.hostname and port
    if not good or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"ECWI_BASE_URL: {url!r} is not an address of a site. Use https://events.example.org.")


def _secret_key(env: Mapping[str, str], data_dir: Path) -> str:
    """Take the key from the environment, or keep one of our own in the data folder (made once, readable by us only)."""
    if key := env.get("ECWI_SECRET_KEY"):
        if len(key) < KEY_BYTES_AT_LEAST:
            raise SettingsError(f"ECWI_SECRET_KEY: use {KEY_BYTES_AT_LEAST} characters or more.")
        return key
    path = data_dir / "secret-key"
    if not path.exists():
        _keep_fresh_key(path)
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < KEY_BYTES_AT_LEAST:
        raise SettingsError(
            f"ECWI_SECRET_KEY: the key in {path} is empty or cut. Bring it back from a backup, or set one."
        )
    return key


def _keep_fresh_key(path: Path) -> None:
    """Write a new key whole or not at all; of two processes that start at once the first one's key is kept."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _mail(url: str) -> MailSetting:
    if url.startswith("file:"):
        folder = Path(url.removeprefix("file:")).expanduser()
        if not folder.is_absolute():
            raise SettingsError(f"ECWI_MAIL_URL: {url!r} needs an absolute folder, like file:/var/lib/ecwi/mail.")
        return MailSetting(folder=folder)
    parts = urlsplit(url)
    tls = {"smtp": "", "smtp+starttls": "starttls", "smtps": "implicit"}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"ECWI_MAIL_URL: {url!r} has a port that is not a number.") from error
    if tls is None or not parts.hostname:
        raise SettingsError(
            f"ECWI_MAIL_URL: {quote(parts.scheme) or url!r} is not understood. Use smtp://host:25, "
            "smtp+starttls://user:password@host:587, smtps://user:password@host:465 or file:/folder."
        )
    default_port = {"": 25, "starttls": 587, "implicit": 465}[tls]
    return MailSetting(None, parts.hostname, port or default_port, parts.username or "", parts.password or "", tls)


def _delivery(env: Mapping[str, str], setting: MailSetting) -> MailSetting:
    return replace(
        setting,
        per_minute=_integer(env, "ECWI_MAIL_PER_MINUTE", default=0, most=100_000),
        at_once=_integer(env, "ECWI_MAIL_AT_ONCE", default=0, most=1000),
        bounce_address=_plain_address(env, "ECWI_BOUNCE_ADDRESS", ""),
        bounce_mailbox=_bounce_mailbox(env.get("ECWI_BOUNCE_MAILBOX", "")),
    )


def _bounce_mailbox(url: str) -> BounceMailbox | None:
    if not url:
        return None
    if url.startswith("maildir:"):
        folder = Path(url.removeprefix("maildir:")).expanduser()
        if not folder.is_absolute():
            raise SettingsError(
                f"ECWI_BOUNCE_MAILBOX: {url!r} needs an absolute folder, like maildir:/var/mail/bounces."
            )
        return BounceMailbox(maildir=folder)
    try:
        parts = urlsplit(url)
        port = parts.port or 993
    except ValueError as error:
        raise SettingsError("ECWI_BOUNCE_MAILBOX: its port is not a number.") from error
    if parts.scheme != "imaps" or not parts.hostname or not parts.username or not parts.password:
        raise SettingsError(
            "ECWI_BOUNCE_MAILBOX: it is not understood. Use maildir:/folder or imaps://user:password@host/INBOX."
        )
    folder_name = unquote(parts.path.strip("/")) or "INBOX"
    if not folder_name.isascii() or not folder_name.isprintable() or '"' in folder_name or "\\" in folder_name:
        raise SettingsError("ECWI_BOUNCE_MAILBOX: use a folder with a plain name, like INBOX or Bounces.")
    return BounceMailbox(None, parts.hostname, port, unquote(parts.username), unquote(parts.password), folder_name)


def _mail_from(env: Mapping[str, str], base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    return _plain_address(env, "ECWI_MAIL_FROM", f"events@{host}")


def _plain_address(env: Mapping[str, str], name: str, otherwise: str) -> str:
    address = env.get(name) or otherwise
    if address and (address.count("@") != 1 or any(c in address for c in " \r\n<>,;")):
        raise SettingsError(f"{name}: {address!r} is not a plain email address, like events@example.org.")
    return address


def _integer(env: Mapping[str, str], name: str, *, default: int, least: int = 0, most: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{name}: {text!r} is not a whole number from {least} to {most}.")
    return int(text)


def _yes(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name)
    if not text:
        return default
    if text.lower() not in {"1", "0", "yes", "no", "true", "false"}:
        raise SettingsError(f"{name}: {text!r} is not yes or no.")
    return text.lower() in {"1", "yes", "true"}


def _one_of(env: Mapping[str, str], name: str, default: str, yes: str, no: str) -> bool:
    text = env.get(name) or default
    if text not in {yes, no}:
        raise SettingsError(f"{name}: {text!r} is not understood. Use {yes} or {no}.")
    return text == yes
