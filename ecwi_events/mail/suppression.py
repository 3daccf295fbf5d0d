"""Addresses that we do not write to, because mail servers said that nobody is there or mails came back again and again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import NotFound
from ecwi_events.kernel.text import clean_line, normalise_address
from ecwi_events.mail import rules
from ecwi_events.mail.models_delivery import Bounce, BounceKind, Suppression, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

BY_SERVER = "the mail server refused it"
BY_REPORT = "a mail came back"
LONGEST_DETAIL = 500
WORDS = {
    Why.GONE: "There is nobody at this address",
    Why.UNREACHABLE: "Mails to this address came back several times",
}


@dataclass(frozen=True)
class Suppressed:
    """An address that we do not write to, as the person and the office see it."""

    id: int
    address: str
    why: Why
    source: str
    detail: str
    since_at: datetime
    until_at: datetime | None

    @property
    def words(self) -> str:
        """Say why."""
        return WORDS[self.why]


@dataclass(frozen=True)
class Refusal:
    """What somebody's mail server said about a mail of ours; ``key`` makes it count once."""

    address: str
    mail_id: int
    hardness: str  # as rules.hardness says
    status: str
    detail: str
    source: str
    key: str


def find(address: str, *, now: datetime) -> Suppressed | None:
    """Return why we do not write to an address, or None if we do."""
    return among([address], now=now).get(normalise_address(address))


def among(addresses: Collection[str], *, now: datetime) -> Mapping[str, Suppressed]:
    """Return which of these addresses we do not write to, by the address as it is compared."""
    rows = db.session.execute(
        _SUPPRESSED.where(Suppression.normalised.in_([normalise_address(one) for one in addresses]), _holds(now))
    )
    return {row[1]: Suppressed(*row) for row in rows}


def everything(*, now: datetime, limit: int) -> Sequence[Suppressed]:
    """Return the addresses that we do not write to, the latest first."""
    rows = db.session.execute(_SUPPRESSED.where(_holds(now)).order_by(Suppression.since_at.desc()).limit(limit))
    return [Suppressed(*row) for row in rows]


def note_refusal(refusal: Refusal, *, now: datetime) -> bool:
    """Count a mail that did not arrive, and leave its address alone if it is gone or has failed too often.

    Returns:
        False if this very refusal was counted before.
    """
    normalised = normalise_address(refusal.address)
    row = {
        "report_key": report_key(refusal.key), "kind": _KINDS[refusal.hardness], "mail_id": refusal.mail_id,
        "normalised": normalised, "status": refusal.status[:20], "detail": _short(refusal.detail), "at": now,
    }  # fmt: skip
    if not insert_unless_there(Bounce, [row], key=["report_key"]):
        return False
    if refusal.hardness == rules.HARD:
        _suppress(normalised, Why.GONE, refusal, now=now)
    elif refusal.hardness == rules.SOFT and _soft_lately(normalised, now=now) >= rules.SOFT_AT_MOST:
        _suppress(normalised, Why.UNREACHABLE, refusal, now=now)
    return True


def report_key(text: str) -> str:
    """Return what makes a report the same report."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def lift(address: str, *, now: datetime) -> bool:
    """Write to an address again; return False if we did so anyway."""
    row = db.session.scalar(sa.select(Suppression).where(Suppression.normalised == normalise_address(address)))
    if row is None:
        return False
    _lift(row, now=now)
    return True


def lift_by_id(suppression_id: int, *, now: datetime) -> str:
    """Write to an address again, because the office says so; return the address.

    Raises:
        NotFound: we do write to it.
    """
    row = db.session.get(Suppression, suppression_id)
    if row is None:
        raise NotFound("We write to this address already.")
    _lift(row, now=now)
    return row.normalised


def forget_old(*, now: datetime) -> None:
    """Delete what came back long ago, and suppressions that have ended."""
    db.session.execute(sa.delete(Bounce).where(Bounce.at < now - rules.KEEP_BOUNCES))
    db.session.execute(sa.delete(Suppression).where(Suppression.until_at < now))


_KINDS = {rules.HARD: BounceKind.HARD, rules.SOFT: BounceKind.SOFT, rules.OURS: BounceKind.SOFT}
_SUPPRESSED = sa.select(
    Suppression.id, Suppression.normalised, Suppression.why, Suppression.source, Suppression.detail,
    Suppression.since_at, Suppression.until_at,
)  # fmt: skip


def _holds(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(Suppression.until_at.is_(None), Suppression.until_at > now)


def _lift(row: Suppression, *, now: datetime) -> None:
    """Start anew: old refusals no longer count."""
    db.session.execute(
        sa.update(Bounce).where(Bounce.normalised == row.normalised, Bounce.kind == BounceKind.SOFT)
        .values(kind=BounceKind.IGNORED)
    )  # fmt: skip
    db.session.delete(row)
    db.session.flush()
    journal.note("write_again", "address", row.id, after={"why": row.why}, now=now)


def _soft_lately(normalised: str, *, now: datetime) -> int:
    question = sa.select(sa.func.count()).where(
        Bounce.normalised == normalised, Bounce.kind == BounceKind.SOFT, Bounce.at > now - rules.SOFT_WITHIN
    )
    return db.session.scalar(question) or 0


def _suppress(normalised: str, why: Why, refusal: Refusal, *, now: datetime) -> None:
    """Leave an address alone; what is known to be gone stays gone."""
    until = None if why is Why.GONE else now + rules.REST_AFTER_SOFT
    values = {
        "normalised": normalised, "why": why, "source": refusal.source, "detail": _short(refusal.detail),
        "since_at": now, "until_at": until,
    }  # fmt: skip
    if not (new := insert_unless_there(Suppression, [values], key=["normalised"])):
        ended = sa.or_(Suppression.until_at.is_not(None), sa.literal(why is Why.GONE))
        db.session.execute(
            sa.update(Suppression).where(Suppression.normalised == normalised, ended).values(why=why, until_at=until)
        )
        return
    journal.note("stop_writing", "address", new[0], after={"why": why}, now=now)


def _short(text: str) -> str:
    return clean_line(text)[:LONGEST_DETAIL]
