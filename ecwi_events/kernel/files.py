"""Files that people send in: kept in the data folder under the hash of their content, whole or not at all.

A file comes in as a draft beside its place, is read to the disk, and is moved to its place inside the transaction that
writes its row. No name that a person typed ever becomes a part of a path.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from ecwi_events.kernel.errors import Invalid, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

AT_ONCE = 256 * 1024
HEAD_BYTES = 4096
MEGABYTE = 1024 * 1024
_DIGEST = re.compile("[0-9a-f]{64}")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}

_folder: list[Path] = []  # set once per process by the application factory


@dataclass(frozen=True)
class Draft:
    """A file that has come in and has no place yet."""

    path: Path
    digest: str
    size: int
    head: bytes


def configure(folder: Path) -> None:
    """Set the folder of files for this process; it is made at the first need."""
    _folder[:] = [folder]


def read_in(stream: IO[bytes], *, most_bytes: int) -> Draft:
    """Read a stream into a draft on the disk.

    Raises:
        Invalid: it is empty, or larger than allowed; reading stops at the limit.
        Refused: there is no room on the disk.
    """
    folder = _folder[0] / "drafts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / secrets.token_hex(16)
    try:
        draft = _copy(stream, path, most_bytes)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise Refused("no_room", "There is no room for this file on our side. Tell the office.") from error
        raise
    return draft


def keep(draft: Draft) -> None:
    """Move a draft to its place; the same content again changes nothing."""
    place = path_of(draft.digest)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.path.replace(place)
    _sync(place.parent)


def discard(draft: Draft) -> None:
    """Take a draft away, if it is still one."""
    draft.path.unlink(missing_ok=True)


def forget_drafts(*, before: datetime) -> int:
    """Take drafts away that a process left behind when it was killed; return how many there were."""
    folder, forgotten = _folder[0] / "drafts", 0
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # somebody else was faster
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                forgotten += 1
    return forgotten


def remove(digest: str) -> None:
    """Take a file away for good."""
    path_of(digest).unlink(missing_ok=True)


def path_of(digest: str) -> Path:
    """Return the place of a file by the hash of its content.

    Raises:
        ValueError: this is no such hash.
    """
    if not _DIGEST.fullmatch(digest):
        raise ValueError("not the hash of a file")
    return _folder[0] / digest[:2] / digest


def _copy(stream: IO[bytes], path: Path, most_bytes: int) -> Draft:
    hashed, size, head = hashlib.sha256(), 0, b""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in _chunks(stream):
            size += len(chunk)
            if size > most_bytes:
                raise Invalid({"file": f"This file is too large. Send {most_bytes // MEGABYTE} MB or less"})
            head = head or chunk[:HEAD_BYTES]
            hashed.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Invalid({"file": "This file is empty. Choose another one"})
    return Draft(path, hashed.hexdigest(), size, head)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(AT_ONCE):
        yield chunk


def _sync(folder: Path) -> None:
    """Have the folder's own list of names written down, so that a moved file survives a crash."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
