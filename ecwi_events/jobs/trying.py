"""How a handler says that its work is not done yet, although nothing is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class TryAgain(Exception):  # noqa: N818 - it tells the drain to try the work again, it is no bug
    """The work could not be done for now; the message says why."""


class PutOff(Exception):  # noqa: N818 - it tells the drain to wait, it is no bug
    """It is not the work's turn yet; waiting costs it no try."""

    def __init__(self, until: datetime, why: str) -> None:
        super().__init__(why)
        self.until = until


class Sent(Exception):  # noqa: N818 - it tells the drain that all is done
    """A mail was handed over; `mail_batch` notes that, and finishes the piece, in the transaction that comes next."""
