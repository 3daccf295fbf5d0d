"""Wrong codes, counted for each account, so that guessing ends early. They never shut out who holds a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, insert_row
from ecwi_events.people import rules
from ecwi_events.people.models_signing_in import WrongTry

if TYPE_CHECKING:
    from datetime import datetime


def account_of(subject: str | int) -> str:
    """Return what tries are counted under: a keyed hash of an address, or of a person's number."""
    return tokens.derived("account", str(subject))


def must_wait(account: str, *, now: datetime) -> bool:
    """Tell whether there were too many wrong codes within 15 minutes."""
    within = sa.select(sa.func.count()).where(
        WrongTry.account == account, WrongTry.tried_at > now - rules.WRONG_TRIES_WITHIN
    )
    return rules.too_many_wrong(db.session.scalar(within) or 0)


def note_wrong(account: str, *, now: datetime) -> None:
    """Write down one wrong code."""
    insert_row(WrongTry, account=account, tried_at=now)


def forget_old(*, now: datetime) -> None:
    """Delete tries that count no more."""
    db.session.execute(sa.delete(WrongTry).where(WrongTry.tried_at < now - rules.WRONG_TRIES_WITHIN))
