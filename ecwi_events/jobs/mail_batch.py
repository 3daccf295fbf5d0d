"""What a thread knows while it sends the mails of one batch, and what it still owes the database.

That one mail was sent is written in the transaction that says that the next one is on its way: one commit a mail instead of
two. A worker that dies before leaves at most one mail ``sending`` that has arrived; the next worker sends that one again,
under the same Message-ID, just as if it had died while the text was handed over. Nothing is owed for long: it is written
at the end of the batch, before anything else is done or a new connection is made, and at once if the mail server is slow.
While the database is away it is kept, and written when the database is back.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ecwi_events.jobs import letters_reminders
from ecwi_events.jobs.heart import HEART
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.text import normalise_address
from ecwi_events.mail import queries, service, suppression
from ecwi_events.mail.service import Owed
from ecwi_events.registration import queries as registrations

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from ecwi_events.mail.queries import Outgoing
    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.work.service import Claim

KIND = service.WORK_KIND
# Parts of a lease. An answer of the mail server may take a third (`mailing`), and naming sender and recipient takes two
# answers: with what is owed for a tenth at most, it is written before the lease of either mail has run out.
RENEWED_AFTER = 1 / 5
OWED_FOR = 1 / 10
DATABASE_MAY_BE_AWAY = 300.0  # seconds; who then still owes something lets another worker send that mail again
ASK_AGAIN_SECONDS = 0.5


@dataclass
class Batch:
    """Mails that were read together, when their leases began, and the mail that was sent but is not noted yet."""

    mails: dict[int, Outgoing] = field(default_factory=dict)
    suppressed: Collection[str] = ()
    sign_ups: Mapping[int, MySignUp] = field(default_factory=dict)  # of the reminders, by the id that they speak about
    leased_at: float = 0.0  # by the clock of this machine that never jumps
    owed: Owed | None = None

    def take(self, mail_id: int) -> Outgoing | None:
        """Return a mail as it stood when the batch was read; a second time, or one that is not there, from the database."""
        return self.mails.pop(mail_id, None) or queries.find_mail(mail_id)

    def is_suppressed(self, address: str, *, now: datetime) -> bool:
        """Tell whether we do not write to this address."""
        if self.mails or self.leased_at:
            return normalise_address(address) in self.suppressed
        return suppression.find(address, now=now) is not None


_thread = threading.local()


def current() -> Batch:
    """Return the batch of this thread; an empty one that knows nothing if none was begun."""
    if not hasattr(_thread, "batch"):
        _thread.batch = Batch()
    return _thread.batch  # type: ignore[no-any-return]  # only we put something there


@contextmanager
def of(pieces: Sequence[Claim], *, leased_at: float, now: datetime) -> Iterator[None]:
    """Do these pieces with what is read once for all their mails; at the end, nothing is owed."""
    batch = _thread.batch = Batch(leased_at=leased_at)
    if wanted := [piece.reference for piece in pieces if piece.kind == KIND]:
        batch.mails = queries.mails_of(wanted)
        batch.suppressed = suppression.among([mail.address for mail in batch.mails.values()], now=now)
    try:
        _read_sign_ups(batch)
        db.session.rollback()
        yield
    finally:
        try:
            _settle_in_the_end()
        finally:
            del _thread.batch


def _settle_in_the_end() -> None:
    """Write what is owed; if the database was restarted in the middle of the batch, wait for it."""
    until = time.monotonic() + DATABASE_MAY_BE_AWAY
    while True:
        try:
            return settle()
        except DBAPIError:
            if time.monotonic() > until or HEART.stopping.wait(ASK_AGAIN_SECONDS):
                raise


def _read_sign_ups(batch: Batch) -> None:
    if wanted := {mail.subject_id for mail in batch.mails.values() if mail.kind in letters_reminders.BEFORE}:
        batch.sign_ups = registrations.sign_ups_of(wanted)


def read_anew() -> None:
    """Forget what was read for the batch: from now on each mail is asked for."""
    batch = current()
    batch.mails, batch.suppressed, batch.leased_at = {}, (), 0.0


def is_fresh(part: float, lease_seconds: int) -> bool:
    """Tell whether the leases of the batch began less than this part of a lease ago."""
    return time.monotonic() - current().leased_at < part * lease_seconds


def owe(piece: Claim, *, now: datetime) -> None:
    """Remember that the mail of this piece was sent; the next transaction writes it."""
    current().owed = Owed(piece, now)


def note_owed() -> None:
    """Write what is owed into the open transaction; after its commit call `paid`. Twice does no harm."""
    if owed := current().owed:
        service.note_sent(owed)


def paid() -> None:
    """The transaction with what was owed is committed."""
    current().owed = None


def settle() -> None:
    """Write what is owed now, in a transaction of its own."""
    if current().owed:
        with transaction():
            note_owed()
        paid()
