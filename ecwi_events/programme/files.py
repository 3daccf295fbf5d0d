"""Keeping files that were sent in, and letting go of those that nothing refers to any more."""

from __future__ import annotations

import uuid
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import files
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.programme import rules_files
from ecwi_events.programme.models import MoneyLine, Resource
from ecwi_events.programme.models_files import StoredFile
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import IO

    from ecwi_events.kernel.files import Draft

LONGEST_SAYING = 100


@dataclass(frozen=True)
class Sent:
    """A file that came in and is what it says; it has no row and no place yet."""

    name: str
    media_type: str
    draft: Draft


@dataclass(frozen=True)
class Kept:
    """A file that can be sent out."""

    path: Path
    digest: str
    name: str
    media_type: str


def receive(stream: IO[bytes], name: str, *, most_bytes: int) -> Sent:
    """Read a file that is sent in, and check that it is what it says; needs no transaction.

    Raises:
        Invalid: it is not taken.
        Refused: there is no room for it.
    """
    name = rules_files.plain_name(name)
    draft = files.read_in(stream, most_bytes=most_bytes)
    try:
        members, says = _archive(draft)
        return Sent(name, rules_files.media_type(name, draft.head, members, says), draft)
    except BaseException:
        files.discard(draft)
        raise


def keep(sent: Sent, *, now: datetime) -> int:
    """Keep a file in the caller's transaction and return its id; the same content has one row.

    The row is written first, and so its lock held, before the file is moved to its place: a purge of the same content
    at the same moment comes before or after, and never between.
    """
    row = {"digest": sent.draft.digest, "size": sent.draft.size, "media_type": sent.media_type, "kept_at": now}
    file_id = None
    while file_id is None:  # a purge of the same content, finished between the two statements, takes the row away once
        insert_unless_there(StoredFile, [row], key=["digest"])
        file_id = db.session.scalar(
            sa.update(StoredFile)
            .where(StoredFile.digest == sent.draft.digest)
            .values(kept_at=now)
            .returning(StoredFile.id)
            .execution_options(synchronize_session=False)
        )
    files.keep(sent.draft)
    return file_id


def let_go(file_id: int | None, *, now: datetime) -> None:
    """Have a file purged that a record referred to and does no longer; others may still refer to it."""
    if file_id is not None:
        key = f"file:{file_id}:{uuid.uuid4().hex}"
        work.put("file.purge", file_id, dedup_key=key, now=now, priority=90)


def purge(file_id: int) -> bool:
    """Take a file away if nothing refers to it; return whether it is gone."""
    used = sa.or_(
        sa.exists().where(Resource.file_id == StoredFile.id), sa.exists().where(MoneyLine.evidence_id == StoredFile.id)
    )
    digest = db.session.scalar(
        sa.delete(StoredFile)
        .where(StoredFile.id == file_id, sa.not_(used))
        .returning(StoredFile.digest)
        .execution_options(synchronize_session=False)
    )
    if digest is not None:
        files.remove(digest)
    return digest is not None


def forget_drafts(*, now: datetime) -> int:
    """Take away what was left of files whose sending was cut off by a crash a day ago or longer."""
    return files.forget_drafts(before=now - timedelta(days=1))


def find_kept(file_id: int, name: str) -> Kept | None:
    """Return a file that can be sent out under a name, or None if it is not there."""
    row = db.session.execute(
        sa.select(StoredFile.digest, StoredFile.media_type).where(StoredFile.id == file_id)
    ).one_or_none()
    if row is None:
        return None
    path = files.path_of(row.digest)
    return Kept(path, row.digest, name, row.media_type) if path.is_file() else None


def _archive(draft: Draft) -> tuple[list[str], str]:
    """Return the names of what is in an archive, and what it says that it is; nothing for other files."""
    if not draft.head.startswith(b"PK"):
        return [], ""
    try:
        with zipfile.ZipFile(draft.path) as archive:
            names = archive.namelist()
            says = ""
            if names[:1] == ["mimetype"]:
                with archive.open("mimetype") as member:
                    says = member.read(LONGEST_SAYING).decode("ascii", errors="replace").strip()
            return names, says
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError, RuntimeError):
        return [], ""
