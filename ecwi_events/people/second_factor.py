"""Second factors: an app with one-time codes (TOTP), recovery codes on paper, and passkeys (see `passkeys`).

The secret of the app is encrypted with a key of its own; recovery codes are kept as keyed hashes and shown once.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from ecwi_events.journal import service as journal
from ecwi_events.kernel import product, tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.people import account_mail, browser_sessions, tries
from ecwi_events.people.models_signing_in import OneTimeCodes, Passkey, RecoveryCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

STEP_SECONDS = 30
STEPS_AROUND = (0, -1, 1)  # phones whose clock is half a minute off
RECOVERY_CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
RECOVERY_LENGTH = 10
APP_CODE_LENGTH = 6


class Proof(StrEnum):
    """What came of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    MUST_WAIT = "must_wait"


@dataclass(frozen=True)
class Factors:
    """What somebody can confirm with."""

    has_app: bool
    passkeys: Sequence[Passkey]
    recovery_left: int

    @property
    def any(self) -> bool:
        """Tell whether there is a second factor at all; paper alone is none."""
        return self.has_app or bool(self.passkeys)


def factors_of(person_id: int) -> Factors:
    """Return what a person can confirm with."""
    app = db.session.scalar(
        sa.select(OneTimeCodes.id).where(OneTimeCodes.person_id == person_id, OneTimeCodes.confirmed_at.is_not(None))
    )
    passkeys = db.session.scalars(sa.select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)).all()
    left = sa.select(sa.func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return Factors(app is not None, passkeys, db.session.scalar(left) or 0)


def begin_app(person_id: int, *, now: datetime) -> None:
    """Make a secret for an app; it counts only after one right code. An older one that never counted is replaced.

    Raises:
        Refused: there is an app already.
    """
    row = _app(person_id)
    if row and row.confirmed_at:
        raise Refused("app_there", "You have an app for one-time codes already. Remove it first.")
    if row is None:
        row = OneTimeCodes(person_id=person_id, secret="", created_at=now)
        db.session.add(row)
    row.secret = _seal().encrypt(pyotp.random_base32().encode()).decode()
    db.session.flush()


def new_app_secret(person_id: int) -> str | None:
    """Return the secret that waits for its first right code, or None."""
    row = _app(person_id)
    return _secret(row) if row and row.confirmed_at is None else None


def app_address(secret: str, name: str) -> str:
    """Return the otpauth address that the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=product.NAME)


def confirm_app(person_id: int, code: str, *, now: datetime) -> Proof:
    """Let the new app count, after a right code from it."""
    if tries.must_wait(_account(person_id), now=now):
        return Proof.MUST_WAIT
    row = _app(person_id)
    if row is None or row.confirmed_at or not _spend_step(row, code, now=now):
        tries.note_wrong(_account(person_id), now=now)
        return Proof.WRONG
    row.confirmed_at = now
    note_added(person_id, "app", now=now)
    return Proof.RIGHT


def prove(person_id: int, code: str, *, now: datetime) -> Proof:
    """Look at a code from the app or from paper; each works once. The caller commits in any case."""
    if tries.must_wait(_account(person_id), now=now):
        return Proof.MUST_WAIT
    row = _app(person_id)
    is_right = bool(row and row.confirmed_at and _spend_step(row, code, now=now))
    if is_right or _spend_recovery(person_id, code, now=now):
        return Proof.RIGHT
    tries.note_wrong(_account(person_id), now=now)
    return Proof.WRONG


def give_recovery_codes(person_id: int, *, now: datetime) -> list[str]:
    """Return ten new codes, to be shown this once; the old ones are void."""
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(person_id=person_id, code_hash=_hash(person_id, code)) for code in codes)
    db.session.flush()
    account_mail.tell_owner(person_id, journal.note("make_recovery_codes", "person", person_id, now=now), now=now)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove_app(person_id: int, *, now: datetime) -> None:
    """Take the app away."""
    db.session.execute(sa.delete(OneTimeCodes).where(OneTimeCodes.person_id == person_id))
    note_removed(person_id, "app", now=now)


def note_added(person_id: int, factor: str, *, now: datetime) -> None:
    """Write that a factor was added, and tell its owner."""
    entry = journal.note("add_second_factor", "person", person_id, after={"factor": factor}, now=now)
    account_mail.tell_owner(person_id, entry, now=now)


def note_removed(person_id: int, factor: str, *, now: datetime) -> None:
    """Write that a factor is gone; with the last one its recovery codes go, and what was confirmed with it."""
    entry = journal.note("remove_second_factor", "person", person_id, before={"factor": factor}, now=now)
    account_mail.tell_owner(person_id, entry, now=now)
    if not factors_of(person_id).any:
        db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
        browser_sessions.weaken(person_id)


def forget_all(person_id: int, *, now: datetime) -> None:
    """Take all factors away and sign the person out everywhere: for whoever lost them, after the office knows who asks."""
    for table in (OneTimeCodes, Passkey, RecoveryCode):
        db.session.execute(sa.delete(table).where(table.person_id == person_id))
    note_removed(person_id, "all", now=now)
    browser_sessions.end_all(person_id, now=now)


def _app(person_id: int) -> OneTimeCodes | None:
    """Return the app's row, locked, so that one code cannot be looked at twice at the same moment."""
    return db.session.scalar(sa.select(OneTimeCodes).where(OneTimeCodes.person_id == person_id).with_for_update())


def _spend_step(row: OneTimeCodes, code: str, *, now: datetime) -> bool:
    """Tell whether a code is right, and let neither it nor an older one work again."""
    typed = _typed(code)
    secret = _secret(row)
    if len(typed) != APP_CODE_LENGTH or not secret:
        return False
    app, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    for step in (present + around for around in STEPS_AROUND):
        if secrets.compare_digest(app.generate_otp(step), typed) and (row.last_step is None or step > row.last_step):
            row.last_step = step
            db.session.flush()
            return True
    return False


def _spend_recovery(person_id: int, code: str, *, now: datetime) -> bool:
    spent = db.session.execute(
        sa.update(RecoveryCode)
        .where(RecoveryCode.code_hash == _hash(person_id, _typed(code)), RecoveryCode.used_at.is_(None))
        .values(used_at=now)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        return False
    account_mail.tell_owner(person_id, journal.note("use_recovery_code", "person", person_id, now=now), now=now)
    return True


def _typed(code: str) -> str:
    return "".join(c for c in code.lower() if c.isascii() and c.isalnum())


def _hash(person_id: int, code: str) -> str:
    return tokens.derived("recovery code", f"{person_id} {code}")


def _account(person_id: int) -> str:
    return tries.account_of(person_id)


def _seal() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(tokens.key_for("one-time codes")))


def _secret(row: OneTimeCodes) -> str | None:
    """Return the secret, or None if ECWI_SECRET_KEY has changed since: then the app no longer works."""
    try:
        return _seal().decrypt(row.secret.encode()).decode()
    except InvalidToken:
        return None
