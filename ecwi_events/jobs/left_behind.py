"""Looking at addresses and purging files: the doors of the work kinds ``resource.check_link`` and ``file.purge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import clock, outside
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import files, link_checks

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings
    from ecwi_events.work.service import Claim


def check_link(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Look whether the address of a resource answers, and keep what was seen; no transaction is open meanwhile."""
    url = link_checks.url_of(piece.reference)
    db.session.rollback()
    if url is None:
        return
    answer = outside.ask(url, private_too=settings.link_checks_private)
    with transaction():
        link_checks.note_answer(
            piece.reference, url, answers=answer.answers, result=answer.words, now=clock.utc_now()
        )  # fmt: skip


def purge_file(app: Flask, piece: Claim, settings: Settings) -> None:  # noqa: ARG001 - the signature of handlers
    """Take a file away that nothing refers to any more."""
    with transaction():
        files.purge(piece.reference)
